package payment

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"phoneotp/shared/secret"
)

// How long a caller waits at most; see the package's comment.
const (
	budget  = 4 * time.Second
	perTry  = 2500 * time.Millisecond
	tries   = 3
	pause   = 150 * time.Millisecond // before the second try; twice that before the third, and up to half more
	address = "https://api.stripe.com"
)

// Client talks to one Stripe account. It is safe for concurrent use.
type Client struct {
	api      *stripe.Client
	http     *http.Client
	endpoint string
	live     bool
}

// NewClient takes the account's key (sk_ or rk_, live or test) and the address of a stand-in, empty for
// Stripe itself.
func NewClient(key secret.Text, endpoint string) (*Client, error) {
	live, err := mode(key)
	if err != nil {
		return nil, err
	}
	c := &Client{endpoint: strings.TrimSuffix(endpoint, "/"), live: live}
	if c.endpoint == "" {
		c.endpoint = address
	}
	c.http = &http.Client{Timeout: perTry, Transport: &http.Transport{ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: 5 * time.Minute}}
	c.api = stripe.NewClient(key.Reveal(), stripe.WithBackends(stripe.NewBackendsWithConfig(&stripe.BackendConfig{
		URL: stripe.String(c.endpoint), HTTPClient: c.http, EnableTelemetry: stripe.Bool(false),
		MaxNetworkRetries: stripe.Int64(0), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})))
	return c, nil
}

// mode tells whether a key is live. Its error does not repeat the key.
func mode(key secret.Text) (live bool, err error) {
	kind, rest, _ := strings.Cut(key.Reveal(), "_")
	name, value, _ := strings.Cut(rest, "_")
	if kind != "sk" && kind != "rk" || name != "live" && name != "test" || value == "" {
		return false, errors.New("payment: stripe_key is not a Stripe key: put it into the commerce secret")
	}
	return name == "live", nil
}

// Live tells whether the key moves real money.
func (c *Client) Live() bool { return c.live }

// Warm opens a connection where TLS is spoken, so that no TLS handshake falls into the first request (quality.md 1 row 7). A
// failure does not matter: the request will meet it again.
func (c *Client) Warm(ctx context.Context) {
	if !strings.HasPrefix(c.endpoint, "https:") {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, c.endpoint+"/healthcheck", nil)
	if err != nil {
		return
	}
	if res, err := c.http.Do(req); err == nil {
		_ = res.Body.Close()
	}
}

// retry makes up to three tries within the budget and names what is left as ErrUnavailable if it was
// trouble of the passing kind.
func retry[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	var out T
	var err error
	for try := range tries {
		if try > 0 && !wait(ctx, pause*time.Duration(try)) {
			break
		}
		if out, err = call(ctx); err == nil || !passing(err) {
			return out, err
		}
	}
	return out, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// passing tells trouble that may be over at the next try: no readable answer, a conflict, too many
// requests, trouble at Stripe's side. A stored failure is not: its key answers it for ever.
func passing(err error) bool {
	e, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return !errors.Is(err, context.Canceled)
	}
	return !spent(e) && (e.HTTPStatusCode == http.StatusConflict || e.HTTPStatusCode == http.StatusTooManyRequests ||
		e.HTTPStatusCode >= http.StatusInternalServerError)
}

// wait takes d and up to half more. It tells whether there is time left.
func wait(ctx context.Context, d time.Duration) bool {
	var spread [1]byte // keeps callers that met once from meeting again
	_, _ = rand.Read(spread[:])
	timer := time.NewTimer(d + d*time.Duration(spread[0])/512)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
