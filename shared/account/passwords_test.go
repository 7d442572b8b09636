package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

const fresh = secret.Text("amber falcon 91b2")

func isPassword(t *testing.T, w *accounttest.World, user string, p secret.Text) bool {
	t.Helper()
	a, err := w.Accounts.ByID(t.Context(), account.IDOf(user), noon)
	if err != nil {
		t.Fatal(err)
	}
	is, err := a.PasswordIs(p)
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func TestChangingAPassword(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	change := func(current, next secret.Text, at time.Time) error {
		return w.Passwords.Change(t.Context(), a.ID, "", current, next, here, at)
	}
	for name, tt := range map[string]struct {
		current, next secret.Text
		want          *fault.Error
	}{
		"nothing":  {"", "", fault.ErrInvalid},
		"wrong":    {"violet otter 5f0c1b", fresh, account.ErrPasswordWrong},
		"too easy": {accounttest.Password, "password1234", account.ErrPasswordRefused},
		"own name": {accounttest.Password, "hopper-grace-1", account.ErrPasswordRefused},
	} {
		if err := change(tt.current, tt.next, noon); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !isPassword(t, w, "grace", accounttest.Password) {
		t.Fatal("a refused change changed the password")
	}
	if err := change(accounttest.Password, fresh, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if isPassword(t, w, "grace", accounttest.Password) || !isPassword(t, w, "grace", fresh) {
		t.Error("the password is not the new one")
	}
	if n := len(w.Mails(t, notice.KindPasswordChanged, noon)); n != 1 {
		t.Errorf("%d mails", n)
	}
	events := w.Events(t, audit.Account(a.ID.String()))
	if events[len(events)-1] != account.PasswordChanged {
		t.Errorf("events = %v", events)
	}
}

func TestFiveWrongCurrentPasswordsLock(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	for i := range 5 {
		at := noon.Add(time.Duration(i) * time.Minute)
		if err := w.Passwords.Change(t.Context(), a.ID, "", "violet otter 5f0c1b", fresh, here, at); !errors.Is(err, account.ErrPasswordWrong) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	end := noon.Add(4*time.Minute + 15*time.Minute)
	err := w.Passwords.Change(t.Context(), a.ID, "", accounttest.Password, fresh, here, end.Add(-time.Millisecond))
	if f, ok := fault.Of(err); !ok || !errors.Is(err, account.ErrPasswordLocked) || !f.RetryAt.Equal(end) {
		t.Fatalf("a moment before the end: %v", err)
	}
	if err := w.Passwords.Change(t.Context(), a.ID, "", accounttest.Password, fresh, here, end); err != nil {
		t.Errorf("at the very end: %v", err)
	}
}

func TestForgottenPassword(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	if _, err := w.Registrar.Register(t.Context(), accounttest.Registration("waiting"), noon); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"GRACE@example.test", "waiting@example.test", "nobody@example.test"} {
		w.Faults.Clear()
		if err := w.Passwords.Forgot(t.Context(), email, here, noon); err != nil {
			t.Fatal(err)
		}
		if n := len(w.Faults.Asked()); n != 3 {
			t.Errorf("%s: %d calls, want 3", email, n)
		}
	}
	token := w.Token(t, notice.KindResetPassword, noon) // the only one
	end := noon.Add(30 * time.Minute)
	if err := w.Passwords.Reset(t.Context(), token, fresh, here, end); !errors.Is(err, account.ErrTokenSpent) {
		t.Errorf("at the very end: %v", err)
	}
	if err := w.Passwords.Reset(t.Context(), token, "password1234", here, noon); !errors.Is(err, account.ErrPasswordRefused) {
		t.Errorf("too easy: %v", err)
	}
	if err := w.Passwords.Reset(t.Context(), "unknown", fresh, here, noon); !errors.Is(err, account.ErrTokenSpent) {
		t.Errorf("unknown: %v", err)
	}
	if err := w.Passwords.Reset(t.Context(), "", "", here, noon); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("nothing: %v", err)
	}
	if err := w.Passwords.Reset(t.Context(), token, fresh, here, end.Add(-time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if err := w.Passwords.Reset(t.Context(), token, fresh, here, noon); !errors.Is(err, account.ErrTokenSpent) {
		t.Errorf("a second time: %v", err)
	}
	if !isPassword(t, w, "grace", fresh) {
		t.Error("the password is not the new one")
	}
}

func TestATokenServesItsPurposeOnly(t *testing.T) {
	w := world(t)
	if _, err := w.Registrar.Register(t.Context(), accounttest.Registration("waiting"), noon); err != nil {
		t.Fatal(err)
	}
	confirm := w.Token(t, notice.KindConfirmAccount, noon)
	if err := w.Passwords.Reset(t.Context(), confirm, fresh, here, noon); !errors.Is(err, account.ErrTokenSpent) {
		t.Errorf("a confirmation link resets: %v", err)
	}
	if err := w.Registrar.Confirm(t.Context(), confirm, here, noon); err != nil {
		t.Errorf("and is spent by it: %v", err)
	}
}

func TestANewPasswordMeetsASignInUnderWay(t *testing.T) {
	w := world(t)
	a := w.Person(t, "grace", noon)
	old, err := w.Accounts.ByID(t.Context(), a.ID, noon)
	if err != nil {
		t.Fatal(err)
	}
	errLate := fault.New(fault.Unauthenticated, "test-late", "Too late")
	looks := 0
	p := w.Passwords
	p.End = func(_ context.Context, id account.ID, _ string, now time.Time, commit func(account.Account, []dynamo.Write) error) error {
		for {
			looks++
			found, err := w.Accounts.ByID(t.Context(), id, now)
			if err != nil {
				return err
			}
			if looks == 1 { // somebody signs in after the sessions were listed
				if err := w.DB.Commit(t.Context(), w.Accounts.SignedIn(found, errLate)); err != nil {
					t.Fatal(err)
				}
			}
			if err := commit(found, nil); !errors.Is(err, account.ErrMoved) {
				return err
			}
		}
	}
	if err := p.Change(t.Context(), a.ID, "", accounttest.Password, fresh, here, noon); err != nil {
		t.Fatal(err)
	}
	if looks != 2 {
		t.Errorf("the sessions were listed %d times, want 2", looks)
	}
	// And a sign-in that compared the old password is refused.
	if err := w.DB.Commit(t.Context(), w.Accounts.SignedIn(old, errLate)); !errors.Is(err, errLate) {
		t.Errorf("err = %v", err)
	}
}
