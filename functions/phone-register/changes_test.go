package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

const (
	removal = "DELETE /api/phones/{id}"
	reject  = "POST /api/phone-changes/reject"
)

func (f *fixture) remove(t *testing.T, id string) credentialtest.Answer {
	t.Helper()
	return credentialtest.Ask(t, f.api, f.token, removal, "", "id", id)
}

func (f *fixture) replace(t *testing.T, n phone.Number, id string) credentialtest.Answer {
	t.Helper()
	return f.ask(t, add, fmt.Sprintf(`{"number":%q,"country":"US","channel":"sms","replaces":%q}`, n.E164(), id))
}

// ids lists the registered phones.
func (f *fixture) ids(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, p := range f.ask(t, list, "").JSON["phones"].([]any) {
		ids = append(ids, p.(map[string]any)["id"].(string))
	}
	return ids
}

var tokenIn = regexp.MustCompile(`/phone-changes/reject#token=([A-Za-z0-9_-]+)`)

// link is the token of the last mail of a kind.
func (f *fixture) link(t *testing.T, kind notice.Kind) secret.Text {
	t.Helper()
	var token secret.Text
	for _, taken := range f.people.Mails(t, kind, f.clock) {
		letter, err := notice.Compose(taken, notice.Facts{Origin: credentialtest.Origin})
		if err != nil {
			t.Fatal(err)
		}
		if found := tokenIn.FindStringSubmatch(letter.Text.Reveal()); found != nil {
			token = secret.Text(found[1])
		}
	}
	if token == "" {
		t.Fatalf("no %s bears a link", kind)
	}
	return token
}

// rejected asks without a session, as the page of the link does.
func (f *fixture) rejected(t *testing.T, token secret.Text) credentialtest.Answer {
	t.Helper()
	return credentialtest.Ask(t, f.api, "", reject, fmt.Sprintf(`{"token":%q}`, token.Reveal()))
}

func TestReplaceRemoveReject(t *testing.T) {
	f := start(t, "us")
	first, _ := f.register(t)
	f.clock = noon.Add(time.Minute)
	f.register(t)
	ids := f.ids(t)
	f.clock = noon.Add(3 * time.Minute)
	third := credentialtest.Number(t)
	a := f.replace(t, third, ids[1])
	if a.Status != http.StatusAccepted {
		t.Fatal(a.Body)
	}
	if a = f.verify(t, a.JSON["challenge_id"], f.Code(t, third)); a.Status != http.StatusCreated {
		t.Fatal(a.Body)
	}
	f.token = a.Token
	if now := f.ids(t); len(now) != 2 || now[0] != ids[0] || now[1] == ids[1] {
		t.Fatalf("after the replacement: %v", now)
	}
	link := f.link(t, notice.KindPhoneReplaced)
	f.Faults.Clear()
	if a := f.remove(t, ids[0]); a.Status != http.StatusNoContent || a.Body != "" || len(f.Faults.Asked()) != 3 {
		t.Fatalf("%d %s after calls %q, want the session, the credential, the transaction", a.Status, a.Body, f.Faults.Asked())
	}
	if a := f.remove(t, ids[0]); a.Status != http.StatusNotFound || a.Code() != "phone-unknown" {
		t.Errorf("again: %s", a.Body)
	}
	if a := f.remove(t, f.ids(t)[0]); a.Status != http.StatusConflict || a.Code() != "phone-last" {
		t.Errorf("the last: %s", a.Body)
	}
	if a := f.rejected(t, link); a.Status != http.StatusNoContent {
		t.Fatal(a.Body)
	}
	if a := f.ask(t, list, ""); a.Status != http.StatusUnauthorized {
		t.Errorf("the session lives on: %s", a.Body)
	}
	f.token = f.people.In(t, "grace", f.clock).Token()
	if now := f.ids(t); len(now) != 2 || now[0] != ids[0] || now[1] != ids[1] {
		t.Errorf("after the rejection: %v, want %v", now, ids)
	}
	for what, a := range map[string]credentialtest.Answer{"a number": f.add(t, first.E164(), "US", "sms"), "a removal": f.remove(t, ids[0])} {
		if a.Status != http.StatusForbidden || a.Code() != "credential-frozen" || a.JSON["next"] != "contact-support" {
			t.Errorf("%s: %s", what, a.Body)
		}
	}
	if a := f.rejected(t, link); a.Status != http.StatusGone || a.Code() != "token-spent" {
		t.Errorf("the link again: %s", a.Body)
	}
}

// TestTheOrderOfChecksOfAChange goes down the list of api.md for what replaces and removes.
func TestTheOrderOfChecksOfAChange(t *testing.T) {
	f := start(t, "us")
	first, _ := f.register(t)
	id := f.ids(t)[0]
	expect := func(what string, a credentialtest.Answer, status int, code string) {
		t.Helper()
		if a.Status != status || a.Code() != code {
			t.Errorf("%s: %s", what, a.Body)
		}
	}
	expect("an empty id", f.ask(t, add, `{"number":"x","country":"US","channel":"sms","replaces":""}`), http.StatusUnprocessableEntity, "invalid")
	expect("of another type", f.ask(t, add, `{"number":"x","country":"US","channel":"sms","replaces":1}`), http.StatusBadRequest, "malformed")
	expect("not a number", f.ask(t, add, `{"number":"1-800-FLOWERS","country":"US","channel":"sms","replaces":"00000000"}`), http.StatusUnprocessableEntity, "phone-invalid")
	expect("by itself", f.replace(t, first, id), http.StatusConflict, "phone-duplicate")
	expect("nobody's", f.replace(t, credentialtest.Number(t), "00000000"), http.StatusNotFound, "phone-unknown")
	expect("no token", credentialtest.Ask(t, f.api, "", reject, `{}`), http.StatusUnprocessableEntity, "invalid")
	expect("a token of nothing", f.rejected(t, "AAAA"), http.StatusGone, "token-spent")

	// A day later a new number is added in a session through the first; then somebody logs in through the new one.
	f.clock = noon.AddDate(0, 0, 2)
	f.token = f.people.In(t, "grace", f.clock).Token()
	expect("at password strength", f.remove(t, id), http.StatusForbidden, "strength-too-low")
	expect("likewise", f.replace(t, credentialtest.Number(t), id), http.StatusForbidden, "strength-too-low")
}

func TestALostAnswerOfAChange(t *testing.T) {
	for cut := range 3 {
		f := start(t, "us")
		f.register(t)
		f.clock = noon.Add(time.Minute)
		f.register(t)
		ids := f.ids(t)
		f.Faults.Clear()
		f.Faults.OnCall(cut, dynamotest.CutReply)
		a := f.remove(t, ids[1])
		f.Faults.Clear()
		if now := f.ids(t); a.Status != http.StatusNoContent || len(now) != 1 {
			t.Errorf("call %d: %s, %v", cut, a.Body, now)
		}
		if n := strings.Count(strings.Join(f.kinds(t), " "), string(notice.KindPhoneRemoved)); n != 2 {
			t.Errorf("call %d: told %d times", cut, n)
		}
	}
}

// TestALimitNamesItself is a refusal of a send to a new number, as a program reads it.
func TestALimitNamesItself(t *testing.T) {
	f := start(t, "us")
	f.Sender.Gate.PerAddress = 1
	if a := f.add(t, credentialtest.Number(t).E164(), "US", "sms"); a.Status != http.StatusAccepted {
		t.Fatal(a.Body)
	}
	f.clock = noon.Add(time.Minute)
	a := f.add(t, credentialtest.Number(t).E164(), "US", "sms")
	if a.Status != http.StatusTooManyRequests || a.Code() != "send-limit" || a.JSON["rule"] != "address" || a.JSON["retry_at"] != "2026-11-25T13:00:00Z" || a.JSON["detail"] == nil {
		t.Error(a.Body)
	}
}
