package credential_test

import (
	"errors"
	"math/rand"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

// TestParallelRejections uses one link from many requests while the session that it is about makes more changes:
// one of them wins, nothing is left of the changes, every session is gone.
func TestParallelRejections(t *testing.T) {
	o := crowd(t).owner(t, "grace", 2)
	s, err := o.add(t, o.signIn(t, 0, noon), credentialtest.Number(t), "", noon)
	must(t, err)
	before, link := o.registered(t)[:2], o.link(t)
	victim := o.phoneID(t, o.numbers[1])
	won := make(chan int, 20)
	run(t, 20, func(i int) {
		if i%4 == 3 {
			err := o.changing.Remove(t.Context(), s, victim, "", noon)
			if err != nil && !errors.Is(err, credential.ErrFrozen) && !errors.Is(err, credential.ErrPhoneUnknown) {
				t.Error(err)
			}
			return
		}
		switch err := o.reject(t, link, noon); {
		case err == nil:
			won <- i
		case !errors.Is(err, account.ErrTokenSpent):
			t.Error(err)
		}
	})
	if len(won) != 1 || !o.frozen(t, noon) || o.live(t, s, noon) {
		t.Errorf("%d rejections, frozen %v", len(won), o.frozen(t, noon))
	}
	o.has(t, before...)
}

// TestARejectionWithLostAnswersAndCrashes cuts each call's answer, and each from the n-th on: done once, or not at all and then
// by the next try.
func TestARejectionWithLostAnswersAndCrashes(t *testing.T) {
	for call := range 5 {
		for _, crash := range []bool{false, true} {
			o := crowd(t).owner(t, "grace", 1)
			s, err := o.add(t, o.signIn(t, 0, noon), credentialtest.Number(t), "", noon)
			must(t, err)
			link := o.link(t)
			o.Faults.Clear()
			if crash {
				o.Faults.FromCall(call, dynamotest.CutRequest)
			} else {
				o.Faults.OnCall(call, dynamotest.CutReply)
			}
			err = o.reject(t, link, noon)
			o.Faults.Clear()
			if crash {
				if !errors.Is(err, dynamo.ErrUnavailable) || len(o.registered(t)) != 2 || !o.live(t, s, noon) {
					t.Errorf("crash at call %d: %v", call, err)
				}
				err = o.reject(t, link, noon)
			}
			if err != nil || len(o.registered(t)) != 1 || o.live(t, s, noon) || !o.frozen(t, noon) {
				t.Errorf("call %d, crash %v: %v", call, crash, err)
			}
			if told := o.told(t); len(told) != 2 {
				t.Errorf("call %d, crash %v: told %d times", call, crash, len(told))
			}
		}
	}
}

// TestARejectionMeetsALogin has a code entered while the link is used, and others sign in with the password: no
// session of Phone OTP strength is left, whoever was first.
func TestARejectionMeetsALoginAtOnce(t *testing.T) {
	for range 6 {
		o := crowd(t).owner(t, "grace", 1)
		_, err := o.add(t, o.signIn(t, 0, noon), credentialtest.Number(t), "", noon)
		must(t, err)
		link, now := o.link(t), noon.Add(time.Minute)
		s := o.in.In(t, o.name, now)
		ch, err := o.Sender.Send(t.Context(), credential.Asker{Holder: o.id, Session: s.ID}, o.phoneID(t, o.numbers[0]), phone.SMS, now)
		must(t, err)
		attempt := credential.Attempt{Challenge: credentialtest.ID(t, ch), Code: o.Code(t, o.numbers[0]), At: now}
		run(t, 4, func(i int) {
			switch i {
			case 0:
				if err := o.reject(t, link, now); err != nil {
					t.Error(err)
				}
			case 1:
				_, _, err := o.login.Raise(t.Context(), s, attempt)
				if err != nil && !errors.Is(err, otp.ErrSpent) && !errors.Is(err, otp.ErrUnknown) && !errors.Is(err, session.ErrNotSignedIn) {
					t.Error(err)
				}
			default:
				_, err := o.in.SignIn.SignIn(t.Context(), session.Attempt{Identifier: o.name, Password: accounttest.Password, From: "192.0.2.1"}, now)
				if err != nil && !errors.Is(err, session.ErrSignInFailed) {
					t.Error(err)
				}
			}
		})
		live, err := o.in.Sessions.List(t.Context(), o.id, now)
		must(t, err)
		for _, one := range live {
			if one.Strength == session.PhoneOTP {
				t.Error("a session of Phone OTP strength lives on")
			}
		}
		if !o.frozen(t, now) {
			t.Error("not frozen")
		}
	}
}

// TestARejectionEndsManySessions ends more than one transaction holds.
func TestARejectionEndsManySessions(t *testing.T) {
	o := crowd(t).owner(t, "grace", 3)
	n := credentialtest.Number(t)
	_, err := o.add(t, o.signIn(t, 0, noon), n, o.phoneID(t, o.numbers[1]), noon)
	must(t, err)
	link := o.link(t)
	found, err := o.in.Accounts.ByID(t.Context(), o.id, noon)
	must(t, err)
	o.in.Plant(t, found, 130, noon)
	must(t, o.reject(t, link, noon))
	if live, err := o.in.Sessions.List(t.Context(), o.id, noon); err != nil || len(live) != 0 {
		t.Errorf("%d sessions live on, %v", len(live), err)
	}
	o.has(t, o.numbers...)
}

// TestRandomHistories makes changes and takes back any of them, in any order, against a model: a rejection brings
// what stood before its change, kills its link and those of all that came after, and no other.
func TestRandomHistories(t *testing.T) {
	type made struct {
		link   secret.Text
		before []phone.Number
		alive  bool
	}
	for seed := range int64(4) {
		rnd := rand.New(rand.NewSource(seed))
		o := crowd(t).owner(t, "grace", 1)
		numbers := o.registered(t)
		var history []made
		now := noon
		for step := range 10 { // ten new numbers in 30 days are the limit
			now = now.Add(11 * time.Hour)
			if len(history) > 0 && rnd.Intn(4) == 0 {
				i := rnd.Intn(len(history))
				err := o.reject(t, history[i].link, now)
				if history[i].alive != (err == nil) || err != nil && !errors.Is(err, account.ErrTokenSpent) {
					t.Fatalf("seed %d, step %d: change %d of %d, alive %v: %v", seed, step, i, len(history), history[i].alive, err)
				}
				if err == nil {
					numbers = history[i].before
					for j := i; j < len(history); j++ {
						history[j].alive = false
					}
					o.told(t)
					o.thaw(t)
				}
				o.has(t, numbers...)
				continue
			}
			before := slices.Clone(numbers)
			s := o.through(t, numbers[rnd.Intn(len(numbers))], now)
			victim := rnd.Intn(len(numbers))
			fresh := credentialtest.Number(t)
			s.Door = session.Door{Phone: o.phoneID(t, numbers[victim])} // quarantine has its own tests
			var err error
			switch kind := rnd.Intn(3); {
			case kind == 0 && len(numbers) > 1:
				err = o.remove(t, s, numbers[victim], now)
				numbers = slices.Delete(slices.Clone(numbers), victim, victim+1)
			case kind == 1 || len(numbers) == credential.MaxPhones:
				_, err = o.add(t, s, fresh, o.phoneID(t, numbers[victim]), now)
				numbers = append(slices.Delete(slices.Clone(numbers), victim, victim+1), fresh)
			default:
				_, err = o.add(t, s, fresh, "", now)
				numbers = append(slices.Clone(numbers), fresh)
			}
			if err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
			history = append(history, made{o.link(t), before, true})
			o.has(t, numbers...)
		}
	}
}
