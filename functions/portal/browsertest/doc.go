// Package browsertest drives a real browser for tests of pages: one Chromium a test binary, one tab with
// its own cookies a test. Each tab fails its test at the end if any page broke the Content-Security-Policy
// or threw an exception that nobody caught. Only tests import it.
//
// No step sleeps, and none acts too early: a click waits until the element is seen and at rest, nothing lies over it and
// the page's script listens to it; what the page moves away under the press is pressed again (steady.js).
//
// axe.min.js is axe-core 4.14.1 (MPL-2.0, see its head), used unchanged. It is run through the debugging
// protocol, so that the tested page keeps its real policy.
package browsertest
