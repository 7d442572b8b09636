package credential_test

import (
	"encoding/base64"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/session/sessiontest"
)

// people is the room with real sessions beside it.
type people struct {
	*credentialtest.World
	in         *sessiontest.World
	confirming credential.Confirming
	login      credential.Login
	changing   credential.Changing
}

func crowd(t *testing.T) *people {
	t.Helper()
	base := dynamotest.Start(t)
	p := &people{World: credentialtest.New(t, base), in: sessiontest.New(t, base)}
	p.confirming = credential.Confirming{
		DB: p.DB, Verifier: p.Verifier, Raiser: p.in.Raiser, Log: p.in.Log, Outbox: p.in.Outbox, Book: p.Book,
		Activation: func([]byte, time.Time) dynamo.Write {
			return p.in.Log.Write(audit.Entry{Subject: "license", What: "x", At: noon})
		},
	}
	p.login = credential.Login{DB: p.DB, Verifier: p.Verifier, Raiser: p.in.Raiser, Log: p.in.Log}
	p.changing = credential.Changing{DB: p.DB, Registry: p.Registry, Book: p.Book, Log: p.in.Log, Outbox: p.in.Outbox, Ender: p.in.Ender}
	return p
}

// owner is somebody with numbers.
type owner struct {
	*people
	id      account.ID
	name    string
	numbers []phone.Number
}

// owner has as many numbers by text as said, each a day younger than the one before, the last added two days
// before noon; their notices are gone.
func (p *people) owner(t *testing.T, name string, numbers int) *owner {
	t.Helper()
	begin := noon.AddDate(0, 0, -1-numbers)
	found := p.in.Person(t, name, begin)
	o := &owner{people: p, id: found.ID, name: name}
	p.Open(t, o.id, phone.USService, begin, begin)
	for i := range numbers {
		now := begin.AddDate(0, 0, i)
		n := credentialtest.Number(t)
		s := p.in.In(t, name, now)
		if i > 0 {
			s = o.signIn(t, 0, now)
			now = now.Add(time.Minute)
		}
		if _, err := o.add(t, s, n, "", now); err != nil {
			t.Fatal(err)
		}
		o.numbers = append(o.numbers, n)
	}
	o.told(t)
	p.Faults.Clear()
	return o
}

func (o *owner) phoneID(t *testing.T, n phone.Number) string {
	t.Helper()
	for _, p := range o.Find(t, o.id).Phones {
		if p.Number == n {
			return p.ID
		}
	}
	t.Fatalf("the number is not registered")
	return ""
}

// signIn signs in with a code to the i-th number.
func (o *owner) signIn(t *testing.T, i int, now time.Time) session.Session {
	t.Helper()
	return o.through(t, o.numbers[i], now)
}

func (o *owner) through(t *testing.T, n phone.Number, now time.Time) session.Session {
	t.Helper()
	s := o.in.In(t, o.name, now)
	ch, err := o.Sender.Send(t.Context(), credential.Asker{Holder: o.id, Session: s.ID}, o.phoneID(t, n), phone.SMS, now)
	if err != nil {
		t.Fatal(err)
	}
	next, _, err := o.login.Raise(t.Context(), s, credential.Attempt{Challenge: credentialtest.ID(t, ch), Code: o.Code(t, n), From: "192.0.2.1", At: now})
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// add registers a number in a session, in the place of another if one is named.
func (o *owner) add(t *testing.T, s session.Session, n phone.Number, replaces string, now time.Time) (session.Session, error) {
	t.Helper()
	attempt, err := o.ask(t, s, n, replaces, now)
	if err != nil {
		return session.Session{}, err
	}
	next, _, _, err := o.confirming.Confirm(t.Context(), s, attempt)
	return next, err
}

// ask has a code sent to a new number and returns it as it is typed.
func (o *owner) ask(t *testing.T, s session.Session, n phone.Number, replaces string, now time.Time) (credential.Attempt, error) {
	t.Helper()
	ch, err := o.Sender.Enrol(t.Context(), credential.Asker{Holder: o.id, Session: s.ID}, o.Find(t, o.id), credential.Enrolment{
		Number: n, Country: "US", Channel: phone.SMS, Replaces: replaces, Door: s.Door,
	}, now)
	if err != nil {
		return credential.Attempt{}, err
	}
	return credential.Attempt{Challenge: credentialtest.ID(t, ch), Code: o.Code(t, n), From: "192.0.2.1", At: now}, nil
}

func (o *owner) remove(t *testing.T, s session.Session, n phone.Number, now time.Time) error {
	t.Helper()
	return o.changing.Remove(t.Context(), s, o.phoneID(t, n), "192.0.2.1", now)
}

func (o *owner) reject(t *testing.T, token secret.Text, now time.Time) error {
	t.Helper()
	return o.changing.Reject(t.Context(), token, "192.0.2.9", now)
}

// registered lists the numbers that are registered now, in the order in which they were added.
func (o *owner) registered(t *testing.T) []phone.Number {
	t.Helper()
	var all []phone.Number
	for _, p := range o.Find(t, o.id).Phones {
		all = append(all, p.Number)
	}
	return all
}

func (o *owner) has(t *testing.T, numbers ...phone.Number) {
	t.Helper()
	if got := o.registered(t); !slices.Equal(got, numbers) {
		t.Errorf("registered are %d numbers (ending %v), want %d", len(got), got, len(numbers))
	}
}

// letter is a notice as it was told.
type letter struct {
	kind notice.Kind
	to   phone.Number // zero: a mail
	text string
	link secret.Text
}

var tokenIn = regexp.MustCompile(`/phone-changes/reject#token=([A-Za-z0-9_-]+)`)

// told takes the notices about numbers out of the outbox.
func (p *people) told(t *testing.T) []letter {
	t.Helper()
	var all []letter
	for _, kind := range []notice.Kind{notice.KindPhoneAdded, notice.KindPhoneRemoved, notice.KindPhoneReplaced, notice.KindPhonesRestored} {
		for _, taken := range p.in.Mails(t, kind, noon) {
			composed, err := notice.Compose(taken, notice.Facts{Origin: credentialtest.Origin})
			if err != nil {
				t.Fatal(err)
			}
			to, err := taken.Number()
			if err != nil {
				t.Fatal(err)
			}
			l := letter{kind: kind, to: to, text: composed.Text.Reveal()}
			if found := tokenIn.FindStringSubmatch(l.text); found != nil {
				l.link = secret.Text(found[1])
			}
			all = append(all, l)
		}
	}
	return all
}

// link is the one link of the notices since it was asked last.
func (p *people) link(t *testing.T) secret.Text {
	t.Helper()
	var found secret.Text
	for _, l := range p.told(t) {
		if found != "" && l.link != found {
			t.Errorf("notices about one change bear different links")
		}
		found = l.link
	}
	if found == "" {
		t.Fatal("no notice bears a link")
	}
	return found
}

// live tells whether a session is still there.
func (p *people) live(t *testing.T, s session.Session, now time.Time) bool {
	t.Helper()
	_, err := p.in.Sessions.Require(t.Context(), sessiontest.Request(s.Token(), "GET /api/session", "", now))
	return err == nil
}

// frozen tells whether a holder is stopped: no code is sent, none would be taken, and level 1.
func (o *owner) frozen(t *testing.T, now time.Time) bool {
	t.Helper()
	c := o.Find(t, o.id)
	strong := session.Session{Strength: session.PhoneOTP, CodeAt: now}
	return c.State == credential.Frozen && !c.Usable(now) && credential.Level(strong, c, now) == credential.LevelPassword
}

func (p *people) put(t *testing.T, table string, item dynamo.Item) {
	t.Helper()
	name := p.Table(table)
	_, err := p.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: item})
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	must(t, err)
	return b
}
