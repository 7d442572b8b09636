package front

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"phoneotp/infra/local/messages"
)

// till is a payment sandbox that remembers and refuses.
type till struct {
	done []string
	err  error
}

func (p *till) Do(_ context.Context, order, event string) error {
	p.done = append(p.done, order+" "+event)
	return p.err
}
func (p *till) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, r.URL.Path)
}

// opened is a front before an emulator that answers what api says.
func opened(t *testing.T, api http.HandlerFunc, change func(*Parts)) *httptest.Server {
	t.Helper()
	e := httptest.NewServer(api)
	t.Cleanup(e.Close)
	f := &Front{}
	p := Parts{Inside: Inside{Endpoint: e.URL}, APIHost: "id.execute-api.localhost", Box: &messages.Box{Now: time.Now}, Payments: &till{}}
	if change != nil {
		change(&p)
	}
	if err := f.Open(p); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s
}

func ask(t *testing.T, method, url, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

func TestClosedFrontSaysSo(t *testing.T) {
	s := httptest.NewServer(&Front{})
	defer s.Close()
	if res, body := ask(t, "GET", s.URL, ""); res.StatusCode != 503 || !strings.Contains(body, `"starting"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// The product's paths arrive as they were sent, at the API's host.
func TestGatewayPassesPathsUntouched(t *testing.T) {
	s := opened(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		_, _ = fmt.Fprint(w, r.Host, " ", r.RequestURI, " ", r.Header.Get("X-Forwarded-For"))
	}, nil)
	for _, path := range []string{"/", "/api//x/../y?q=1&q=2", "/_localx", "/api/orders/SO%2F1"} {
		res, body := ask(t, "GET", s.URL+path, "")
		if want := "id.execute-api.localhost " + path + " "; body != want {
			t.Errorf("%s: arrived as %q", path, body)
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "" || len(res.Header["Set-Cookie"]) != 2 {
			t.Errorf("%s: headers %v", path, res.Header)
		}
	}
}

func TestAFailedFunctionAnswersAsOnAWS(t *testing.T) {
	s := opened(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, `{"errorMessage":"secret","stackTrace":["main.go:1"]}`)
	}, nil)
	res, body := ask(t, "GET", s.URL+"/api/x", "")
	if res.StatusCode != 500 || body != `{"message":"Internal Server Error"}` || res.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s %v", res.StatusCode, body, res.Header)
	}
}

// Where the meeting link leads says whose room it is, and that the word stands elsewhere.
func TestAMeetingRoomSaysWhoseItIs(t *testing.T) {
	at := time.Date(2026, 12, 1, 17, 0, 0, 0, time.UTC)
	s := opened(t, http.NotFound, func(p *Parts) {
		p.Meeting = func(_ context.Context, room string) (Meeting, error) {
			if room != "r1" {
				return Meeting{}, ErrNoMeeting
			}
			return Meeting{Room: room, Holder: "Grace <Hopper>", StartsAt: at, EndsAt: at.Add(30 * time.Minute), Zone: "America/Denver", State: "booked"}, nil
		}
	})
	_, body := ask(t, "GET", s.URL+"/_local/meetings/r1", "")
	for _, want := range []string{"Grace &lt;Hopper&gt;", "Tuesday 1 December 2026, 10:00 to 10:30, America/Denver", "<code>r1</code>", `href="/proofing/appointment"`, "nobody has claimed"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s: %s", want, body)
		}
	}
	if res, _ := ask(t, "GET", s.URL+"/_local/meetings/r2", ""); res.StatusCode != 404 {
		t.Errorf("another room: %d", res.StatusCode)
	}
	if res, _ := ask(t, "GET", s.URL+"/_local/page/meeting.css", ""); res.StatusCode != 200 {
		t.Errorf("its style: %d", res.StatusCode)
	}
}

func TestMessagesAsJSONAndPage(t *testing.T) {
	box := &messages.Box{Now: func() time.Time { return time.Date(2026, 11, 25, 10, 0, 0, 5e8, time.UTC) }}
	box.Add(messages.Message{Kind: messages.SMS, To: "+12025550101", Body: "048213 <b>\n@h #048213"})
	box.Add(messages.Message{Kind: messages.Email, To: "g@x.test", Subject: "Hello", Body: "see https://x.test/", Raw: []byte("Subject: Hello")})
	s := opened(t, http.NotFound, func(p *Parts) { p.Box = box })
	_, body := ask(t, "GET", s.URL+"/_local/messages?kind=sms&to=%2B1202&after=2026-11-25T10:00:00Z", "")
	var list []map[string]any
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0]["at"] != "2026-11-25T10:00:00Z" || list[0]["code"] != "048213" {
		t.Errorf("%s", body)
	}
	if _, body := ask(t, "GET", s.URL+"/_local/messages", ""); strings.Contains(body, `"raw"`) {
		t.Errorf("the list carries MIME sources: %s", body)
	}
	if res, _ := ask(t, "GET", s.URL+"/_local/messages?kind=fax", ""); res.StatusCode != 422 {
		t.Errorf("an unknown kind: %d", res.StatusCode)
	}
	if _, body := ask(t, "GET", s.URL+"/_local/messages/2/source", ""); body != "Subject: Hello" {
		t.Errorf("source %q", body)
	}
	res, body := ask(t, "GET", s.URL+"/_local?kind=sms&kind=email", "")
	for _, want := range []string{`data-copy="048213"`, "&lt;b&gt;", `href="https://x.test/"`, "2 messages, newest first.", `data-last="2"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if csp := res.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || strings.Contains(body, "<style") || strings.Contains(body, "onclick") {
		t.Errorf("inline code or style: %s", csp)
	}
	if _, body := ask(t, "GET", s.URL+"/_local/newer?since=1", ""); strings.Count(body, "<article") != 1 {
		t.Errorf("newer than the first: %s", body)
	}
	for _, name := range []string{"handset.css", "handset.js"} {
		if res, _ := ask(t, "GET", s.URL+"/_local/page/"+name, ""); res.StatusCode != 200 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
}

func TestActs(t *testing.T) {
	pay := &till{}
	var aged Age
	s := opened(t, http.NotFound, func(p *Parts) {
		p.Payments = pay
		p.Age = func(_ context.Context, user string, a Age) error {
			aged = a
			if user != "grace" {
				return ErrNoAccount
			}
			return nil
		}
		p.Sweep = func(context.Context) error { return nil }
		p.Begin = func(_ context.Context, id string) error {
			return map[string]error{"unknown": ErrNoAppointment, "stuck": context.DeadlineExceeded}[id]
		}
	})
	for _, c := range []struct {
		path, body string
		err        error
		want       int
	}{
		{"/_local/payments/SO-1", `{"event":"pay"}`, nil, 200},
		{"/_local/payments/SO-1", `{"event":"dispute"}`, ErrNoSuchEvent, 422},
		{"/_local/payments/SO-2", `{"event":"pay"}`, ErrNoPayment, 404},
		{"/_local/payments/SO-1", `{"event":"refund"}`, ErrNotNow, 409},
		{"/_local/payments/SO-1", `{"event":"pay"}`, context.DeadlineExceeded, 502},
		{"/_local/payments/SO-1", `{"evnt":"pay"}`, nil, 400},
		{"/_local/accounts/grace/age", `{"seconds":86400,"idle":true}`, nil, 200},
		{"/_local/accounts/nobody/age", `{"seconds":86400}`, nil, 404},
		{"/_local/sweep", "", nil, 200},
		{"/_local/appointments/known/now", "", nil, 200},
		{"/_local/appointments/unknown/now", "", nil, 404},
		{"/_local/appointments/stuck/now", "", nil, 500},
		{"/_local/nonsense", "", nil, 404},
	} {
		pay.err = c.err
		if res, body := ask(t, "POST", s.URL+c.path, c.body); res.StatusCode != c.want {
			t.Errorf("%s %s: %d, want %d: %s", c.path, c.body, res.StatusCode, c.want, body)
		}
	}
	if pay.done[0] != "SO-1 pay" || aged.By != 24*time.Hour {
		t.Errorf("done %v, aged %v", pay.done, aged)
	}
	if _, body := ask(t, "GET", s.URL+"/_local/stripe/c/pay/cs_1", ""); body != "/c/pay/cs_1" {
		t.Errorf("the hosted page is asked for %q", body)
	}
}
