package main

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// TestACodeThatNeverCame is what support sees of it (product.md 9): asked, refused and by which rule, placed, tried, an
// earlier code. Every record of the stream comes twice, every question a few times.
func TestACodeThatNeverCame(t *testing.T) {
	f := start(t)
	a := credential.Asker{Holder: f.holder, Session: "session"}
	id, n := f.Active(t, a, noon.Add(-time.Hour))
	f.change(t) // up to here
	var refs []string
	send := func(channel phone.Channel, now time.Time) otp.ID {
		t.Helper()
		ch, err := f.Sender.Send(t.Context(), a, id, channel, now)
		if err != nil {
			t.Fatal(err)
		}
		f.handle(t, f.change(t))
		refs = append(refs, ch.ChallengeID)
		return credentialtest.ID(t, ch)
	}
	refused := func(channel phone.Channel, now time.Time) {
		t.Helper()
		for range 5 {
			if _, err := f.Sender.Send(t.Context(), a, id, channel, now); !errors.Is(err, otp.ErrTooSoon) {
				t.Fatal(err)
			}
			f.handle(t, f.change(t))
		}
	}
	send(phone.SMS, noon)
	first := f.Code(t, n)
	refused(phone.SMS, noon.Add(10*time.Second))
	second := send(phone.Voice, noon.Add(40*time.Second))
	claimed, err := f.Claimer.Claim(t.Context(), f.Order(t), noon.Add(45*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	f.handle(t, f.change(t))
	refused(phone.Voice, noon.Add(50*time.Second))
	now := noon.Add(time.Minute)
	if _, err := f.Verifier.Try(t.Context(), a, otp.SignIn, second, first, now); !errors.Is(err, otp.ErrEarlier) {
		t.Fatal(err)
	}
	f.handle(t, f.change(t))
	right, err := f.Verifier.Try(t.Context(), a, otp.SignIn, second, claimed.Code, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.DB.Commit(t.Context(), f.Verifier.Use(right)); err != nil {
		t.Fatal(err)
	}
	f.handle(t, f.change(t))

	entries, err := f.log.For(t.Context(), audit.Account(f.holder.String()))
	if err != nil {
		t.Fatal(err)
	}
	type entry struct {
		what   audit.Event
		ref    string
		detail map[string]string
	}
	var got []entry
	for _, e := range entries {
		delete(e.Detail, "tag")
		got = append(got, entry{e.What, e.Ref, e.Detail})
	}
	m := func(pairs ...string) map[string]string {
		all := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	want := []entry{
		{credential.EventCodeSent, refs[0], m("phone", id, "channel", "sms", "until", "2026-11-25T12:02:00Z")},
		{credential.EventCodeRefused, "", m("channel", "sms", "rule", "gap", "until", "2026-11-25T12:00:30Z")},
		{credential.EventCodeSent, refs[1], m("phone", id, "channel", "voice", "until", "2026-11-25T12:03:40Z")},
		{credential.EventCodeCalled, refs[1], m("until", "2026-11-25T12:02:45Z")},
		{credential.EventCodeRefused, "", m("channel", "voice", "rule", "gap", "until", "2026-11-25T12:01:40Z")},
		{credential.EventCodeTried, refs[1], m("tries_left", "4")},
		{credential.EventCodeEarlier, refs[1], m("tries_left", "4")},
		{credential.EventCodeTried, refs[1], m("tries_left", "3")},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(entry{})); d != "" {
		t.Errorf("recorded (-want +got):\n%s", d)
	}
}
