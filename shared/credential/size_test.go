package credential_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// The sizes of quality.md 1 row 3, in bytes.
const (
	mustOnePhone  = 1024
	mustWorstCase = 2048
)

func size(t *testing.T, w *credentialtest.World, a credential.Asker) int {
	t.Helper()
	item, err := w.DB.Get(t.Context(), w.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(a.Holder[:])})
	if err != nil {
		t.Fatal(err)
	}
	return dynamo.Size(item)
}

// odd is an instant whose milliseconds take all their digits.
func odd(i int) time.Time { return noon.Add(time.Duration(i)*3*time.Hour + 123*time.Millisecond) }

// allRefused are marks of sends that every rule refused, allEarlier those of tries that all were earlier codes.
func allRefused() dynamo.Value {
	var marks []string
	for _, rule := range []string{
		otp.RuleGap, otp.RuleSends, otp.RuleCalls, otp.RuleWrongCodes, otp.RuleNumber, otp.RuleNewNumbers, otp.RuleAddress, otp.RulePrefix, otp.RuleCountry, otp.RuleSpend,
	} {
		marks = append(marks, mark(rule, "s", odd(1)))
	}
	return dynamo.S(strings.Join(marks, " "))
}

func allEarlier() dynamo.Value {
	var tries []dynamo.Value
	for i := range otp.Tries {
		tries = append(tries, dynamo.N(i+1))
	}
	return dynamo.L(tries...)
}

func TestTheItemOfAOnePhoneHolderCostsOneUnit(t *testing.T) {
	w, a := world(t), asker("grace")
	id, _ := w.Active(t, a, odd(0))
	var last otp.ID
	for i := range otp.SendsKept + 3 { // every ring full, two earlier challenges
		ch, err := w.Sender.Send(t.Context(), a, id, phone.SMS, odd(i+1))
		if err != nil {
			t.Fatal(err)
		}
		last = credentialtest.ID(t, ch)
	}
	for i := range otp.CallsKept {
		ch, err := w.Sender.Send(t.Context(), a, id, phone.Voice, odd(30+i))
		if err != nil {
			t.Fatal(err)
		}
		last = credentialtest.ID(t, ch)
	}
	_ = try(t, w, a, last, "999999", odd(32))
	figures.AtMost(t, 3, "credential item, one phone, rings full, bytes", float64(size(t, w, a)), mustOnePhone)
	put(t, w, a, "rf", allRefused())
	put(t, w, a, "ec", allEarlier())
	figures.AtMost(t, 3, "the same, refused by every rule, every try an earlier code", float64(size(t, w, a)), mustOnePhone)
}

func TestTheWorstItemCostsTwoUnits(t *testing.T) {
	w, a := world(t), asker("grace")
	w.Open(t, a.Holder, phone.InternationalService, odd(0), odd(0))
	longest := func(i int) phone.Number {
		n, err := phone.FromE164(fmt.Sprintf("+49%013d", 1_511_234_567_890+int64(i)))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	day := 24 * time.Hour
	for i := range 3 {
		now := odd(0).Add(time.Duration(i) * day)
		ch, err := w.Sender.Enrol(t.Context(), a, w.Find(t, a.Holder), credential.Enrolment{Number: longest(i), Country: "DE", Channel: phone.Voice}, now)
		if err != nil {
			t.Fatal(err)
		}
		claimed, err := w.Claimer.Claim(t.Context(), w.Order(t), now)
		if err != nil {
			t.Fatal(err)
		}
		right, err := w.Verifier.Try(t.Context(), a, otp.Enrolment, credentialtest.ID(t, ch), claimed.Code, now)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Commit(t.Context(), w.Verifier.Confirm(right).Write); err != nil {
			t.Fatal(err)
		}
	}
	item, err := w.DB.Get(t.Context(), w.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(a.Holder[:])})
	if err != nil {
		t.Fatal(err)
	}
	phones := dynamo.Read(item).Map("ph")
	pending := dynamo.Item{}
	for _, id := range phones.Names() {
		one := phones.Map(id)
		pending = dynamo.Item{"i": dynamo.S(id), "n": dynamo.B(one.Bytes("n")), "x": dynamo.B(one.Bytes("x")), "c": dynamo.S("v"), "r": dynamo.S("DE"), "a": dynamo.Ms(odd(1)), "re": dynamo.S(id)}
	}
	core := make([]byte, len(dynamo.Read(item).Bytes("c")))
	ring := func(n int) dynamo.Value {
		var list []dynamo.Value
		for i := range n {
			list = append(list, dynamo.Ms(odd(i)))
		}
		return dynamo.L(list...)
	}
	full := dynamo.Item{
		"pe": dynamo.M(pending), "pr": dynamo.S("intl-proofed"), "rg": dynamo.S("intl"), "pf": dynamo.Bool(true), "pm": dynamo.S("video"),
		"o": dynamo.L(dynamo.B(core), dynamo.B(core)), "r": ring(otp.SendsKept), "k": ring(otp.CallsKept),
		"te": dynamo.N(10), "na": dynamo.Ms(odd(1)), "f": dynamo.N(49), "lk": dynamo.Ms(odd(2)), "ls": dynamo.Ms(odd(2)), "lw": dynamo.N(49),
		"wn": dynamo.N(60), "we": dynamo.Ms(odd(3)), "mc": dynamo.Ms(odd(3)), "hn": dynamo.N(199), "hd": dynamo.N(199),
		"an": dynamo.B(make([]byte, 8)), "aa": dynamo.Ms(odd(1)), "ro": dynamo.S("SO-00000000"), "rf": allRefused(), "ec": allEarlier(),
	}
	maps.Copy(item, full)
	got := dynamo.Size(item)
	figures.AtMost(t, 3, "credential item, worst case, bytes", float64(got), mustWorstCase)
}
