package credential_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/session"
)

// newcomers have a credential and no number yet.
func (p *people) newcomers(t *testing.T, n int) []*owner {
	t.Helper()
	all := make([]*owner, n)
	for i := range all {
		name := fmt.Sprintf("user%02d", i)
		found := p.in.Person(t, name, noon)
		all[i] = &owner{people: p, id: found.ID, name: name}
		p.Open(t, found.ID, phone.USService, noon, noon)
	}
	return all
}

// register makes a number an account's first.
func (o *owner) register(t *testing.T, n phone.Number, now time.Time) (session.Session, error) {
	t.Helper()
	return o.add(t, o.in.In(t, o.name, now), n, "", now)
}

// TestFiveAccountsANumber fills a number's set, and frees it in every way that there is.
func TestFiveAccountsANumber(t *testing.T) {
	p := crowd(t)
	shared, all := credentialtest.Number(t), p.newcomers(t, 11)
	now := noon
	next := func() time.Time { now = now.Add(13 * time.Minute); return now } // five sends an hour to a number
	for _, o := range all[:phonebook.MaxHolders] {
		_, err := o.register(t, shared, next())
		must(t, err)
	}
	refused := func(what string, o *owner) {
		t.Helper()
		s := o.in.In(t, o.name, next())
		attempt, err := o.ask(t, s, shared, "", now)
		must(t, err) // nothing is told before the right code
		if _, _, _, err := o.confirming.Confirm(t.Context(), s, credential.Attempt{Challenge: attempt.Challenge, Code: credentialtest.Wrong(attempt.Code), At: now}); !errors.Is(err, otp.ErrWrong) {
			t.Errorf("%s, with a wrong code: %v", what, err)
		}
		if _, _, _, err := o.confirming.Confirm(t.Context(), s, attempt); !errors.Is(err, credential.ErrSharedWidely) {
			t.Errorf("%s: %v", what, err)
		}
		if _, _, _, err := o.confirming.Confirm(t.Context(), s, attempt); !errors.Is(err, otp.ErrSpent) {
			t.Errorf("%s, the code again: %v", what, err)
		}
		if c := o.Find(t, o.id); len(c.Phones) != 0 || c.Pending != nil || c.State != credential.Registered {
			t.Errorf("%s: %s, %d numbers", what, c.State, len(c.Phones))
		}
		o.names(t, credential.EventPhoneRefused, attempt.Challenge, "3")
	}
	taken := func(what string, o *owner) {
		t.Helper()
		if _, err := o.register(t, shared, next()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("a sixth", all[5])

	o, own := all[4], credentialtest.Number(t) // the last to register it: the session is fresh
	now = now.Add(-13 * time.Minute).Add(5 * time.Minute)
	s, err := o.add(t, o.through(t, shared, now), own, "", now)
	must(t, err)
	must(t, o.remove(t, s, shared, now))
	taken("after a removal", all[6])
	refused("again full", all[5])

	o = all[3]
	_, err = o.add(t, o.through(t, shared, next()), credentialtest.Number(t), o.phoneID(t, shared), now)
	must(t, err)
	taken("after a replacement", all[7])

	must(t, p.DB.Commit(t.Context(), p.Registry.Revoking(p.Find(t, all[2].id))))
	taken("after a revocation", all[8])

	all[1].expireAndReplace(t)
	taken("after an expiry", all[9])
	refused("and full again", all[5])
	holders, err := p.Book.Holders(t.Context(), p.Registry.Numbers.Index(shared))
	must(t, err)
	want := []account.ID{all[0].id, all[6].id, all[7].id, all[8].id, all[9].id}
	slices.SortFunc(holders, byBytes)
	slices.SortFunc(want, byBytes)
	if !slices.Equal(holders, want) {
		t.Errorf("the set has %d accounts: %v", len(holders), holders)
	}
}

func byBytes(a, b account.ID) int { return bytes.Compare(a[:], b[:]) }

// TestParallelSharing has twelve accounts confirm one number at once: five win.
func TestParallelSharing(t *testing.T) {
	p := crowd(t)
	shared, all := credentialtest.Number(t), p.newcomers(t, 12)
	sessions, attempts := make([]session.Session, len(all)), make([]credential.Attempt, len(all))
	for i, o := range all {
		now := noon.Add(time.Duration(i/5) * time.Hour) // five an hour
		sessions[i] = o.in.In(t, o.name, noon.Add(2*time.Hour))
		var err error
		attempts[i], err = o.ask(t, sessions[i], shared, "", now)
		must(t, err)
	}
	won := make(chan int, len(all))
	run(t, len(all), func(i int) {
		o := all[i]
		// Each challenge lives two minutes from its own sending.
		at := noon.Add(time.Duration(i/5) * time.Hour)
		a := attempts[i]
		a.At = at
		switch _, _, _, err := o.confirming.Confirm(t.Context(), sessions[i], a); {
		case err == nil:
			won <- i
		case !errors.Is(err, credential.ErrSharedWidely):
			t.Error(err)
		}
	})
	if len(won) != phonebook.MaxHolders {
		t.Errorf("%d accounts have the number", len(won))
	}
}

// A change that is taken back gives the numbers' places back, and takes the old ones again even where they are
// full by now.
func TestARejectionMovesThePlaces(t *testing.T) {
	p := crowd(t)
	o := p.owner(t, "grace", 1)
	his := credentialtest.Number(t)
	_, err := o.add(t, o.signIn(t, 0, noon), his, o.phoneID(t, o.numbers[0]), noon)
	must(t, err)
	link := o.link(t)
	if in := p.holders(t, his); len(in) != 1 || len(p.holders(t, o.numbers[0])) != 0 {
		t.Errorf("after the replacement: %v", in)
	}
	for i := range phonebook.MaxHolders {
		id := account.IDOf(fmt.Sprint("other", i))
		must(t, p.DB.Commit(t.Context(), p.Book.Restore(p.Registry.Numbers.Index(o.numbers[0]), id)))
	}
	must(t, o.reject(t, link, noon))
	o.has(t, o.numbers[0])
	if in := p.holders(t, o.numbers[0]); len(in) != phonebook.MaxHolders+1 || len(p.holders(t, his)) != 0 {
		t.Errorf("after the rejection: %v", in)
	}
}

func (p *people) holders(t *testing.T, n phone.Number) []account.ID {
	t.Helper()
	holders, err := p.Book.Holders(t.Context(), p.Registry.Numbers.Index(n))
	must(t, err)
	return holders
}

// TestAConfirmationWhoseAnswerIsLost ends with one number, one place, one record.
func TestAConfirmationWhoseAnswerIsLost(t *testing.T) {
	p := crowd(t)
	for call, o := range p.newcomers(t, 2) {
		n := credentialtest.Number(t)
		s := o.in.In(t, o.name, noon)
		attempt, err := o.ask(t, s, n, "", noon)
		must(t, err)
		p.Faults.Clear()
		p.Faults.OnCall(call, dynamotest.CutReply)
		_, _, _, err = o.confirming.Confirm(t.Context(), s, attempt)
		p.Faults.Clear()
		if err != nil || len(p.holders(t, n)) != 1 || len(o.registered(t)) != 1 {
			t.Errorf("call %d: %v", call, err)
		}
		changes, err := p.Book.Changes(t.Context(), o.id)
		if err != nil || len(changes) != 1 {
			t.Errorf("call %d: %d changes, %v", call, len(changes), err)
		}
	}
}

// What a change keeps holds no number in clear.
func TestNumbersInThePhonebookAreSealed(t *testing.T) {
	o := crowd(t).owner(t, "grace", 2)
	kept := o.in.Scan(t, "PHONEBOOK_TABLE")
	if len(kept) != 4 { // two changes, two numbers
		t.Errorf("%d items", len(kept))
	}
	for _, item := range kept {
		all := flat(&types.AttributeValueMemberM{Value: item})
		for _, n := range o.numbers {
			if strings.Contains(all, n.E164()[1:]) {
				t.Error("a number lies in clear")
			}
		}
	}
}

// flat is every byte of a value, one after the other.
func flat(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value + " "
	case *types.AttributeValueMemberN:
		return v.Value + " "
	case *types.AttributeValueMemberB:
		return string(v.Value) + " "
	case *types.AttributeValueMemberBS:
		return string(bytes.Join(v.Value, []byte(" "))) + " "
	case *types.AttributeValueMemberM:
		var all string
		for name, member := range v.Value {
			all += name + " " + flat(member)
		}
		return all
	}
	return ""
}
