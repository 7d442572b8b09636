// Package sweep owns how a scheduled sweep goes through what is due (architecture.md 4, Sweep): shard by shard,
// page by page, several items at once, never longer than its time.
//
//   - Every page is asked behind the last one, so that what cannot be handled stays where it is and keeps nobody
//     else. One item's trouble is counted and told; it comes up again with the next sweep.
//   - What was handled leaves the index by its own write. So a sweep that dies, or stops because its time is over,
//     needs no mark: the next one finds the rest.
//   - A database that is down or throttles is no item's trouble: after 20 such answers in a row, whoever got
//     them, the sweep ends and leaves the rest to the next.
//
// The package keeps no data.
package sweep
