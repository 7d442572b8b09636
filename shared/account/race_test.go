package account_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

func TestOneUserIDManyRegistrations(t *testing.T) {
	w := world(t)
	var won, refused atomic.Int32
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			r := accounttest.Registration("grace")
			r.Email = fmt.Sprintf("grace%d@example.test", i)
			switch _, err := w.Registrar.Register(t.Context(), r, noon); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, account.ErrUserIDTaken):
				refused.Add(1)
			default:
				t.Errorf("err = %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || refused.Load() != 11 {
		t.Errorf("%d won and %d were refused, want 1 and 11", won.Load(), refused.Load())
	}
	if n := len(w.Mails(t, notice.KindConfirmAccount, noon)); n != 1 {
		t.Errorf("%d mails", n)
	}
}

func TestOneEmailManyConfirmations(t *testing.T) {
	w := world(t)
	var tokens []secret.Text
	for i := range 5 {
		r := accounttest.Registration(fmt.Sprintf("grace%d", i))
		r.Email = "grace@example.test"
		if _, err := w.Registrar.Register(t.Context(), r, noon); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, w.Token(t, notice.KindConfirmAccount, noon))
	}
	var won, refused atomic.Int32
	var wg sync.WaitGroup
	for _, token := range tokens {
		wg.Go(func() {
			switch err := w.Registrar.Confirm(t.Context(), token, here, noon); {
			case err == nil:
				won.Add(1)
			case errors.Is(err, account.ErrTokenSpent):
				refused.Add(1)
			default:
				t.Errorf("err = %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || refused.Load() != 4 {
		t.Errorf("%d won and %d were refused, want 1 and 4", won.Load(), refused.Load())
	}
	confirmed := 0
	for i := range 5 {
		a, err := w.Accounts.ByID(t.Context(), account.IDOf(fmt.Sprintf("grace%d", i)), noon)
		if err != nil {
			t.Fatal(err)
		}
		if a.Confirmed() {
			confirmed++
		}
	}
	if confirmed != 1 {
		t.Errorf("%d accounts have the email", confirmed)
	}
}

func TestOneLinkManyClicks(t *testing.T) {
	w := world(t)
	if _, err := w.Registrar.Register(t.Context(), accounttest.Registration("grace"), noon); err != nil {
		t.Fatal(err)
	}
	token := w.Token(t, notice.KindConfirmAccount, noon)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := w.Registrar.Confirm(t.Context(), token, here, noon); err == nil {
				won.Add(1)
			} else if !errors.Is(err, account.ErrTokenSpent) {
				t.Errorf("err = %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d clicks won", won.Load())
	}
}

// flow is one doer's work on a world of its own: prepared, done, and what must then be so.
type flow struct {
	prepare func()
	act     func() error
	check   func()
}

func flows(t *testing.T, w *accounttest.World, user string) map[string]flow {
	var token secret.Text
	register := func() error {
		_, err := w.Registrar.Register(t.Context(), accounttest.Registration(user), noon)
		return err
	}
	return map[string]flow{
		"register": {func() {}, register, func() {
			if n := len(w.Mails(t, notice.KindConfirmAccount, noon)); n != 1 {
				t.Errorf("%d mails", n)
			}
		}},
		"confirm": {func() {
			if err := register(); err != nil {
				t.Fatal(err)
			}
			token = w.Token(t, notice.KindConfirmAccount, noon)
		}, func() error { return w.Registrar.Confirm(t.Context(), token, here, noon) }, func() {
			if a, err := w.Accounts.ByID(t.Context(), account.IDOf(user), noon); err != nil || !a.Confirmed() {
				t.Errorf("account = %+v, %v", a, err)
			}
		}},
		"reset": {func() {
			w.Person(t, user, noon)
			if err := w.Passwords.Forgot(t.Context(), user+"@example.test", here, noon); err != nil {
				t.Fatal(err)
			}
			token = w.Token(t, notice.KindResetPassword, noon)
		}, func() error { return w.Passwords.Reset(t.Context(), token, fresh, here, noon) }, func() {
			if !isPassword(t, w, user, fresh) {
				t.Error("the password is not the new one")
			}
			if n := len(w.Mails(t, notice.KindPasswordChanged, noon)); n != 1 {
				t.Errorf("%d mails", n)
			}
		}},
	}
}

// Each call of each flow in turn loses its answer, is throttled or fails once: the right outcome, nothing
// twice. And with everything dead from that call on, the same request again completes it.
func TestTroubleAtEveryCall(t *testing.T) {
	const calls = 3 // registering, confirming and this reset make as many
	troubles := map[string]dynamotest.Fault{"cut": dynamotest.CutReply, "throttled": dynamotest.Throttle, "failing": dynamotest.ServerFail}
	w := world(t)
	users := 0
	start := func(t *testing.T, name string) flow {
		users++
		f := flows(t, w, fmt.Sprintf("grace%d", users))[name]
		f.prepare()
		return f
	}
	for _, name := range []string{"register", "confirm", "reset"} {
		for n := range calls {
			for what, fault := range troubles {
				t.Run(fmt.Sprintf("%s/%s at %d", name, what, n), func(t *testing.T) {
					f := start(t, name)
					w.Faults.OnCall(n, fault)
					err := f.act()
					made := len(w.Faults.Calls())
					w.Faults.Clear()
					if err != nil || made <= n {
						t.Fatalf("err = %v after %d calls", err, made)
					}
					f.check()
				})
			}
			t.Run(fmt.Sprintf("%s/dead from %d", name, n), func(t *testing.T) {
				f := start(t, name)
				w.Faults.FromCall(n, dynamotest.CutRequest)
				err := f.act()
				w.Faults.Clear()
				if err == nil {
					t.Fatal("no error although nothing answered")
				}
				if err := f.act(); err != nil {
					t.Fatalf("the same again: %v", err)
				}
				f.check()
			})
		}
	}
}
