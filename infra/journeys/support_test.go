package journeys_test

import (
	"bytes"
	"encoding/json"
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
		since := nextSecond()
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

// TestSupportSeesWhyACodeNeverCame is the first story of issue 7: a holder who gets no code any more calls; support
// finds the holder in each way, sees by which rule codes are locked, and unlocks them.
func TestSupportSeesWhyACodeNeverCame(t *testing.T) {
	p, number, order := newHolder(t)
	d := openDesk(t)
	p.signIn()
	p.wrongCodes(number, 10)
	if a := p.call("POST", "/api/otp/send", map[string]any{"phone_id": p.phoneID(number)}); a.status != 423 && a.status != 429 {
		t.Fatalf("a code while locked: %v", a)
	}
	d.finds(p.userID, p.userID)
	d.finds(strings.ToUpper(p.email), p.userID)
	d.finds(order, p.userID)
	until(t, "the index to have the number", func() bool {
		return strings.Contains(d.one.want(200, "GET", "/api/support/people?q="+number[6:]+"%20Hopper", nil).raw, `"`+p.userID+`"`)
	})
	d.finds("nobody-" + random(4))
	if a := d.one.call("GET", "/api/support/people?q=ab", nil); a.status != 422 || a.text("code") != "search-too-short" {
		t.Errorf("a short search: %v", a)
	}
	var page answer
	until(t, "the timeline to tell of the lock", func() bool {
		page = d.looks(p)
		return len(entries(page, "codes-locked")) == 1
	})
	if rules := limitRules(page); !slices.Equal(rules, []string{"codes-locked"}) {
		t.Errorf("limits: %v", rules)
	}
	if sent, tried := entries(page, "code-sent"), entries(page, "code-tried"); len(sent) < 3 || len(tried) < 9 || !strings.Contains(sent[0]["text"].(string), "text message") {
		t.Errorf("the timeline tells of %d codes and %d tries: %v", len(sent), len(tried), sent)
	}
	if page.text("phones") != "" || !strings.Contains(page.raw, `"ending":"`+number[6:]+`"`) || !strings.Contains(page.raw, `"number":"`+order+`"`) {
		t.Errorf("the page: %v", page)
	}
	d.does(p, "unlock-codes")
	if a := d.one.act(p, "unlock-codes"); a.status != 200 || a.at("changed") != false {
		t.Errorf("again: %v", a)
	}
	p.mailed("Your codes are unlocked")
	p.age(30 * time.Minute)
	p.elevate(number, "sms")
	page = d.looks(p)
	if unlocked := entries(page, "codes-unlocked"); len(unlocked) != 1 || unlocked[0]["why"] != "the caller asked and was identified" || unlocked[0]["by"] != "support1" {
		t.Errorf("the act on the timeline: %v", unlocked)
	}
	if views := entries(page, "person-viewed"); len(views) < 2 {
		t.Errorf("%d views are recorded", len(views))
	}
	if strings.Contains(p.want(200, "GET", "/api/account/history", nil).raw, "person-viewed") {
		t.Error("the holder sees who looked")
	}
	d.knowsNothing(p)
}

// TestLostPhonesAreResetByTwoPeople is the second story: all numbers of a proofed holder are lost; two people reset
// them; the holder goes through video again, with the same term.
func TestLostPhonesAreResetByTwoPeople(t *testing.T) {
	p := prove(t, "us-proofed", "US", "Hopper")
	quiz := p.quiz(p.applicant())
	outcome(t, p.answerQuiz(quiz, picks(quiz, true)), "passed", 3)
	p.registerPhone(usNumber(), "sms")
	p.proofedBy("kbv")
	ends := p.want(200, "GET", "/api/session", nil).text("credential", "expires_at")

	d := openDesk(t)
	d.looks(p)
	asked := d.one.act(p, "reset-phones")
	id := asked.text("approval", "id")
	if asked.status != 202 || id == "" || asked.at("approval", "own") != true {
		t.Fatalf("asked = %v", asked)
	}
	path := "/api/support/approvals/" + id
	yes := map[string]any{"approve": true, "reason": "spoke with the holder too"}
	if a := d.one.call("POST", path, yes); a.status != 403 || a.text("code") != "own-approval" {
		t.Errorf("one's own approval: %v", a)
	}
	if a := p.call("POST", path, yes); a.status != 403 || a.text("code") != "support-only" {
		t.Errorf("the holder's approval: %v", a)
	}
	if a := d.two.call("POST", path, map[string]any{"approve": true}); a.status != 422 {
		t.Errorf("without a reason: %v", a)
	}
	p.want(200, "GET", "/api/session", nil) // nothing has happened
	p.proofedBy("kbv")
	until(t, "the list to have it", func() bool {
		return strings.Contains(d.two.want(200, "GET", "/api/support/approvals", nil).raw, id)
	})
	if a := d.two.want(200, "POST", path, yes); a.text("state") != "approved" || a.at("changed") != true {
		t.Errorf("approved = %v", a)
	}
	if a := d.two.want(200, "POST", path, yes); a.at("changed") != false {
		t.Errorf("approved again = %v", a)
	}
	p.mailed("Your phone numbers were reset")
	p.want(401, "GET", "/api/session", nil)
	p.signIn()
	s := p.want(200, "GET", "/api/session", nil)
	if s.text("credential", "state") != "proofing" || s.text("credential", "expires_at") != ends || s.text("next") != "prove" || s.at("level") != 1.0 || len(s.json["phones"].([]any)) != 0 {
		t.Errorf("after the reset: %v", s)
	}
	if a := p.askForQuiz(p.applicant()); a.status != 409 {
		t.Errorf("questions again: %v", a)
	}
	if a := p.call("POST", "/api/phones", map[string]any{"number": usNumber(), "country": "US", "channel": "sms"}); a.status != 403 && a.status != 409 {
		t.Errorf("a number before the video: %v", a)
	}
	meeting := p.bookLast()
	p.beginNow(meeting)
	a := asAgent(t).conclude(meeting, "passed", checklist("Grace Hopper"))
	if a.status != 200 {
		t.Fatalf("conclude = %v", a)
	}
	p.keep(a.text("activation_code"), "activation code")
	p.want(200, "POST", "/api/proofing/activation-code", map[string]any{"code": a.text("activation_code")})
	p.registerPhone(usNumber(), "sms")
	p.proofedBy("video")
	if s := p.want(200, "GET", "/api/session", nil); s.text("credential", "expires_at") != ends || s.text("credential", "state") != "active" {
		t.Errorf("afterwards: %v", s)
	}
	if again := d.looks(p); again.text("case", "state") != "passed" || again.text("case", "method") != "video" {
		t.Errorf("the case: %v", again.json["case"])
	}
	d.knowsNothing(p)
}

// TestFreezeAndThaw is the third story: frozen, nothing opens; thawed, everything does. One that its own link froze
// without a number registers one again.
func TestFreezeAndThaw(t *testing.T) {
	p, number, _ := newHolder(t)
	link := p.notMe("", "was registered")
	d := openDesk(t)
	protected := p.protected(2)
	p.want(200, "GET", "/api/applications/"+protected, nil)
	d.does(p, "freeze")
	p.mailed("Your credential is frozen")
	if a := p.call("GET", "/api/applications/"+protected, nil); a.status != 403 {
		t.Errorf("frozen: %v", a)
	}
	if a := p.call("POST", "/api/otp/send", map[string]any{"phone_id": p.phoneID(number)}); a.status != 403 || a.text("code") != "credential-frozen" {
		t.Errorf("a code while frozen: %v", a)
	}
	d.does(p, "thaw")
	p.mailed("Your credential works again")
	p.want(200, "GET", "/api/applications/"+protected, nil)
	if a := d.one.act(p, "thaw"); a.status != 200 || a.at("changed") != false {
		t.Errorf("again: %v", a)
	}
	d.does(p, "end-sessions")
	p.want(401, "GET", "/api/session", nil)

	newPerson(t).want(204, "POST", "/api/phone-changes/reject", map[string]any{"token": link})
	p.signIn()
	if s := p.want(200, "GET", "/api/session", nil); s.text("credential", "state") != "frozen" || len(s.json["phones"].([]any)) != 0 {
		t.Fatalf("rejected: %v", s)
	}
	d.does(p, "thaw")
	if s := p.want(200, "GET", "/api/session", nil); s.text("credential", "state") != "registered" || s.text("next") != "register-phone" {
		t.Errorf("thawed without a number: %v", s)
	}
	p.age(30 * time.Minute)
	if a := p.registerPhone("415"+usNumber()[3:], "sms"); a.text("session", "credential", "state") != "active" || a.at("session", "level") != 2.0 {
		t.Errorf("registered again: %v", a)
	}
	d.does(p, "reset-phones") // without proofing one person is enough
	p.want(401, "GET", "/api/session", nil)
	p.signIn()
	d.does(p, "revoke")
	p.mailed("Your credential was revoked")
	if s := p.want(200, "GET", "/api/session", nil); s.text("credential", "state") != "revoked" {
		t.Errorf("revoked: %v", s)
	}
	d.looks(p)
	d.knowsNothing(p)
}

// TestKeysAreSentAgainToThePurchaserOnly is the fourth story, with a key that is voided at its end.
func TestKeysAreSentAgainToThePurchaserOnly(t *testing.T) {
	buyer, other := newPerson(t), newPerson(t)
	buyer.signUp("US")
	other.signUp("US")
	order, keys := buyer.buy("us", 1)
	d := openDesk(t)
	path := "/api/support/orders/" + order + "/acts"
	mails := func() (n int) {
		for _, m := range buyer.mailsAbout(order) {
			if strings.Contains(m.Body, keys[0]) {
				n++
			}
			if !strings.Contains(m.To, buyer.email) {
				t.Errorf("a mail of the order went to %s", m.To)
			}
		}
		return n
	}
	until(t, "the first mail", func() bool { return mails() == 1 })
	if a := d.one.want(200, "POST", path, map[string]any{"act": "resend-keys", "reason": "the mail did not arrive"}); a.at("changed") != true {
		t.Errorf("resend = %v", a)
	}
	until(t, "the second mail", func() bool { return mails() == 2 })
	last4 := keys[0][len(keys[0])-4:]
	for what, row := range map[string]struct {
		body   map[string]any
		status int
		code   string
	}{
		"no reason":      {map[string]any{"act": "void-key", "last4": last4}, 422, "invalid"},
		"no last4":       {map[string]any{"act": "void-key", "reason": "x"}, 422, "invalid"},
		"another key":    {map[string]any{"act": "void-key", "reason": "x", "last4": "0000"}, 404, "key-unknown"},
		"a person's act": {map[string]any{"act": "thaw", "reason": "x"}, 422, "invalid"},
	} {
		if a := d.one.call("POST", path, row.body); a.status != row.status || a.text("code") != row.code {
			t.Errorf("%s: %v", what, a)
		}
	}
	if a := d.one.call("POST", "/api/support/orders/SO-00000000/acts", map[string]any{"act": "resend-keys", "reason": "x"}); a.status != 404 || a.text("code") != "order-unknown" {
		t.Errorf("no order: %v", a)
	}
	// Entered by somebody else, it is not sent any more, and what it opened ends with it.
	other.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	if a := d.one.call("POST", path, map[string]any{"act": "resend-keys", "reason": "again"}); a.status != 409 || a.text("code") != "order-no-keys" {
		t.Errorf("of an entered key: %v", a)
	}
	void := map[string]any{"act": "void-key", "reason": "bought by mistake", "last4": last4}
	if a := d.one.want(200, "POST", path, void); a.at("changed") != true {
		t.Errorf("void = %v", a)
	}
	if a := d.two.want(200, "POST", path, void); a.at("changed") != false {
		t.Errorf("again = %v", a)
	}
	buyer.mailed("A license key was voided")
	other.mailed("A license key was voided")
	if s := other.want(200, "GET", "/api/session", nil); s.text("credential", "state") != "revoked" {
		t.Errorf("what it opened: %v", s)
	}
	if a := other.call("POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]}); a.status != 410 {
		t.Errorf("entered again: %v", a)
	}
	// An activated one stays: its credential is revoked instead.
	holder, _, theirs := newHolder(t)
	key := holder.want(200, "GET", "/api/orders/"+theirs, nil)
	ending := key.json["keys"].([]any)[0].(map[string]any)["last4"]
	if a := d.one.call("POST", "/api/support/orders/"+theirs+"/acts", map[string]any{"act": "void-key", "reason": "x", "last4": ending}); a.status != 409 || a.text("code") != "key-in-use" {
		t.Errorf("an activated key: %v", a)
	}
	for _, p := range []*person{buyer, other, holder} {
		d.looks(p)
	}
	d.knowsNothing(buyer, other, holder)
}

// mailsAbout lists the mails, to whomever, that name an order.
func (p *person) mailsAbout(order string) []message {
	p.t.Helper()
	var all, found []message
	if err := json.Unmarshal([]byte(p.want(200, "GET", "/_local/messages?kind=email", nil).raw), &all); err != nil {
		p.t.Fatal(err)
	}
	for _, m := range all {
		if strings.Contains(m.Body, order) {
			found = append(found, m)
		}
	}
	return found
}

// TestWhoMayNotActIsRefused: a holder, staff at password strength, an agent and nobody, at every route; and staff on
// themselves. Nothing is changed.
func TestWhoMayNotActIsRefused(t *testing.T) {
	p, _, order := newHolder(t)
	weak := newPerson(t)
	weak.userID, weak.password = "support2", staffPassword
	weak.signIn()
	agent := asAgent(t)
	routes := map[string]map[string]any{
		"GET /api/support/people?q=" + p.userID: nil, "GET /api/support/people/" + p.userID: nil, "GET /api/support/approvals": nil,
		"POST /api/support/orders/" + order + "/acts":            {"act": "resend-keys", "reason": "x"},
		"POST /api/support/approvals/" + strings.Repeat("a", 39): {"approve": true, "reason": "x"},
	}
	for _, act := range []string{"unlock-codes", "thaw", "end-sessions", "reset-phones", "freeze", "revoke", "cancel-case"} {
		routes["POST /api/support/people/"+p.userID+"/acts#"+act] = map[string]any{"act": act, "reason": "x"}
	}
	routes["POST /api/support/people/"+p.userID+"/acts#confirm-name"] = map[string]any{"act": "confirm-name", "reason": "x", "given_name": "Ada", "family_name": "Lovelace"}
	before := p.state()
	for route, body := range routes {
		method, path, _ := strings.Cut(route, " ")
		path, _, _ = strings.Cut(path, "#")
		var sent any
		if body != nil {
			sent = body
		}
		for code, who := range map[string]*person{"support-only": p, "strength-too-low": weak, "not-signed-in": newPerson(t)} {
			want := 403
			if code == "not-signed-in" {
				want = 401
			}
			if a := who.call(method, path, sent); a.status != want || a.text("code") != code {
				t.Errorf("%s, want %s: %v", route, code, a)
			}
		}
		if a := agent.call(method, path, sent); a.status != 403 || a.text("code") != "support-only" {
			t.Errorf("%s by an agent: %v", route, a)
		}
	}
	if p.state() != before {
		t.Error("something was changed")
	}
	d := openDesk(t)
	for _, act := range []string{"unlock-codes", "thaw", "end-sessions", "reset-phones", "freeze", "revoke", "cancel-case"} {
		if a := d.one.call("POST", "/api/support/people/support1/acts", map[string]any{"act": act, "reason": "me"}); a.status != 403 || a.text("code") != "own-account" {
			t.Errorf("%s on oneself: %v", act, a)
		}
	}
}

// TestAnswersOfSupportKeepTheContract sees every operation of support succeed, each answer held against its schema.
func TestAnswersOfSupportKeepTheContract(t *testing.T) {
	p, _, order := newHolder(t)
	d := openDesk(t)
	d.finds(p.userID, p.userID)
	d.looks(p)
	d.does(p, "freeze")
	d.does(p, "confirm-name", "given_name", "Grace", "family_name", "Murray")
	other, _ := p.buy("us", 1)
	d.one.want(200, "POST", "/api/support/orders/"+other+"/acts", map[string]any{"act": "resend-keys", "reason": "lost"})
	d.finds(order, p.userID)

	q := prove(t, "us-proofed", "US", "Hopper")
	quiz := q.quiz(q.applicant())
	outcome(t, q.answerQuiz(quiz, picks(quiz, true)), "passed", 3)
	asked := d.one.act(q, "confirm-name", "given_name", "Ada", "family_name", "Lovelace")
	if asked.status != 202 {
		t.Fatalf("asked = %v", asked)
	}
	d.two.want(200, "GET", "/api/support/approvals", nil)
	if a := d.two.want(200, "POST", "/api/support/approvals/"+asked.text("approval", "id"), map[string]any{"approve": false, "reason": "no document"}); a.text("state") != "refused" {
		t.Errorf("refused = %v", a)
	}
	d.looks(q)
	for name, op := range d.contract.operations() {
		if ofSupport(op) && !d.contract.succeeded[name] {
			t.Errorf("%s was never seen to succeed", name)
		}
	}
}
