// Package journeys tells whole stories to the whole local stack: the real functions of the real template
// with their own roles, over HTTP and in a browser. One is started for this test binary on a free port and
// ended with it. No story is skipped for want of it.
package journeys
