package license

import (
	"hash/fnv"
	"strconv"
	"time"

	"phoneotp/shared/audit"
)

// EventExpired is what the audit trail has, under the order, of keys that nobody entered in time.
const EventExpired audit.Event = "licenses-expired"

// Shards is how many partitions the index due has: Licenses.Due is asked for each of 0 to Shards-1.
const Shards = 8

// shard keeps the keys of an order together in the index due, so that they end together.
func shard(order string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(order))
	return strconv.FormatUint(uint64(h.Sum32()%Shards), 10)
}

// Dead tells an unused key whose 12 months are over and that still lies there as issued.
func (l License) Dead(now time.Time) bool { return l.State == Issued && !now.Before(l.DiesAt) }
