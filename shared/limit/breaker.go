package limit

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"phoneotp/shared/dynamo"
)

// Breaker says when sends to a group of receivers stop because hardly anybody answers them: somebody has them
// sent for the money that each one costs.
type Breaker struct {
	Name    string // short and unique in the product: part of the key
	Sends   int    // in a window, which have had Settle to be answered
	Percent int    // of them answered: fewer than that trips it
	Burst   int    // so many in a window trip it without waiting for Settle
	Window  time.Duration
	Settle  time.Duration
	Stop    time.Duration // how long it stays tripped
}

// Key names a group in the list of what is stopped.
func (b Breaker) Key(subject string) string {
	sum := sha256.Sum256([]byte(b.Name + "\x00" + subject))
	return b.Name + "#" + base64.RawURLEncoding.EncodeToString(sum[:9])
}

// tally is what was counted of a group. Settled is how many sends there were when it was noted.
type tally struct {
	sends, answered, settled int
	noted, ends              time.Time
}

// trips tells whether the tally trips the breaker at now. The answers to later sends count for earlier ones too:
// in doubt it does not trip.
func (b Breaker) trips(t tally, now time.Time) bool {
	few := func(sends int) bool { return t.answered*100 < b.Percent*sends }
	return t.sends >= b.Burst && few(t.sends) || t.settled >= b.Sends && b.settles(t, now) && few(t.settled)
}

// settles tells whether the sends that were noted have had their time.
func (b Breaker) settles(t tally, now time.Time) bool { return !now.Before(t.noted.Add(b.Settle)) }

// Stops is the list of what is stopped, as an environment knows it: read again when it is older than an interval,
// never more often. It is safe for concurrent use.
type Stops struct {
	db    *dynamo.DB
	table string
	every time.Duration

	mu    sync.Mutex
	next  time.Time // when it is read again
	until map[string]time.Time
	own   map[string]time.Time // what this environment found out itself
	err   error                // of the last reading
}

// retryStops is how soon a reading that failed is tried again.
const retryStops = 10 * time.Second

// NewStops knows nothing before it is asked first.
func NewStops(db *dynamo.DB, table string, every time.Duration) *Stops {
	return &Stops{db: db, table: table, every: every}
}

// Refresh reads the list if that is due. It returns dynamo.ErrUnavailable while the last reading failed: then the
// list before it still stands, which may be an empty one. No call, or one.
func (s *Stops) Refresh(ctx context.Context, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.next.IsZero() && now.Before(s.next) {
		return s.err
	}
	until, err := readStops(ctx, s.db, s.table)
	if err != nil {
		s.next, s.err = now.Add(retryStops), fmt.Errorf("limit: %w", err)
		slog.Warn("limit", "what", "the list of what is stopped cannot be read", "error", err.Error())
		return s.err
	}
	s.next, s.until, s.err = now.Add(s.every), until, nil
	return nil
}

// Until is when a group's stop ends; false if it is not stopped, as far as the list says.
func (s *Stops) Until(key string, now time.Time) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := s.until[key]
	if own := s.own[key]; own.After(end) {
		end = own
	}
	return end, end.After(now)
}

// Mark stops a group in this environment alone, until an instant. It forgets what is over before that.
func (s *Stops) Mark(key string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own == nil {
		s.own = map[string]time.Time{}
	}
	for other, end := range s.own {
		if end.Before(until) {
			delete(s.own, other)
		}
	}
	s.own[key] = until
}
