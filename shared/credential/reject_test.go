package credential_test

import (
	"errors"
	"math/rand"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

func (o *owner) spent(t *testing.T, what string, token secret.Text, now time.Time) {
	t.Helper()
	if err := o.reject(t, token, now); !errors.Is(err, account.ErrTokenSpent) {
		t.Errorf("%s: %v", what, err)
	}
}

// TestTakeover is the story of product.md 5: somebody with the password adds a number of his own in a session
// that he got hold of. He cannot remove the owner's number, and the owner's link freezes it all.
func TestTakeover(t *testing.T) {
	o := crowd(t).owner(t, "grace", 1)
	stolen := o.signIn(t, 0, noon)
	his := credentialtest.Number(t)
	stolen, err := o.add(t, stolen, his, "", noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	told := o.told(t)
	if i := slices.IndexFunc(told, func(l letter) bool { return l.to == o.numbers[0] && l.link != "" }); i < 0 || len(told) != 2 {
		t.Fatalf("the owner's phone and mail are not told: %v", told)
	}
	link := told[0].link

	// Hours later he comes back with the password and his own number.
	later := noon.Add(5 * time.Hour)
	back := o.through(t, his, later)
	if err := o.remove(t, back, o.numbers[0], later); !errors.Is(err, credential.ErrPhoneTooNew) {
		t.Errorf("he removes the owner's number: %v", err)
	}
	if _, err := o.ask(t, back, credentialtest.Number(t), o.phoneID(t, o.numbers[0]), later); !errors.Is(err, credential.ErrPhoneTooNew) {
		t.Errorf("he replaces it: %v", err)
	}
	later = later.Add(time.Minute)
	if err := o.reject(t, link, later); err != nil {
		t.Fatal(err)
	}
	o.has(t, o.numbers...)
	if !o.frozen(t, later) {
		t.Error("the credential is not frozen")
	}
	for name, s := range map[string]bool{"his first": o.live(t, stolen, later), "his second": o.live(t, back, later)} {
		if s {
			t.Errorf("%s session lives on", name)
		}
	}
	s := o.in.In(t, "grace", later) // whoever knows the password
	asker := credential.Asker{Holder: o.id, Session: s.ID}
	for name, err := range map[string]error{
		"a code": second(o.Sender.Send(t.Context(), asker, o.phoneID(t, o.numbers[0]), phone.SMS, later)),
		"a number": second(o.Sender.Enrol(t.Context(), asker, o.Find(t, o.id), credential.Enrolment{
			Number: his, Country: "US", Channel: phone.SMS, Door: back.Door}, later)),
		"a removal": o.remove(t, back, o.numbers[0], later),
	} {
		if !errors.Is(err, credential.ErrFrozen) {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
	restored := o.told(t)
	if len(restored) != 2 || restored[0].kind != notice.KindPhonesRestored || restored[0].link != "" || restored[1].link != "" {
		t.Errorf("told: %v", restored)
	}
	if events := o.in.Events(t, audit.Account(o.id.String())); !slices.Contains(events, credential.EventChangeRejected) {
		t.Errorf("audit: %v", events)
	}
	o.spent(t, "the link again", link, later)
}

func second[A any](_ A, err error) error { return err }

// TestAChainOfChanges rejects the first of three, with the attacker's links in his hand.
func TestAChainOfChanges(t *testing.T) {
	o := crowd(t).owner(t, "grace", 2)
	s := o.signIn(t, 0, noon)
	before := o.registered(t)
	his, other := credentialtest.Number(t), credentialtest.Number(t)
	var links []secret.Text
	step := func(change func(now time.Time) error) {
		t.Helper()
		now := noon.Add(time.Duration(len(links)+1) * 2 * time.Minute)
		if err := change(now); err != nil {
			t.Fatal(err)
		}
		links = append(links, o.link(t))
	}
	step(func(now time.Time) (err error) { s, err = o.add(t, s, his, "", now); return err })
	step(func(now time.Time) error { return o.remove(t, s, o.numbers[1], now) })
	step(func(now time.Time) (err error) {
		s, err = o.add(t, s, other, o.phoneID(t, o.numbers[0]), now)
		return err
	})
	o.has(t, his, other)
	now := noon.Add(time.Hour)
	if err := o.reject(t, links[0], now); err != nil {
		t.Fatal(err)
	}
	o.has(t, before...)
	// Links about what is undone with it would bring his numbers back.
	o.spent(t, "the third link", links[2], now)
	o.spent(t, "the second link", links[1], now)
	o.spent(t, "the first link", links[0], now)
	o.has(t, before...)
}

// TestEarlierLinksWorkAfterLaterOnes undoes step by step.
func TestEarlierLinksWorkAfterLaterOnes(t *testing.T) {
	o := crowd(t).owner(t, "grace", 1)
	s := o.signIn(t, 0, noon)
	one, two := credentialtest.Number(t), credentialtest.Number(t)
	var err error
	if s, err = o.add(t, s, one, "", noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	first := o.link(t)
	if _, err = o.add(t, s, two, "", noon.Add(3*time.Minute)); err != nil {
		t.Fatal(err)
	}
	second := o.link(t)
	now := noon.Add(time.Hour)
	if err := o.reject(t, second, now); err != nil {
		t.Fatal(err)
	}
	o.has(t, o.numbers[0], one)
	if err := o.reject(t, first, now); err != nil {
		t.Fatal(err)
	}
	o.has(t, o.numbers[0])
	if !o.frozen(t, now) {
		t.Error("not frozen")
	}
}

// TestChangesAfterAThaw: the links of what was undone stay dead when numbers are changed again.
func TestChangesAfterAThaw(t *testing.T) {
	o := crowd(t).owner(t, "grace", 1)
	his, mine := credentialtest.Number(t), credentialtest.Number(t)
	s, err := o.add(t, o.signIn(t, 0, noon), his, "", noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	first := o.link(t)
	if _, err := o.add(t, s, credentialtest.Number(t), "", noon.Add(3*time.Minute)); err != nil {
		t.Fatal(err)
	}
	second := o.link(t)
	if err := o.reject(t, first, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	o.told(t)
	o.thaw(t)
	now := noon.Add(2 * time.Hour)
	if _, err := o.add(t, o.signIn(t, 0, now), mine, "", now); err != nil {
		t.Fatal(err)
	}
	third := o.link(t)
	o.spent(t, "the second link", second, now)
	o.spent(t, "the first link", first, now)
	o.has(t, o.numbers[0], mine)
	if err := o.reject(t, third, now); err != nil {
		t.Fatal(err)
	}
	o.has(t, o.numbers[0])
}

// thaw is what support does.
func (o *owner) thaw(t *testing.T) {
	t.Helper()
	item, err := o.DB.Get(t.Context(), o.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(o.id[:])})
	if err != nil {
		t.Fatal(err)
	}
	item["st"] = dynamo.S(string(credential.Active))
	o.put(t, "CREDENTIALS_TABLE", item)
}

func TestALinkDiesAtTenDays(t *testing.T) {
	for _, late := range []bool{false, true} {
		o := crowd(t).owner(t, "grace", 1)
		n := credentialtest.Number(t)
		if _, err := o.add(t, o.signIn(t, 0, noon), n, "", noon); err != nil {
			t.Fatal(err)
		}
		link, edge := o.link(t), noon.AddDate(0, 0, 10)
		if late {
			o.spent(t, "at 10 days", link, edge)
			o.has(t, o.numbers[0], n)
			continue
		}
		if err := o.reject(t, link, edge.Add(-time.Millisecond)); err != nil {
			t.Errorf("a millisecond before: %v", err)
		}
	}
}

func TestALinkThatIsNone(t *testing.T) {
	p := crowd(t)
	grace, ada := p.owner(t, "grace", 1), p.owner(t, "ada", 1)
	if _, err := grace.add(t, grace.signIn(t, 0, noon), credentialtest.Number(t), "", noon); err != nil {
		t.Fatal(err)
	}
	link := grace.link(t).Reveal()
	foreign := account.IDOf("ada")
	for name, token := range map[string]string{
		"nothing": "", "no base64": "?", "too short": link[:len(link)-4], "too long": link + "AAAA",
		"another's":       encode(append(foreign[:], decode(t, link)[16:]...)),
		"of nobody":       encode(make([]byte, 32)),
		"one bit changed": encode(append(decode(t, link)[:31], decode(t, link)[31]^1)),
	} {
		grace.spent(t, name, secret.Text(token), noon)
	}
	if len(ada.registered(t)) != 1 || len(grace.registered(t)) != 2 {
		t.Error("numbers were changed")
	}
}

func TestTheFirstNumberIsTakenBackToo(t *testing.T) {
	p := crowd(t)
	found := p.in.Person(t, "grace", noon)
	o := &owner{people: p, id: found.ID, name: "grace"}
	p.Open(t, o.id, phone.USService, noon, noon)
	if _, err := o.add(t, p.in.In(t, "grace", noon), credentialtest.Number(t), "", noon); err != nil {
		t.Fatal(err)
	}
	if err := o.reject(t, o.link(t), noon); err != nil {
		t.Fatal(err)
	}
	o.has(t)
	if !o.frozen(t, noon) {
		t.Error("not frozen")
	}
}

func TestALinkOfACredentialThatIsOver(t *testing.T) {
	for name, end := range map[string]func(*owner){
		"revoked": func(o *owner) {
			must(t, o.DB.Commit(t.Context(), o.Registry.Revoking(o.Find(t, o.id))))
		},
		"replaced": func(o *owner) { o.expireAndReplace(t) },
	} {
		o := crowd(t).owner(t, "grace", 1)
		if _, err := o.add(t, o.signIn(t, 0, noon), credentialtest.Number(t), "", noon); err != nil {
			t.Fatal(err)
		}
		link := o.link(t)
		end(o)
		state := o.Find(t, o.id).State
		o.spent(t, name, link, noon)
		if c := o.Find(t, o.id); c.State != state {
			t.Errorf("%s: the state is %s", name, c.State)
		}
	}
}

// expireAndReplace lets the credential end and opens another by another license.
func (o *owner) expireAndReplace(t *testing.T) {
	t.Helper()
	item, err := o.DB.Get(t.Context(), o.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(o.id[:])})
	must(t, err)
	item["ex"] = dynamo.Ms(noon)
	o.put(t, "CREDENTIALS_TABLE", item)
	must(t, o.DB.Commit(t.Context(), o.Registry.Open(credential.Opening{
		Holder: o.id, License: append([]byte{2}, make([]byte, 32)...), Product: "us", Service: phone.USService, PurchasedAt: noon,
	}, noon)))
}

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
