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
	"strings"
	"testing"
	"time"
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

// usNumber is a number reserved for fiction in one of the fifty states or DC.
func usNumber() string {
	areas := []string{"202", "206", "303", "617", "808", "907"}
	return fmt.Sprintf("%s55501%02d", areas[dice(int64(len(areas)))], dice(100))
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

type message struct {
	At      string   `json:"at"`
	Kind    string   `json:"kind"`
	To      string   `json:"to"`
	Subject string   `json:"subject"`
	Body    string   `json:"body"`
	Code    string   `json:"code"`
	Links   []string `json:"links"`

	Attachments []any `json:"attachments"`
}

// await waits for a message to arrive that a test says it looks for.
func await(t testing.TB, what string, fits func(message) bool) message {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(150 * time.Millisecond) {
		res, err := http.Get(base + "/_local/messages")
		if err != nil {
			t.Fatal(err)
		}
		var all []message
		err = json.NewDecoder(res.Body).Decode(&all)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if fits(m) {
				return m
			}
		}
	}
	t.Fatalf("waited 30 s for %s", what)
	return message{}
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

// code reads the code of a challenge from the handset: the message that came to the number after since.
func (p *person) code(number, kind string, since time.Time) string {
	p.t.Helper()
	m := await(p.t, "a code by "+kind, func(m message) bool {
		at, err := time.Parse(time.RFC3339Nano, m.At)
		return err == nil && m.Kind == kind && strings.HasSuffix(m.To, number[len(number)-10:]) && !at.Before(since.Truncate(time.Second)) && m.Code != ""
	})
	p.keep(m.Code, "code")
	return m.Code
}

// registerPhone adds a number and returns the answer to its verification.
func (p *person) registerPhone(number, channel string) answer {
	p.t.Helper()
	p.keep("+1"+number, "full number")
	p.keep(number, "full number")
	since := nextSecond()
	challenge := p.want(202, "POST", "/api/phones", map[string]any{"number": number, "country": "US", "channel": channel})
	code := p.code(number, channel, since)
	a := p.want(201, "POST", "/api/phones/verify", map[string]any{"challenge_id": challenge.text("challenge_id"), "code": code})
	p.keep(p.token(), "session token")
	return a
}

// nextSecond waits for the clock's next second, so that older messages are told from newer ones.
func nextSecond() time.Time {
	next := time.Now().Truncate(time.Second).Add(time.Second)
	time.Sleep(time.Until(next))
	return next
}
