package support_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/proofing"
	"phoneotp/shared/session"
	"phoneotp/shared/support"
)

// inForce are the limits of a person, as texts.
func (w *world) inForce(t *testing.T, userID string, now time.Time) []string {
	t.Helper()
	var all []string
	for _, l := range w.of(t, userID, "", now).Limits {
		text := l.Rule
		for _, more := range []string{l.Identifier, l.From, l.Until} {
			if more != "" {
				text += " " + more
			}
		}
		all = append(all, text)
	}
	return all
}

// fails tries to sign in with a wrong password.
func (w *world) fails(t *testing.T, identifier, from string, times int, now time.Time) {
	t.Helper()
	for range times {
		_, err := w.SignIn.SignIn(t.Context(), session.Attempt{Identifier: identifier, Password: "wrong", From: from}, now)
		if err == nil {
			t.Fatal("a wrong password signs in")
		}
	}
}

func TestLimitsOfSigningIn(t *testing.T) {
	w := start(t)
	w.Person(t, "grace", monday)
	w.fails(t, "Grace ", "192.0.2.7", 4, noon)
	if got := w.inForce(t, "grace", noon); got != nil {
		t.Fatalf("after four: %v", got)
	}
	w.fails(t, "grace", "192.0.2.7", 1, noon.Add(time.Minute))
	w.fails(t, "GRACE@example.test", "2001:db8::1", 3, noon.Add(2*time.Minute))
	w.fails(t, "grace@example.test", "2001:db8::2", 2, noon.Add(2*time.Minute+time.Millisecond)) // the same network
	byID, byEmail := "sign-in-address grace 192.0.2.7 2026-11-23T12:16:00Z", "sign-in-address grace@example.test 2001:db8::2 2026-11-23T12:17:01Z"
	for now, want := range map[time.Time][]string{
		noon.Add(3 * time.Minute):                     {byID, byEmail},
		noon.Add(16*time.Minute - time.Millisecond):   {byID, byEmail},
		noon.Add(16 * time.Minute):                    {byEmail}, // at its end it is over
		noon.Add(17 * time.Minute):                    {byEmail},
		noon.Add(17*time.Minute + time.Millisecond):   nil,
		noon.Add(17*time.Minute + 2*time.Millisecond): nil,
		noon.Add(30 * 24 * time.Hour):                 nil,
	} {
		if got := w.inForce(t, "grace", now); !slices.Equal(got, want) {
			t.Errorf("at %s: %v, want %v", now, got, want)
		}
	}
	w.Person(t, "ada", noon)
	if got := w.inForce(t, "ada", noon.Add(3*time.Minute)); got != nil {
		t.Errorf("another person: %v", got)
	}
}

// Enough failures lock from anywhere: the newest ten addresses are looked at, in one call with everything else.
func TestLimitsFromManyAddresses(t *testing.T) {
	w := start(t)
	w.Person(t, "grace", monday)
	for i := range 10 {
		w.fails(t, "grace", fmt.Sprintf("192.0.2.%d", i), 5, noon.Add(time.Duration(i)*time.Second))
	}
	w.fails(t, "grace@example.test", "198.51.100.1", 5, noon.Add(time.Minute))
	w.Faults.Clear()
	got := w.inForce(t, "grace", noon.Add(2*time.Minute))
	if len(got) != 11 || got[0] != "sign-in grace 2026-11-23T13:00:00Z" || !slices.Contains(got, "sign-in-address grace 192.0.2.9 2026-11-23T12:15:09Z") ||
		strings.Contains(fmt.Sprint(got), "192.0.2.0 ") || got[10] != "sign-in-address grace@example.test 198.51.100.1 2026-11-23T12:16:00Z" {
		t.Errorf("in force: %s", strings.Join(got, "\n"))
	}
	batches := 0
	for _, call := range w.Faults.Asked() {
		if call == "BatchGetItem" {
			batches++
		}
	}
	if batches != 1 {
		t.Errorf("%d calls for the limits", batches)
	}
}

func TestOtherLimitsOfAPerson(t *testing.T) {
	w := start(t)
	a, day := w.Person(t, "grace", monday), noon
	for name, row := range map[string]struct {
		use  limit.Use
		max  int
		span time.Duration
	}{
		"new-numbers":        {credential.NewNumberTries(a.ID), 10, 30 * 24 * time.Hour},
		"license-keys":       {license.Tries(a.ID), 10, time.Hour},
		"activation-codes":   {proofing.CodeTries(a.ID), 5, time.Hour},
		"password-change":    {account.PasswordTries(a.ID), 5, 15 * time.Minute},
		"confirmation-mails": {account.ConfirmationMails("Grace@example.test"), 5, time.Hour},
		"reset-mails":        {account.ResetMails("grace@Example.test"), 5, time.Hour},
	} {
		at := day
		day = day.Add(31 * 24 * time.Hour)
		for i := range row.max {
			if got := w.inForce(t, "grace", at); got != nil {
				t.Fatalf("%s after %d: %v", name, i, got)
			}
			fatal(t, w.persons.Counters.Take(t.Context(), at, row.use))
		}
		end := at.Add(row.span)
		want := []string{name + " " + end.Format(time.RFC3339)}
		if got := w.inForce(t, "grace", end.Add(-time.Millisecond)); !slices.Equal(got, want) {
			t.Errorf("a moment before the end: %v, want %v", got, want)
		}
		if got := w.inForce(t, "grace", end); got != nil {
			t.Errorf("%s at its end: %v", name, got)
		}
	}
}

// The limits are those that the doors themselves obey.
func TestLimitsAreThoseOfTheDoors(t *testing.T) {
	w := start(t)
	a := w.Person(t, "grace", monday)
	for range 5 {
		fatal(t, w.Passwords.Forgot(t.Context(), "grace@example.test", "192.0.2.1", noon))
		err := w.Passwords.Change(t.Context(), a.ID, "", "wrong", accounttest.Password+"x", "192.0.2.1", noon)
		if err == nil {
			t.Fatal("a wrong password changes it")
		}
	}
	want := []string{"password-change 2026-11-23T12:15:00Z", "reset-mails 2026-11-23T13:00:00Z"}
	if got := w.inForce(t, "grace", noon.Add(time.Minute)); !slices.Equal(got, want) {
		t.Errorf("in force: %v, want %v", got, want)
	}
}

func TestAPersonIsNotShownWithoutTheLimits(t *testing.T) {
	w := start(t)
	w.Person(t, "grace", monday)
	w.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
		if c.Operation == "BatchGetItem" {
			return dynamotest.CutRequest
		}
		return dynamotest.None
	})
	p, err := w.persons.Of(t.Context(), first.Account, "grace", "", "", noon)
	w.Faults.Clear()
	if err == nil || !slices.Equal(p.Limits, []support.Limit(nil)) || p.Account.UserID != "" {
		t.Errorf("%+v, %v", p, err)
	}
}
