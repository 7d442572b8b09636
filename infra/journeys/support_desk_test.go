package journeys_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"phoneotp/infra/local/messages"
)

func ofSupport(op *openapi3.Operation) bool { return slices.Contains(op.Tags, "support") }

// overheard is a transport that keeps every answer that support gets, and holds it against the contract.
type overheard struct {
	under http.RoundTripper
	mu    *sync.Mutex
	said  *strings.Builder
}

// RoundTrip is http.RoundTripper.
func (o overheard) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := o.under.RoundTrip(req)
	if err != nil {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	o.mu.Lock()
	defer o.mu.Unlock()
	if strings.HasPrefix(req.URL.Path, "/api/support/") {
		fmt.Fprintf(o.said, "%s %s\n%s\n", req.Method, req.URL, body)
	}
	return res, nil
}

// helpdesk is the support staff of a story, and all that it was told.
type helpdesk struct {
	t        *testing.T
	one, two *person
	contract *contract
	said     strings.Builder
	mu       sync.Mutex
}

func openDesk(t *testing.T) *helpdesk {
	t.Helper()
	d := &helpdesk{t: t, one: staff(t, "support1", "2025550121"), two: staff(t, "support2", "2025550122"), contract: loadContract(t)}
	d.one.http.Transport = overheard{watched{t, d.contract}, &d.mu, &d.said}
	d.two.http.Transport = d.one.http.Transport
	return d
}

// knowsNothing looks for every value of a person's story in all that support was told.
func (d *helpdesk) knowsNothing(of ...*person) {
	d.t.Helper()
	d.mu.Lock()
	said := d.said.String()
	d.mu.Unlock()
	if !strings.Contains(said, `"timeline"`) {
		d.t.Error("support has not looked at anybody: the search proves nothing")
	}
	for _, p := range of {
		for value, what := range p.secrets {
			found := value != "" && strings.Contains(said, value)
			if what == "code" { // six digits stand in ids by chance, not by themselves
				found = regexp.MustCompile(`\b` + regexp.QuoteMeta(value) + `\b`).MatchString(said)
			}
			if found {
				d.t.Errorf("support was told a %s: %q", what, value)
			}
		}
	}
}

func (d *helpdesk) finds(q string, want ...string) {
	d.t.Helper()
	var got []string
	list, _ := d.one.want(200, "GET", "/api/support/people?q="+url.QueryEscape(q), nil).json["people"].([]any)
	for _, f := range list {
		got = append(got, f.(map[string]any)["user_id"].(string))
	}
	if !slices.Equal(got, want) {
		d.t.Errorf("%q finds %v, want %v", q, got, want)
	}
}

func (d *helpdesk) looks(at *person) answer {
	d.t.Helper()
	return d.one.want(200, "GET", "/api/support/people/"+at.userID, nil)
}

// act does something for a person.
func (p *person) act(on *person, name string, more ...string) answer {
	p.t.Helper()
	body := map[string]any{"act": name, "reason": "the caller asked and was identified"}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	return p.call("POST", "/api/support/people/"+on.userID+"/acts", body)
}

// does is act where it has to change something.
func (d *helpdesk) does(on *person, name string, more ...string) {
	d.t.Helper()
	if a := d.one.act(on, name, more...); a.status != 200 || a.at("changed") != true {
		d.t.Fatalf("%s = %v", name, a)
	}
}

// entries are the timeline's, of an event, the newest first.
func entries(a answer, event string) []map[string]any {
	var all []map[string]any
	list, _ := a.at("timeline", "entries").([]any)
	for _, e := range list {
		if e := e.(map[string]any); e["event"] == event {
			all = append(all, e)
		}
	}
	return all
}

// limitRules are the limits in force on a person's page.
func limitRules(a answer) []string {
	var rules []string
	list, _ := a.json["limits"].([]any)
	for _, l := range list {
		rules = append(rules, l.(map[string]any)["rule"].(string))
	}
	return rules
}

// entersAnEarlierCode has a code sent, is refused another at once, and enters the first one when a second has come.
func (p *person) entersAnEarlierCode(number string) {
	p.t.Helper()
	p.age(20 * time.Minute)
	send := map[string]any{"phone_id": p.phoneID(number)}
	since := local.Box.Count()
	p.want(202, "POST", "/api/otp/send", send)
	first := p.code(number, "sms", since)
	for range 3 { // however often somebody asks, it is told once
		if a := p.call("POST", "/api/otp/send", send); a.status != 429 || a.text("rule") != "gap" {
			p.t.Fatalf("at once: %v", a)
		}
	}
	p.age(time.Minute)
	since = local.Box.Count()
	challenge := p.want(202, "POST", "/api/otp/send", send)
	if second := p.code(number, "sms", since); second == first {
		p.t.Fatal("two codes in a row are the same: once in a million runs")
	}
	if a := p.call("POST", "/api/otp/verify", map[string]any{"challenge_id": challenge.text("challenge_id"), "code": first}); a.text("code") != "otp-earlier-code" {
		p.t.Fatalf("an earlier code: %v", a)
	}
}

// seesEveryCode checks what a person's page tells of codes after entersAnEarlierCode and wrongCodes. By the clock of
// the trail, which does not age, each code was replaced by the next.
func (d *helpdesk) seesEveryCode(page answer, ending string) {
	d.t.Helper()
	var states, texts []string
	list, _ := page.json["codes"].([]any)
	for _, c := range list {
		code := c.(map[string]any)
		states = append(states, code["state"].(string))
		if code["state"] != "refused" && code["ending"] != ending {
			d.t.Errorf("a code went to %v", code["ending"])
		}
		for _, s := range code["steps"].([]any) {
			texts = append(texts, s.(map[string]any)["text"].(string))
		}
	}
	if got := strings.Join(states, " "); got != "refused locked used-up replaced refused replaced right" {
		d.t.Errorf("the codes: %s", got)
	}
	told := strings.Join(texts, "\n")
	for _, text := range []string{
		"handed to the carrier service", "A wrong code was entered, tries left: 4", "The code of an earlier message was entered, tries left: 4",
		"No code was sent: the last one was sent a moment before", "It was replaced by a newer one", "Codes were locked for 30 minutes after 10 wrong codes in a row",
		"The right code was entered, and the number registered", "No code was sent: codes are locked after too many wrong ones in a row; wait until",
	} {
		if !strings.Contains(told, text) {
			d.t.Errorf("nothing tells %q: %s", text, told)
		}
	}
}

// mailed waits for a mail to a person by its subject.
func (p *person) mailed(subject string) {
	p.t.Helper()
	await(p.t, "the mail "+subject, func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, p.email) && m.Subject == subject
	})
}

// holder is somebody with an active credential without proofing, and its number.
func newHolder(t *testing.T) (p *person, number, order string) {
	t.Helper()
	p = newPerson(t)
	p.signUp("US")
	order, keys := p.buy("us", 1)
	p.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	number = usNumber()
	p.registerPhone(number, "sms")
	return p, number, order
}

// wrongCodes enters so many wrong codes, by fives.
func (p *person) wrongCodes(number string, n int) {
	p.t.Helper()
	for range n / 5 {
		p.age(20 * time.Minute) // past the gaps and into the next window of sends
		since := local.Box.Count()
		list, _ := p.want(200, "GET", "/api/phones", nil).json["phones"].([]any)
		challenge := p.want(202, "POST", "/api/otp/send", map[string]any{"phone_id": list[0].(map[string]any)["id"]})
		code := p.code(number, "sms", since)
		for range 5 {
			if a := p.call("POST", "/api/otp/verify", map[string]any{"challenge_id": challenge.text("challenge_id"), "code": otherThan(code)}); a.status == 200 {
				p.t.Fatalf("a wrong code: %v", a)
			}
		}
	}
}

// mailsAbout lists the mails, to whomever, that name an order.
func (p *person) mailsAbout(order string) []message {
	p.t.Helper()
	return slices.DeleteFunc(local.Box.List(messages.Filter{Kinds: []messages.Kind{messages.Email}}), func(m message) bool { return !strings.Contains(m.Body, order) })
}
