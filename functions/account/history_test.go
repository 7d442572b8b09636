package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/audit"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/secret"
)

func (f *fixture) history(t *testing.T, token secret.Text, before string) (out struct {
	Entries []happened
	Next    string
}) {
	t.Helper()
	e := events.APIGatewayV2HTTPRequest{RouteKey: "GET /api/account/history", Cookies: []string{httpapi.SessionCookie + "=" + token.Reveal()}}
	if before != "" {
		e.QueryStringParameters = map[string]string{"before": before}
	}
	e.RequestContext.HTTP.Method, e.RequestContext.RequestID = "GET", "r-1"
	res, err := f.api.Handle(t.Context(), e)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%d, %v: %s", res.StatusCode, err, res.Body)
	}
	if err := json.Unmarshal([]byte(res.Body), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// A holder sees what was done and by whom, neither what staff notes nor why, and nobody else's.
func TestHistoryIsTheHoldersOwn(t *testing.T) {
	f := start(t)
	a, s := f.SignedIn(t, "grace", noon)
	f.SignedIn(t, "ada", noon)
	subject, agent := audit.Account(a.ID.String()), audit.Account("agent")
	for i, e := range []audit.Entry{
		{What: "proofing-flagged", Actor: agent, Why: "a suspicion"},
		{What: "codes-unlocked-by-nobody-yet", Actor: agent, Why: "asked by phone", From: "198.51.100.7"},
		{What: "code-sent", Actor: audit.System, Ref: "c1", Detail: map[string]string{"tag": "KM", "channel": "sms", "until": noon.Add(5 * time.Minute).Format(time.RFC3339)}},
	} {
		e.Subject, e.At = subject, noon.Add(time.Duration(i+1)*time.Minute)
		if err := f.DB.Commit(t.Context(), f.Log.Write(e)); err != nil {
			t.Fatal(err)
		}
	}
	got := f.history(t, s.Token(), "")
	f.now = noon.Add(5 * time.Minute)
	if ended := f.history(t, s.Token(), "").Entries[0]; ended != (happened{At: "2026-11-25T12:05:00Z", Event: "code-expired", Text: "Code KM expired; no code was entered.", By: "system", Ref: "c1"}) {
		t.Errorf("%+v", ended)
	}
	text := fmt.Sprintf("%+v", got.Entries[:2])
	want := "[{At:2026-11-25T12:03:00Z Event:code-sent Text:Code KM was asked for by text message, accepted and handed to the carrier service; no failure was reported. By:system From: Ref:c1}" +
		" {At:2026-11-25T12:02:00Z Event:codes-unlocked-by-nobody-yet Text:codes-unlocked-by-nobody-yet By:staff From: Ref:}]"
	if text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	in := happened{At: "2026-11-25T12:00:00Z", Event: "signed-in", Text: "Signed in with the password.", By: "you", From: "192.0.2.1", Ref: s.ID}
	if !slices.Contains(got.Entries, in) {
		t.Errorf("%+v is not in %+v", in, got.Entries)
	}
	for _, e := range got.Entries {
		if e.Event == "proofing-flagged" {
			t.Error("the holder sees the flag")
		}
	}
}

func TestHistoryGoesBackByPages(t *testing.T) {
	f := start(t)
	a, s := f.SignedIn(t, "grace", noon)
	for i := range 2 * historyPage {
		e := audit.Entry{Subject: audit.Account(a.ID.String()), What: "signed-in", At: noon.Add(time.Duration(i+1) * time.Second), Ref: fmt.Sprint(i)}
		if err := f.DB.Commit(t.Context(), f.Log.Write(e)); err != nil {
			t.Fatal(err)
		}
	}
	first := f.history(t, s.Token(), "")
	second := f.history(t, s.Token(), first.Next)
	if len(first.Entries) != historyPage || first.Entries[0].Ref != "99" || second.Entries[0].Ref != "49" || second.Next == "" {
		t.Errorf("%d entries, %+v, then %+v", len(first.Entries), first.Entries[0], second.Entries[0])
	}
	if last := f.history(t, s.Token(), second.Next); last.Next != "" || len(last.Entries) == 0 {
		t.Errorf("the oldest page: %+v", last)
	}
}
