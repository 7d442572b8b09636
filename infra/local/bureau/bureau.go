package bureau

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Window is how long questions live.
const Window = 5 * time.Minute

// Trouble is something that goes wrong once.
type Trouble string

// The troubles that Play knows.
const (
	TokenDown     Trouble = "token-500"      // the token call answers 500
	TokenRefused  Trouble = "token-400"      // the token call refuses the credentials
	TokenEmpty    Trouble = "token-empty"    // the token call answers 200 without a token
	TokenForgot   Trouble = "token-forgot"   // the token is no longer taken
	ServerError   Trouble = "500"            // the call answers 500
	Garbage       Trouble = "garbage"        // 200 with something that is not JSON
	ErrorBody     Trouble = "error-body"     // 200 with an error code that nobody knows
	SessionOver   Trouble = "710"            // 200 with "session timeout"
	UnknownResult Trouble = "unknown-result" // 200 with a result code that nobody knows
	NoElements    Trouble = "no-elements"    // 200 with an empty list of decision elements
	FewQuestions  Trouble = "few-questions"  // a quiz of three
	FewChoices    Trouble = "few-choices"    // a quiz of three choices
	FinalOnly     Trouble = "final-only"     // the overall decision is missing, the final one is there
	NoDecision    Trouble = "no-decision"    // neither is there
	EarlyAccept   Trouble = "early-accept"   // ACCEPT at the start, without questions
	Lost          Trouble = "lost"           // taken in, and the connection broken instead of an answer
)

// Bureau is the stand-in.
type Bureau struct {
	// Now is the clock; nil: the machine's.
	Now func() time.Time
	// Patience is how long Slow holds a call at most; zero: 20 s.
	Patience time.Duration

	mu       sync.Mutex
	tokens   map[string]bool
	sessions map[string]*session
	troubles []Trouble
	asked    []Call
}

// Call is one call that came in.
type Call struct {
	Path string
	Body map[string]any
}

// session is a quiz under way.
type session struct {
	family string
	until  time.Time
	right  []int // the right places, from 1, of the questions that are open
	asked  int   // questions so far, the open ones included
	good   int   // right answers so far
	more   bool  // further questions come after these
}

// Play lets the troubles happen, one a call that can meet it, in this order.
func (b *Bureau) Play(t ...Trouble) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.troubles = append(b.troubles, t...)
}

// Asked tells the calls that came in, oldest first, and forgets them.
func (b *Bureau) Asked() []Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.asked
	b.asked = nil
	return out
}

// mostAsked bounds what is remembered in a long-lived stack.
const mostAsked = 1000

func (b *Bureau) now() time.Time {
	if b.Now == nil {
		return time.Now()
	}
	return b.Now()
}

// take gives the next trouble if it is among those that the call can meet.
func (b *Bureau) take(can ...Trouble) Trouble {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.troubles) == 0 || !slices.Contains(can, b.troubles[0]) {
		return ""
	}
	t := b.troubles[0]
	b.troubles = b.troubles[1:]
	return t
}

// Serves tells whether a path is one of the bureau's.
func Serves(path string) bool {
	return strings.HasPrefix(path, "/oauth2/experianone/") || strings.HasPrefix(path, "/decisionanalytics/crosscore/")
}

// ServeHTTP answers a call.
func (b *Bureau) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var body map[string]any
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || json.Unmarshal(text, &body) != nil {
		write(w, http.StatusBadRequest, map[string]any{"errors": "POST JSON"})
		return
	}
	b.mu.Lock()
	b.asked = append(b.asked, Call{r.URL.Path, body})
	if len(b.asked) > mostAsked {
		b.asked = b.asked[1:]
	}
	b.mu.Unlock()
	switch {
	case r.URL.Path == "/oauth2/experianone/v1/token":
		b.token(w, r, body)
	case strings.HasPrefix(r.URL.Path, "/decisionanalytics/crosscore/") && strings.HasSuffix(r.URL.Path, "/services/v0/applications/3"):
		b.application(w, r, text)
	default:
		write(w, http.StatusNotFound, map[string]any{"errors": "no such path"})
	}
}

func (b *Bureau) token(w http.ResponseWriter, r *http.Request, body map[string]any) {
	full := r.Header.Get("X-Correlation-Id") != "" && r.Header.Get("X-User-Domain") != ""
	for _, name := range []string{"username", "password", "client_id", "client_secret"} {
		text, _ := body[name].(string)
		full = full && text != ""
	}
	switch t := b.take(TokenDown, TokenRefused, TokenEmpty); {
	case t == TokenDown:
		write(w, http.StatusInternalServerError, map[string]any{"errors": "try again"})
	case t == TokenRefused || !full:
		write(w, http.StatusBadRequest, map[string]any{"errors": "invalid credentials"})
	case t == TokenEmpty:
		write(w, http.StatusOK, map[string]any{})
	default:
		value := rand.Text()
		b.mu.Lock()
		if b.tokens == nil {
			b.tokens = map[string]bool{}
		}
		b.tokens[value] = true
		b.mu.Unlock()
		write(w, http.StatusOK, map[string]any{"access_token": value, "token_type": "Bearer", "expires_in": "1800", "issued_at": b.now().UnixMilli()})
	}
}

// admitted tells whether the call carries a token that we gave.
func (b *Bureau) admitted(r *http.Request) bool {
	value, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	forgot := b.take(TokenForgot) != ""
	b.mu.Lock()
	defer b.mu.Unlock()
	if forgot {
		delete(b.tokens, value)
	}
	return b.tokens[value]
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
