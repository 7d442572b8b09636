package dynamo

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"
)

// pause waits before try+1: up to 20 ms, 40 ms, ... 640 ms, chosen at random so that callers that met
// once do not meet again.
func pause(ctx context.Context, try int) error {
	var b [4]byte
	_, _ = rand.Read(b[:])
	limit := 20 * time.Millisecond << min(try, 5)
	timer := time.NewTimer(time.Duration(uint64(binary.BigEndian.Uint32(b[:])) * uint64(limit) >> 32))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return trouble("wait", ctx.Err())
	}
}
