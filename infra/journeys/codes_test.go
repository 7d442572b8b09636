package journeys_test

import (
	"strings"
	"testing"
	"time"
)

// TestTheTrailTellsOfCodes goes the whole way of what is only marked on the credential, through the table's real
// stream: a send that a limit refused, a call that was placed, an earlier code.
func TestTheTrailTellsOfCodes(t *testing.T) {
	p, number, _ := newHolder(t)
	p.signIn()
	p.age(20 * time.Minute)
	since := local.Box.Count()
	ask := map[string]any{"phone_id": p.phoneID(number)}
	p.want(202, "POST", "/api/otp/send", ask)
	first := p.code(number, "sms", since)
	for range 3 {
		p.want(429, "POST", "/api/otp/send", ask)
	}
	p.age(5 * time.Minute)
	since = local.Box.Count()
	ask["channel"] = "voice"
	challenge := p.want(202, "POST", "/api/otp/send", ask)
	call := p.code(number, "voice", since)
	attempt := map[string]any{"challenge_id": challenge.text("challenge_id"), "code": first}
	if a := p.want(422, "POST", "/api/otp/verify", attempt); first != call && a.text("code") != "otp-earlier-code" {
		t.Errorf("the first code: %v", a)
	}
	attempt["code"] = call
	p.want(200, "POST", "/api/otp/verify", attempt)
	p.keep(p.token(), "session token")
	for _, event := range []string{"code-refused", "code-called", "code-earlier", "code-accepted"} {
		until(t, "the trail to tell "+event, func() bool {
			return strings.Count(p.want(200, "GET", "/api/account/history", nil).raw, `"event":"`+event+`"`) == 1
		})
	}
}
