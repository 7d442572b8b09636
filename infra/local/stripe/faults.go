package stripe

import (
	"net/http"
	"strings"
	"time"
)

// FaultKind is how an API call goes wrong on demand.
type FaultKind int

// What can be asked of the API. Kept means that a repeat under the same idempotency key meets it again.
const (
	ErrorBefore FaultKind = iota + 1 // 500, nothing done, nothing kept
	ErrorKept                        // 500, nothing done, kept as Stripe keeps a stored 500
	ErrorAfter                       // 500 although the work was done, kept
	DropBefore                       // connection cut, nothing done
	DropAfter                        // connection cut although the work was done; a repeat is answered
	TooMany                          // 429 rate_limit, nothing done
	Unavailable                      // 503 as JSON, nothing done
	Slow                             // waits Fault.Wait, then answers
)

// Fault makes the next Times calls of a route go wrong.
type Fault struct {
	Kind   FaultKind
	Method string        // empty: any
	Path   string        // prefix of the path; empty: any
	Wait   time.Duration // of Slow
	Times  int           // 0 is 1
}

// Inject adds a fault; the oldest that fits a call is used first.
func (s *Sandbox) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f)
}

// ClearFaults forgets the faults that were not used.
func (s *Sandbox) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Sandbox) takeFault(r *http.Request) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		f := &s.faults[i]
		if f.Times > 0 && (f.Method == "" || f.Method == r.Method) && strings.HasPrefix(r.URL.Path, f.Path) {
			f.Times--
			return *f
		}
	}
	return Fault{}
}

// before plays the part of a fault that comes ahead of the work and says whether the call ends there.
func (f Fault) before(w http.ResponseWriter, r *http.Request) bool {
	switch f.Kind {
	case ErrorBefore:
		write(w, http.StatusInternalServerError, errorBody{trouble()})
	case TooMany:
		write(w, http.StatusTooManyRequests, errorBody{&apiError{Type: invalidRequest, Code: "rate_limit", Message: "Too many requests."}})
	case Unavailable:
		write(w, http.StatusServiceUnavailable, errorBody{&apiError{Type: "api_error", Message: "Service unavailable."}})
	case DropBefore:
		panic(http.ErrAbortHandler)
	case Slow:
		select {
		case <-time.After(f.Wait):
		case <-r.Context().Done():
		}
		return false
	default:
		return false
	}
	return true
}

// after plays the part that comes once the work is done.
func (f Fault) after() {
	if f.Kind == DropAfter {
		panic(http.ErrAbortHandler)
	}
}
