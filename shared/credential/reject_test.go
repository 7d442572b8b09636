package credential_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
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
