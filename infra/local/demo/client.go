package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"time"

	"phoneotp/infra/local/messages"
)

// browser is one person's: it keeps the session cookie.
type browser struct {
	world  World
	client *http.Client
}

func newBrowser(w World) (*browser, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &browser{world: w, client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}, nil
}

// call makes one request of the HTTP contract and reads the answer into out, unless that is nil.
func (b *browser) call(ctx context.Context, method, path string, in, out any, headers ...string) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, b.world.URL+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s %s", method, path, res.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// patience is how long a message, or the end of a payment, may take.
const patience = 20 * time.Second

// message waits for one to a recipient that pick takes something out of.
func (b *browser) message(ctx context.Context, kind messages.Kind, to string, since int, pick func(messages.Message) string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		for _, m := range b.world.Box.List(messages.Filter{To: to, Kinds: []messages.Kind{kind}, Since: since}) {
			if found := pick(m); found != "" {
				return found, nil
			}
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("no %s to %s", kind, to)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// token takes the token out of a mail's link to a page.
func token(page string) func(messages.Message) string {
	return func(m messages.Message) string {
		i := slices.IndexFunc(m.Links, func(l string) bool { return strings.Contains(l, page+"#token=") })
		if i < 0 {
			return ""
		}
		_, found, _ := strings.Cut(m.Links[i], "#token=")
		return found
	}
}

func code(m messages.Message) string { return m.Code }
