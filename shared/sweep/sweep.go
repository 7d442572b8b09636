package sweep

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"phoneotp/shared/dynamo"
)

const (
	// Leave is what a sweep keeps of its time for the items under way.
	Leave = 10 * time.Second
	// patience is how often in a row the database may be unavailable.
	patience = 20
	// told is how many errors are told of; all are counted.
	told = 10
)

// Sweep is one kind of due work.
type Sweep[T any] struct {
	Shards   int
	Parallel int // items handled at once, over all shards
	// Pages are the due items of a shard, each of them once, the longest waiting first. An error ends the shard.
	Pages func(ctx context.Context, shard int) iter.Seq2[[]T, error]
	// Handle does an item's work. done is false where nothing was left to do, as when another sweep was first.
	Handle func(context.Context, T) (done bool, err error)
}

// Result counts what a sweep did.
type Result struct {
	Handled int
	Failed  int  // items that stay for the next sweep, and shards that could not be read
	Stopped bool // before the end: its time was over, or the database was unavailable
}

// Run goes through everything that is due. The error joins the first ten of what went wrong; the time being over
// is none.
func (s Sweep[T]) Run(ctx context.Context) (Result, error) {
	near, cancel := nearly(ctx)
	defer cancel()
	r := run[T]{Sweep: s, stop: cancel, places: make(chan struct{}, s.Parallel)}
	var shards sync.WaitGroup
	for shard := range s.Shards {
		shards.Go(func() { r.shard(ctx, near, shard) })
	}
	shards.Wait()
	r.items.Wait()
	r.out.Stopped = near.Err() != nil
	if r.out.Failed > len(r.errs) {
		r.errs = append(r.errs, fmt.Errorf("and %d more", r.out.Failed-len(r.errs)))
	}
	return r.out, errors.Join(r.errs...)
}

// nearly is over when no further item may be begun.
func nearly(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-Leave))
	}
	return context.WithCancel(ctx)
}

// run is a sweep under way.
type run[T any] struct {
	Sweep[T]
	stop   context.CancelFunc
	places chan struct{}
	items  sync.WaitGroup

	mu     sync.Mutex
	out    Result
	errs   []error
	denied int // answers in a row that the database is unavailable
}

func (r *run[T]) shard(ctx, near context.Context, shard int) {
	for page, err := range r.Pages(near, shard) {
		if near.Err() != nil {
			return
		}
		if err != nil {
			r.note(false, fmt.Errorf("shard %d: %w", shard, err))
			return
		}
		for _, item := range page {
			select {
			case <-near.Done():
				return
			case r.places <- struct{}{}:
			}
			if near.Err() != nil {
				return
			}
			r.items.Go(func() {
				defer func() { <-r.places }()
				r.note(r.Handle(ctx, item))
			})
		}
	}
}

func (r *run[T]) note(done bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case errors.Is(err, dynamo.ErrUnavailable):
		if r.denied++; r.denied == patience {
			r.stop()
		}
	default:
		r.denied = 0
	}
	if err != nil {
		if r.out.Failed++; len(r.errs) < told {
			r.errs = append(r.errs, err)
		}
		return
	}
	if done {
		r.out.Handled++
	}
}
