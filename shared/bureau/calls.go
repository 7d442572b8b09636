package bureau

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"phoneotp/shared/secret"
)

// How long a call may take, and how much of an answer is read.
const (
	budget      = 4 * time.Second // see the package's comment
	perToken    = 1500 * time.Millisecond
	tokenTries  = 3
	tokenPause  = 100 * time.Millisecond
	tokenMargin = time.Minute // a token this near its end is not used
	replyLimit  = 1 << 20
)

// token lets calls in until its end.
type token struct {
	value secret.Text
	until time.Time
}

// ask makes one call. It is never repeated: what came of a lost answer is unknown.
func (c *Client) ask(ctx context.Context, body any, now time.Time) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	bearer, err := c.bearer(ctx, now)
	if err != nil {
		return reply{}, err
	}
	var r reply
	status, err := c.post(ctx, c.applications(), http.Header{"Authorization": {"Bearer " + bearer.Reveal()}}, body, &r)
	if status == http.StatusUnauthorized {
		c.forget(bearer)
	}
	if err != nil {
		return reply{}, trouble(refusal(status), err)
	}
	return r, nil
}

// bearer returns a living token, or gets one.
func (c *Client) bearer(ctx context.Context, now time.Time) (secret.Text, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token.value != "" && now.Before(c.token.until) {
		return c.token.value, nil
	}
	body := map[string]string{
		"username": c.credentials.Username, "password": c.credentials.Password.Reveal(),
		"client_id": c.credentials.ClientID, "client_secret": c.credentials.ClientSecret.Reveal(),
	}
	var err error
	for try := range tokenTries {
		if try > 0 && !pause(ctx, tokenPause*time.Duration(try)) {
			break
		}
		var status int
		var said struct {
			AccessToken string `json:"access_token"`
			ExpiresIn   code   `json:"expires_in"` // a number or its text, in seconds
		}
		status, err = c.fetch(ctx, body, &said)
		if err == nil && said.AccessToken == "" {
			err = errors.New("the token call answers without a token")
		}
		if err == nil {
			seconds, _ := strconv.Atoi(string(said.ExpiresIn))
			c.token = token{secret.Text(said.AccessToken), now.Add(time.Duration(seconds)*time.Second - tokenMargin)}
			return c.token.value, nil
		}
		if refused := refusal(status); refused != nil {
			return "", trouble(refused, err)
		}
	}
	return "", trouble(err)
}

func (c *Client) fetch(ctx context.Context, body map[string]string, into any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, perToken)
	defer cancel()
	return c.post(ctx, "/oauth2/experianone/v1/token", http.Header{
		"X-Correlation-Id": {rand.Text()}, "X-User-Domain": {c.credentials.Domain},
	}, body, into)
}

// forget drops a token that the bureau no longer takes.
func (c *Client) forget(bearer secret.Text) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token.value == bearer {
		c.token = token{}
	}
}

// refusal is ErrMisconfigured for a status that says that asking again in the same way is no use.
func refusal(status int) error {
	if status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout {
		return ErrMisconfigured
	}
	return nil
}

// post sends JSON and reads JSON. Its errors hold nothing of either.
func (c *Client) post(ctx context.Context, path string, header http.Header, body, into any) (int, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, errors.New("the request cannot be encoded")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint+path, bytes.NewReader(text))
	if err != nil {
		return 0, errors.New("the address cannot be read")
	}
	req.GetBody = nil // the transport would send the body again over another connection
	req.Header = header
	req.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(res.Body, replyLimit))
	if err != nil {
		return res.StatusCode, errors.New("the answer broke off")
	}
	if res.StatusCode != http.StatusOK {
		return res.StatusCode, fmt.Errorf("status %d", res.StatusCode)
	}
	if json.Unmarshal(said, into) != nil { // its error would repeat parts of what was said
		return res.StatusCode, errors.New("the answer is not of the agreed form")
	}
	return res.StatusCode, nil
}

// pause takes d. It tells whether there is time left.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
