package stripe

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Version is the API version that the sandbox speaks; callers and webhooks are held to its release train.
const Version = "2026-03-25.dahlia"

// Options are what a sandbox is started with.
type Options struct {
	BaseURL       string           // where a browser reaches the handler, without a trailing slash; hosted pages hang below it
	WebhookURL    string           // the product's webhook route; empty keeps events without sending them
	WebhookSecret string           // signs what is sent, as whsec_...
	Now           func() time.Time // the clock; nil is the machine's
	BackOff       []time.Duration  // waits before each further delivery; nil is DefaultBackOff
	Client        *http.Client     // sends webhooks; nil has a time-out of 30 s, as Stripe's
}

// DefaultBackOff is Stripe's three days of exponential waits, scaled to a person watching.
func DefaultBackOff() []time.Duration {
	waits := []time.Duration{250 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second}
	for range 60 {
		waits = append(waits, 10*time.Second)
	}
	return waits
}

// Sandbox is one Stripe test account. Its methods are safe for concurrent use.
type Sandbox struct {
	options Options
	mux     *http.ServeMux
	stop    context.CancelFunc
	life    context.Context
	running sync.WaitGroup

	mu     sync.Mutex
	ahead  time.Duration // how far Advance has moved the clock
	state  state
	busy   map[string]bool // idempotency keys under way
	faults []Fault
	rules  []Rule
	held   bool
	closed bool
	queue  []*delivery // waits for the lock to be let go
}

// New starts a sandbox. Close ends its deliveries.
func New(o Options) (*Sandbox, error) {
	if o.BaseURL == "" || strings.HasSuffix(o.BaseURL, "/") {
		return nil, errors.New("stripe sandbox: BaseURL must be set and have no trailing slash")
	}
	if o.WebhookURL != "" && !strings.HasPrefix(o.WebhookSecret, "whsec_") {
		return nil, errors.New("stripe sandbox: WebhookSecret must start with whsec_")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.BackOff == nil {
		o.BackOff = DefaultBackOff()
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 30 * time.Second}
	}
	s := &Sandbox{options: o, state: emptyState(), busy: map[string]bool{}}
	s.life, s.stop = context.WithCancel(context.Background())
	s.mux = http.NewServeMux()
	s.routeAPI()
	s.routePages()
	s.routeControl()
	s.running.Go(s.watchClock)
	return s, nil
}

// Close stops deliveries and waits for those under way.
func (s *Sandbox) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.running.Wait()
}

// ServeHTTP answers the API and the hosted pages.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Advance moves the sandbox's clock; what fell due on the way happens at once.
func (s *Sandbox) Advance(d time.Duration) {
	s.act(func() { s.ahead += d })
}

// Now is the sandbox's clock.
func (s *Sandbox) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

func (s *Sandbox) now() time.Time { return s.options.Now().Add(s.ahead).UTC() }

// act lets due sessions lapse, runs one change under the lock, and starts the deliveries that came of it
// once the lock is free.
func (s *Sandbox) act(change func()) []*delivery {
	s.mu.Lock()
	s.lapse()
	change()
	s.lapse()
	queue := s.queue
	s.queue = nil
	s.mu.Unlock()
	for _, d := range queue {
		s.send(d)
	}
	return queue
}

// watchClock lets sessions lapse when nobody calls.
func (s *Sandbox) watchClock() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.life.Done():
			return
		case <-tick.C:
			s.act(func() {})
		}
	}
}
