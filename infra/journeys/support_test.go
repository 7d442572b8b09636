package journeys_test

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSupportSeesWhyACodeNeverCame is the first story of issue 7: a holder who gets no code any more calls; support
// finds the holder in each way, sees what became of every code and by which rule codes are locked, and unlocks them.
func TestSupportSeesWhyACodeNeverCame(t *testing.T) {
	t.Parallel()
	p, number, order := newHolder(t)
	d := openDesk(t)
	p.signIn()
	p.entersAnEarlierCode(number)
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
	until(t, "the timeline to tell of the lock, and of what it refused", func() bool {
		page = d.looks(p)
		return len(entries(page, "codes-locked")) == 1 && len(entries(page, "code-refused")) == 2
	})
	if rules := limitRules(page); !slices.Equal(rules, []string{"codes-locked"}) {
		t.Errorf("limits: %v", rules)
	}
	d.seesEveryCode(page, number[6:])
	if sent, tried := entries(page, "code-sent"), entries(page, "code-tried"); len(sent) < 3 || len(tried) < 9 || !strings.Contains(sent[0]["text"].(string), "text message") {
		t.Errorf("the timeline tells of %d codes and %d tries: %v", len(sent), len(tried), sent)
	}
	if page.text("phones") != "" || !strings.Contains(page.raw, `"ending":"`+number[6:]+`"`) || !strings.Contains(page.raw, `"number":"`+order+`"`) {
		t.Errorf("the page: %v", page)
	}
	stranger := newPerson(t)
	for range 5 {
		stranger.call("POST", "/api/session", map[string]any{"user_id": p.userID, "password": "not " + p.password})
	}
	if page = d.looks(p); !slices.Equal(limitRules(page), []string{"codes-locked", "sign-in-address"}) {
		t.Errorf("limits after wrong passwords: %v", limitRules(page))
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
	t.Parallel()
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
	if a := p.registerPhone(usNumber(), "sms"); a.text("session", "credential", "state") != "active" || a.at("session", "level") != 2.0 {
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
	t.Parallel()
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

// TestWhoMayNotActIsRefused: a holder, staff at password strength, an agent and nobody, at every route; and staff on
// themselves. Nothing is changed.
func TestWhoMayNotActIsRefused(t *testing.T) {
	t.Parallel()
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
