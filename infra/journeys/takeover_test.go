package journeys_test

import (
	"strings"
	"testing"
	"time"
)

// phoneID is the id of a registered number.
func (p *person) phoneID(number string) string {
	p.t.Helper()
	list, _ := p.want(200, "GET", "/api/phones", nil).json["phones"].([]any)
	for _, one := range list {
		if m := one.(map[string]any); strings.HasSuffix(number, m["ending"].(string)) {
			return m["id"].(string)
		}
	}
	p.t.Fatalf("a number is not among %v", list)
	return ""
}

// notMe waits for the message about a change and returns the token of its link: by text to a number, or by mail.
func (p *person) notMe(number, about string) string {
	p.t.Helper()
	m := await(p.t, "the message about a change", func(m message) bool {
		fits := m.Kind == "email" && strings.Contains(m.To, p.email)
		if number != "" {
			fits = m.Kind == "sms" && strings.HasSuffix(m.To, number)
		}
		return fits && strings.Contains(m.Body, about) && strings.Contains(m.Body, "/phone-changes/reject#token=")
	})
	if number != "" && len(m.Body) > 160 {
		p.t.Errorf("a text of %d characters: %q", len(m.Body), m.Body)
	}
	token := linkToken.FindStringSubmatch(m.Body)[1]
	p.keep(token, "link about a change")
	return token
}

// changePhones goes through every change of numbers, and takes the last back.
func (p *person) changePhones(first string) {
	p.t.Helper()
	p.age(30 * time.Minute) // past the gaps of codes
	second := usNumber()
	p.registerPhone(second, "sms")
	p.age(30 * time.Minute)
	third := usNumber()
	since := local.Box.Count()
	challenge := p.want(202, "POST", "/api/phones", map[string]any{"number": third, "country": "US", "channel": "sms", "replaces": p.phoneID(second)})
	p.want(201, "POST", "/api/phones/verify", map[string]any{"challenge_id": challenge.text("challenge_id"), "code": p.code(third, "sms", since)})
	p.want(204, "DELETE", "/api/phones/"+p.phoneID(third), nil)
	p.want(204, "POST", "/api/phone-changes/reject", map[string]any{"token": p.notMe("", third[6:]+" was removed")})
	p.signIn()
	p.phoneID(first)
	p.phoneID(third)
}

// TestTakeover is the story of product.md 5 by HTTP: somebody with the password and a session that he found open adds
// a number of his own. Logged in through it, he cannot remove or replace the owner's; the owner's link takes
// everything back and stops it.
func TestTakeover(t *testing.T) {
	t.Parallel()
	owner := newPerson(t)
	owner.signUp("US")
	_, keys := owner.buy("us", 1)
	owner.want(200, "POST", "/api/licenses/redeem", map[string]any{"license_key": keys[0]})
	number, his := usNumber(), usNumber()
	owner.registerPhone(number, "sms")
	owner.age(3 * 24 * time.Hour)
	owner.signIn()
	owner.elevate(number, "sms") // and leaves the browser open

	owner.registerPhone(his, "sms") // by him
	link := owner.notMe(number, "ending "+his[6:]+" was added")
	if mailed := owner.notMe("", his[6:]); mailed != link {
		t.Error("mail and text bear different links")
	}
	owner.age(2 * time.Hour)

	thief := newPerson(t)
	thief.userID, thief.password = owner.userID, owner.password
	thief.signIn()
	thief.elevate(his, "sms")
	victim := thief.phoneID(number)
	if a := thief.call("DELETE", "/api/phones/"+victim, nil); a.status != 403 || a.text("code") != "phone-too-new" || a.text("retry_at") == "" {
		t.Errorf("he removes the owner's number: %v", a)
	}
	if a := thief.call("POST", "/api/phones", map[string]any{"number": usNumber(), "country": "US", "channel": "sms", "replaces": victim}); a.status != 403 || a.text("code") != "phone-too-new" {
		t.Errorf("he replaces it: %v", a)
	}
	protected := thief.protected(2)
	thief.want(200, "GET", "/api/applications/"+protected, nil)

	nobody := newPerson(t)
	nobody.want(204, "POST", "/api/phone-changes/reject", map[string]any{"token": link})
	thief.want(401, "GET", "/api/session", nil)
	owner.want(401, "GET", "/api/session", nil)
	if a := nobody.call("POST", "/api/phone-changes/reject", map[string]any{"token": link}); a.status != 410 || a.text("code") != "token-spent" {
		t.Errorf("the link again: %v", a)
	}

	a := thief.signIn() // the password is still his
	if a.text("credential", "state") != "frozen" || a.at("level") != 1.0 || len(a.json["phones"].([]any)) != 1 {
		t.Errorf("afterwards: %v", a)
	}
	thief.phoneID(number)
	if a := thief.call("POST", "/api/otp/send", map[string]any{"phone_id": victim}); a.status != 403 || a.text("code") != "credential-frozen" {
		t.Errorf("a code: %v", a)
	}
	if a := thief.call("POST", "/api/phones", map[string]any{"number": his, "country": "US", "channel": "sms"}); a.status != 403 || a.text("code") != "credential-frozen" {
		t.Errorf("a number: %v", a)
	}
	if a := thief.call("GET", "/api/applications/"+protected, nil); a.status != 403 {
		t.Errorf("a protected application: %v", a)
	}
	await(t, "the mail that numbers were put back", func(m message) bool {
		return m.Kind == "email" && strings.Contains(m.To, owner.email) && m.Subject == "Your phone numbers were put back"
	})
}
