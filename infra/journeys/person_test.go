package journeys_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"phoneotp/infra/local/messages"
)

// person is somebody with a browser of their own: cookies, a name, and everything secret that they met, so
// that a test can look for it where it must not be.
type person struct {
	t        testing.TB
	http     *http.Client
	userID   string
	email    string
	password string
	family   string            // Hopper unless said otherwise
	last4    string            // of the social security number that was given
	secrets  map[string]string // value -> what it is
}

func newPerson(t testing.TB) *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := "u" + random(5)
	p := &person{t: t, http: &http.Client{Jar: jar, Timeout: time.Minute}, userID: id, email: id + "@example.test", family: "Hopper", password: "violet otter " + random(6), secrets: map[string]string{}}
	p.keep(p.password, "password")
	return p
}

func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

func dice(n int64) int64 {
	v, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		panic(err)
	}
	return v.Int64()
}

// areas of the fifty states and DC.
var areas = []string{"202", "206", "212", "303", "312", "415", "617", "808", "907"}

var numbersGiven atomic.Int64

// usNumber is a number reserved for fiction that nobody else has, and whose ending none of the last hundred has.
func usNumber() string {
	n := numbersGiven.Add(1)
	return fmt.Sprintf("%s55501%02d", areas[(n+n/100)%int64(len(areas))], n%100)
}

func (p *person) keep(value, what string) { p.secrets[value] = what }

// answer is one HTTP answer with its JSON, if it is some.
type answer struct {
	status int
	header http.Header
	raw    string
	json   map[string]any
}

func (a answer) text(path ...string) string {
	s, _ := a.at(path...).(string)
	return s
}

func (a answer) at(path ...string) any {
	var v any = a.json
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func (a answer) String() string { return fmt.Sprintf("%d %.400s", a.status, a.raw) }

func (p *person) call(method, path string, body any, headers ...string) answer {
	p.t.Helper()
	var reader io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			p.t.Fatal(err)
		}
		reader = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, base+path, reader)
	if err != nil {
		p.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("content-type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := p.http.Do(req)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	a := answer{status: res.StatusCode, header: res.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.json)
	return a
}

// want makes a call that must be answered with a status.
func (p *person) want(status int, method, path string, body any, headers ...string) answer {
	p.t.Helper()
	a := p.call(method, path, body, headers...)
	if a.status != status {
		p.t.Fatalf("%s %s: %v, want %d", method, path, a, status)
	}
	return a
}

// token is the session token that the browser holds.
func (p *person) token() string {
	u, err := url.Parse(base)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range p.http.Jar.Cookies(u) {
		if c.Name == "__Host-session" {
			return c.Value
		}
	}
	return ""
}

type message = messages.Message

const (
	patience = time.Minute           // how long something may take that happens by itself
	glance   = 25 * time.Millisecond // between two looks whether it has happened
)

// await waits for a message to arrive that a test says it looks for.
func await(t testing.TB, what string, fits func(message) bool) message {
	t.Helper()
	return awaitSince(t, what, 0, fits)
}

// awaitSince is await for a message that came after the box held so many.
func awaitSince(t testing.TB, what string, since int, fits func(message) bool) (found message) {
	t.Helper()
	until(t, what, func() bool {
		list := local.Box.List(messages.Filter{Since: since}) // newest first
		i := slices.IndexFunc(list, fits)
		if i >= 0 {
			found = list[i]
		}
		return i >= 0
	})
	return found
}

// until waits for something to become so.
func until(t testing.TB, what string, so func() bool) {
	t.Helper()
	untilWithin(t, patience, what, so)
}

func untilWithin(t testing.TB, limit time.Duration, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(glance) {
		if so() {
			return
		}
	}
	t.Fatalf("waited %s for %s", limit, what)
}

var linkToken = regexp.MustCompile(`#token=([A-Za-z0-9_-]+)`)

// signUp makes and confirms an account and signs in.
func (p *person) signUp(country string) {
	p.t.Helper()
	p.want(201, "POST", "/api/accounts", map[string]any{"user_id": p.userID, "email": p.email, "given_name": "Grace", "family_name": p.family, "country": country, "password": p.password})
	mail := await(p.t, "the confirmation mail", func(m message) bool { return m.Kind == "email" && strings.Contains(m.To, p.email) })
	found := linkToken.FindStringSubmatch(mail.Body)
	if found == nil {
		p.t.Fatalf("no link in %q", mail.Body)
	}
	p.keep(found[1], "confirmation token")
	p.want(204, "POST", "/api/accounts/confirm", map[string]any{"token": found[1]})
	p.signIn()
}

func (p *person) signIn() answer {
	p.t.Helper()
	a := p.want(200, "POST", "/api/session", map[string]any{"user_id": p.userID, "password": p.password})
	p.keep(p.token(), "session token")
	return a
}

var billing = map[string]any{"name": "Grace Hopper", "line1": "1 Navy Way", "city": "Arlington", "region": "VA", "postal_code": "22201", "country": "US"}

// buy orders and pays by card and returns the order number and the license keys.
func (p *person) buy(product string, quantity int) (number string, keys []string) {
	p.t.Helper()
	order := p.want(201, "POST", "/api/orders", map[string]any{"partner": "all", "lines": []any{map[string]any{"product": product, "quantity": quantity}}, "payment": "card", "billing": billing}, "idempotency-key", random(16))
	if order.text("checkout_url") == "" {
		p.t.Fatalf("no checkout address in %v", order)
	}
	number = order.text("number")
	p.want(200, "POST", "/_local/payments/"+number, map[string]any{"event": "pay"})
	return number, p.keysOf(number)
}

func (p *person) keysOf(number string) (keys []string) {
	p.t.Helper()
	order := p.want(200, "GET", "/api/orders/"+number, nil)
	if order.text("state") != "fulfilled" {
		p.t.Fatalf("order = %v", order)
	}
	list, _ := order.json["keys"].([]any)
	for _, k := range list {
		key, _ := k.(map[string]any)["license_key"].(string)
		if key != "" {
			keys = append(keys, key)
			p.keep(key, "license key")
			p.keep(strings.ReplaceAll(key, "-", ""), "license key")
		}
	}
	return keys
}

// code reads the code of a challenge from the handset: the message that came to the number since the box held so many.
func (p *person) code(number, kind string, since int) string {
	p.t.Helper()
	m := awaitSince(p.t, "a code by "+kind, since, func(m message) bool {
		return m.Kind == messages.Kind(kind) && strings.HasSuffix(m.To, number[len(number)-10:]) && m.Code != ""
	})
	p.keep(m.Code, "code")
	return m.Code
}

// registerPhone adds a number and returns the answer to its verification.
func (p *person) registerPhone(number, channel string) answer {
	p.t.Helper()
	p.keep("+1"+number, "full number")
	p.keep(number, "full number")
	since := local.Box.Count()
	challenge := p.want(202, "POST", "/api/phones", map[string]any{"number": number, "country": "US", "channel": channel})
	code := p.code(number, channel, since)
	a := p.want(201, "POST", "/api/phones/verify", map[string]any{"challenge_id": challenge.text("challenge_id"), "code": code})
	p.keep(p.token(), "session token")
	return a
}
