package notice

import (
	"context"
	"errors"
	"sync"
	"time"

	"phoneotp/shared/dynamo"
)

// Message is what stands on the queue for one notice: no word of what it says or to whom.
type Message struct {
	ID string `json:"id"`
	// Sweep tells that the sweep put it there. Such a message is not tried again by the queue: the next
	// sweep does that, so that an outage leaves one dead letter a notice and not one every five minutes.
	Sweep bool `json:"sweep,omitempty"`
}

// BatchSize is how many messages the queue takes at once (a limit of SQS).
const BatchSize = 10

// Enqueue puts up to BatchSize messages on the queue, all or an error.
type Enqueue func(context.Context, []Message) error

// page is how many due notices one query finds.
const page = 1000

// Sweeper takes up what stays unsent. It opens nothing and needs no key. It is safe for concurrent use.
type Sweeper struct {
	db    *dynamo.DB
	table string
}

// NewSweeper returns the sweeper of an outbox table.
func NewSweeper(db *dynamo.DB, table string) *Sweeper { return &Sweeper{db: db, table: table} }

// Sweep puts every notice that is unsent past its moment on the queue again and counts them. Shards go in
// parallel. A notice is postponed before it is enqueued: if that fails, the sweep after the next has it. It
// stops without an error when the context's deadline is near; the next sweep goes on.
func (s *Sweeper) Sweep(ctx context.Context, enqueue Enqueue, now time.Time) (int, error) {
	var (
		wg     sync.WaitGroup
		counts [shards]int
		errs   [shards]error
	)
	for i := range shards {
		wg.Go(func() { counts[i], errs[i] = s.sweepShard(ctx, i, enqueue, now) })
	}
	wg.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return total, errors.Join(errs[:]...)
}

// leave is what a sweep keeps of its time for the answers still under way.
const leave = 5 * time.Second

func (s *Sweeper) sweepShard(ctx context.Context, shard int, enqueue Enqueue, now time.Time) (int, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, deadline.Add(-leave), errTimeOver)
		defer cancel()
	}
	total := 0
	for {
		found, err := s.due(ctx, shard, now, page)
		if err != nil {
			return total, unlessTimeOver(ctx, err)
		}
		n, err := s.sweepPage(ctx, found, enqueue, now)
		total += n
		if err != nil {
			return total, unlessTimeOver(ctx, err)
		}
		if len(found) < page || n == 0 { // n is 0 when the index still shows what was just postponed
			return total, nil
		}
	}
}

func (s *Sweeper) sweepPage(ctx context.Context, found []unsent, enqueue Enqueue, now time.Time) (int, error) {
	total := 0
	var batch []Message
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := enqueue(ctx, batch); err != nil {
			return err
		}
		total += len(batch)
		batch = nil
		return nil
	}
	for _, d := range found {
		mine, err := s.postpone(ctx, d, now)
		if err != nil {
			return total, errors.Join(err, flush())
		}
		if !mine {
			continue
		}
		batch = append(batch, Message{ID: d.id, Sweep: true})
		if len(batch) == BatchSize {
			if err := flush(); err != nil {
				return total, err
			}
		}
	}
	return total, flush()
}

var errTimeOver = errors.New("notice: the sweep's time is over")

func unlessTimeOver(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errTimeOver) {
		return nil
	}
	return err
}
