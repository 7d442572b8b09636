package chain

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"phoneotp/shared/dynamo"
)

const (
	// Most is how many entries one checkpoint takes.
	Most = 1000
	// mostBytes bounds the body of one, well under the 400 KB of an item.
	mostBytes = 300_000
	// tries bounds how often a batch is linked anew because another one came between.
	tries = 16
	// mostBehind bounds how many checkpoints of others one step brings to their end; the next one goes on from there.
	mostBehind = 32
	// atOnce bounds the heads that are written at one time.
	atOnce = 16
)

// Sign signs the hash of a checkpoint.
type Sign func(context.Context, [32]byte) ([]byte, error)

// Sealer links entries and signs checkpoints. It is safe for concurrent use.
type Sealer struct {
	DB    *dynamo.DB
	Table string // CHAINS_TABLE
	Sign  Sign
}

// Entry is a new entry as the stream brings it.
type Entry struct {
	Stream string      // the stream's label, an instant
	Number string      // its place in the stream
	Item   dynamo.Item // as the audit table holds it
}

// Sealed is what came of a batch. It is true after an error too, as far as it goes.
type Sealed struct {
	Entries int      // newly linked; 0 for a batch that came again
	Done    []Done   // what was brought to its end: the batch's own checkpoints, and what others had left
	Strays  []string // subjects whose head stands where no checkpoint has put it
}

// Done is a checkpoint that is applied. Its anchor is to be kept outside the tables.
type Done struct {
	Anchor  Anchor
	Entries int
}

var (
	errMoved  = errors.New("chain: somebody else sealed meanwhile")
	errAhead  = fmt.Errorf("chain: a head is ahead of the checkpoints: %w", errMoved) // or it was put there
	errBehind = errors.New("chain: many checkpoints are not applied yet")
	errFork   = errors.New("chain: the newest checkpoint is not the one that was put before the next")
)

// Seal links entries in the order given, which must be the stream's. Several batches may be sealed at once; one of
// them is first, and the others look again. Whatever fails, the same batch may come again, whole or in parts.
func (s *Sealer) Seal(ctx context.Context, entries []Entry, now time.Time) (Sealed, error) {
	batch, err := arrivals(entries)
	if err != nil {
		return Sealed{}, err
	}
	return s.all(ctx, &queue{waiting: batch}, now)
}

// SealLate links what the stream has not brought (Record.Late). Entries that were sealed since the export stay as
// they are.
func (s *Sealer) SealLate(ctx context.Context, late Late, now time.Time) (Sealed, error) {
	return s.all(ctx, &queue{waiting: late.entries, late: true, seen: late.upTo}, now)
}

// queue is what is still to be sealed.
type queue struct {
	waiting []arrival
	late    bool
	seen    int64 // of late entries: no checkpoint up to here links them
}

func (s *Sealer) all(ctx context.Context, q *queue, now time.Time) (Sealed, error) {
	var out Sealed
	total := len(q.waiting)
	for len(q.waiting) > 0 {
		err := errMoved
		for try := 0; try < tries && errors.Is(err, errMoved); try++ {
			err = s.next(ctx, q, now, &out)
		}
		if err != nil {
			return out, fmt.Errorf("seal %d entries: %w", total, err)
		}
	}
	return out, nil
}

// next puts one checkpoint over the first entries of the queue, as many as it takes, and applies it.
func (s *Sealer) next(ctx context.Context, q *queue, now time.Time, out *Sealed) error {
	before, err := s.catchUp(ctx, out)
	if err != nil {
		return err
	}
	if q.late {
		if err := s.dropLinked(ctx, q, before.n); err != nil {
			return err
		}
	}
	batch := q.waiting[:min(len(q.waiting), Most)]
	stands, err := s.stands(ctx, before, batch)
	if err != nil {
		return err
	}
	next := signed{checkpoint: compose(before, stands, batch, now)}
	for {
		if next.body, err = next.checkpoint.body(); err != nil {
			return err
		}
		if len(next.body) <= mostBytes || len(batch) == 1 {
			break
		}
		batch = batch[:len(batch)/2]
		next.checkpoint = compose(before, stands, batch, now)
	}
	if len(next.Moved) == 0 { // all of it came before
		q.waiting = q.waiting[len(batch):]
		return nil
	}
	next.hash = hashOf(next.body)
	if next.signature, err = s.Sign(ctx, next.hash); err != nil {
		return fmt.Errorf("checkpoint %d: %w", next.N, err)
	}
	if err := s.put(ctx, next); err != nil {
		return err
	}
	q.waiting, q.seen = q.waiting[len(batch):], next.N
	out.Entries += next.links()
	_, err = s.apply(ctx, next, out)
	return err
}

// catchUp brings to their end what others have put and not applied, or are applying just now, and returns the newest
// checkpoint. It is the newest as long as nobody puts the next one.
func (s *Sealer) catchUp(ctx context.Context, out *Sealed) (head, error) {
	applied, err := s.applied(ctx)
	if err != nil {
		return head{}, err
	}
	for range mostBehind {
		next, err := s.checkpoint(ctx, applied.n+1)
		switch {
		case errors.Is(err, dynamo.ErrNone):
			return applied, s.stillThere(ctx, applied)
		case err != nil:
			return head{}, err
		case next.Before != applied.hash:
			return head{}, fmt.Errorf("checkpoint %d: %w", next.N, errFork)
		}
		if applied, err = s.apply(ctx, next, out); err != nil {
			return head{}, err
		}
	}
	return head{}, errBehind
}

// stillThere holds the newest checkpoint against what was put: nothing is signed upon one that somebody made up.
func (s *Sealer) stillThere(ctx context.Context, at head) error {
	if at == (head{}) {
		return nil
	}
	c, err := s.checkpoint(ctx, at.n)
	if errors.Is(err, dynamo.ErrNone) || err == nil && c.head() != at {
		err = errFork
	}
	if err != nil {
		return fmt.Errorf("newest checkpoint %d: %w", at.n, err)
	}
	return nil
}

// apply moves the heads of the chains that a checkpoint moved, and then the newest checkpoint, which it returns. It
// may be repeated, and done by several at once.
func (s *Sealer) apply(ctx context.Context, c signed, out *Sealed) (head, error) {
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	var lock sync.Mutex // of out
	for _, m := range c.Moved {
		g.Go(func() error {
			fits, err := s.moveHead(inner, c.N, m)
			if err == nil && !fits {
				lock.Lock()
				defer lock.Unlock()
				out.Strays = append(out.Strays, m.Subject)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return head{}, fmt.Errorf("apply checkpoint %d: %w", c.N, err)
	}
	newest, err := s.moveApplied(ctx, c.head())
	if err != nil {
		return head{}, fmt.Errorf("apply checkpoint %d: %w", c.N, err)
	}
	if newest.n == c.N { // else others have gone on from it
		if newest != c.head() {
			return head{}, fmt.Errorf("checkpoint %d: %w", c.N, errFork)
		}
		out.Done = append(out.Done, Done{Anchor{c.N, c.hash}, c.links()})
	}
	return newest, nil
}

// dropLinked takes out of the queue what was sealed since it was looked at.
func (s *Sealer) dropLinked(ctx context.Context, q *queue, upTo int64) error {
	for ; q.seen < upTo; q.seen++ {
		c, err := s.checkpoint(ctx, q.seen+1)
		if err != nil {
			return fmt.Errorf("checkpoint %d: %w", q.seen+1, err)
		}
		sealed := map[place]bool{}
		for _, m := range c.Moved {
			for _, l := range m.Links {
				sealed[place{m.Subject, l.Key}] = true
			}
		}
		var left []arrival
		for _, a := range q.waiting {
			if !sealed[a.place] {
				left = append(left, a)
			}
		}
		q.waiting = left
	}
	return nil
}
