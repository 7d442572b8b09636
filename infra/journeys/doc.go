// Package journeys tells whole stories to the whole local stack: the real functions of the real template
// with their own roles, over HTTP and in a browser. One is started for this test binary on a free port and
// ended with it. No story is skipped for want of it.
//
// Stories of people who meet nobody else run side by side, after all others. Alone stay those in a browser, and those
// that book, sweep, count what reached the bureau, search everything, or stop a part of the world.
package journeys
