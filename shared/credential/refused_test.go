package credential_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// item is what is stored of a holder.
func item(t *testing.T, w *credentialtest.World, a credential.Asker) *dynamo.Fields {
	t.Helper()
	found, err := w.DB.Get(t.Context(), w.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(a.Holder[:])})
	must(t, err)
	return dynamo.Read(found)
}

// put sets one attribute of a holder's item.
func put(t *testing.T, w *credentialtest.World, a credential.Asker, name string, v dynamo.Value) {
	t.Helper()
	update, table := "SET #n = :v", w.Table("CREDENTIALS_TABLE")
	must(t, second(w.DB.Update(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &table, Key: dynamo.Item{"p": dynamo.B(a.Holder[:])}, UpdateExpression: &update,
		ExpressionAttributeNames: map[string]string{"#n": name}, ExpressionAttributeValues: dynamo.Item{":v": v},
	})))
}

// details are those of what a change records.
func details(c credential.Change) string {
	var all []map[string]string
	for _, e := range c.Entries() {
		all = append(all, e.Detail)
	}
	return fmt.Sprint(all)
}

// marked checks which sends are marked as refused.
func marked(t *testing.T, what string, w *credentialtest.World, a credential.Asker, want ...string) {
	t.Helper()
	if got := item(t, w, a).MayText("rf"); got != strings.Join(want, " ") {
		t.Errorf("%s: marked %q, want %q", what, got, want)
	}
}

// mark is how a refused send is stored.
func mark(rule, channel string, until time.Time) string {
	return fmt.Sprintf("%s:%s%d", rule, channel, until.Unix())
}

// Somebody who asks a hundred times while he is refused writes once.
func TestARefusedSendIsMarkedOnce(t *testing.T) {
	w, a, id, _ := active(t)
	must(t, second(w.Sender.Send(t.Context(), a, id, "", noon)))
	w.Faults.Clear()
	end := noon.Add(30 * time.Second)
	for i := range 100 {
		channel := phone.SMS
		if i%2 == 1 {
			channel = phone.Voice
		}
		if err := second(w.Sender.Send(t.Context(), a, id, channel, noon.Add(time.Duration(i)*300*time.Millisecond))); !errors.Is(err, otp.ErrTooSoon) {
			t.Fatalf("%d: %v", i, err)
		}
	}
	if calls := len(w.Faults.Asked()); calls != 101 {
		t.Errorf("%d calls, want one a refusal and one for the mark", calls)
	}
	marked(t, "a hundred refusals", w, a, mark(otp.RuleGap, "s", end))
	must(t, second(w.Sender.Send(t.Context(), a, id, "", end)))
	marked(t, "a send at the very end of the gap", w, a)
	if err := second(w.Sender.Send(t.Context(), a, id, phone.Voice, end)); !errors.Is(err, otp.ErrTooSoon) {
		t.Fatal(err)
	}
	marked(t, "the next gap", w, a, mark(otp.RuleGap, "v", end.Add(time.Minute)))
}

// Each rule is marked beside the others; whoever changes from one to the other writes nothing more.
func TestEveryRuleOfASendIsMarked(t *testing.T) {
	w, a, id, n := active(t)
	now := noon
	for range otp.CallsKept {
		must(t, second(w.Sender.Send(t.Context(), a, id, phone.Voice, now)))
		now = now.Add(2 * time.Minute)
	}
	calls := mark(otp.RuleCalls, "v", noon.Add(time.Hour))
	ask := func(channel phone.Channel, now time.Time) {
		t.Helper()
		if err := second(w.Sender.Send(t.Context(), a, id, channel, now)); err == nil {
			t.Fatal("sent")
		}
	}
	ask(phone.Voice, now)
	marked(t, "a fourth call", w, a, calls)
	ask(phone.SMS, now.Add(-time.Minute))
	both := []string{calls, mark(otp.RuleGap, "s", now)}
	marked(t, "a text too soon", w, a, both...)
	w.Faults.Clear()
	for range 5 {
		ask(phone.Voice, now.Add(-time.Second))
		ask(phone.SMS, now.Add(-time.Second))
	}
	if asked := w.Faults.Asked(); len(asked) != 10 {
		t.Errorf("%d calls", len(asked))
	}
	marked(t, "by turns", w, a, both...)

	for range 2 {
		must(t, second(w.Sender.Send(t.Context(), a, id, phone.SMS, now)))
		now = now.Add(2 * time.Minute)
	}
	ask(phone.SMS, now)
	sends := mark(otp.RuleSends, "s", noon.Add(15*time.Minute))
	marked(t, "a sixth send", w, a, sends)
	ask(phone.SMS, noon.Add(15*time.Minute-time.Millisecond))
	marked(t, "to its very end", w, a, sends)

	code := w.Code(t, n)
	now = noon.Add(15 * time.Minute)
	for range 2 {
		ch, err := w.Sender.Send(t.Context(), a, id, "", now)
		must(t, err)
		for range otp.Tries {
			_ = try(t, w, a, credentialtest.ID(t, ch), credentialtest.Wrong(code), now)
		}
		now = now.Add(2 * time.Minute)
	}
	ask(phone.SMS, now)
	marked(t, "a lock", w, a, mark(otp.RuleWrongCodes, "s", now.Add(28*time.Minute)))
}

// A lock that only support lifts has no end.
func TestARefusalWithoutAnEnd(t *testing.T) {
	w, a, id, _ := active(t)
	put(t, w, a, "lk", dynamo.Ms(otp.Never))
	for range 2 {
		if err := second(w.Sender.Send(t.Context(), a, id, "", noon)); !errors.Is(err, otp.ErrLocked) {
			t.Fatal(err)
		}
	}
	marked(t, "off for good", w, a, mark(otp.RuleWrongCodes, "s", otp.Never.Add(time.Second)))
	entries := credential.Change{New: credential.Image{Refused: item(t, w, a).MayText("rf")}}
	if got := details(entries); got != "[map[channel:sms rule:wrong-codes until:support acts]]" {
		t.Error(got)
	}
}

// What enrolment alone is refused for, with the limits of numbers over all accounts.
func TestRefusedEnrolmentsAreMarked(t *testing.T) {
	w := gated(t, 2, 1000)
	a := asker("grace")
	a.From = "192.0.2.1"
	w.Open(t, a.Holder, phone.USService, noon, noon)
	for i := range 2 {
		must(t, ask(t, w, i, "192.0.2.1", number(t, fmt.Sprintf("+1202%d550100", 300+i)), "US", noon))
	}
	n, now := number(t, "+12023990100"), noon.Add(time.Minute)
	w.Faults.Clear()
	for range 3 {
		_, err := w.Enrol(t, a, n, phone.SMS, now)
		ruledBy(t, "from a busy address", err, otp.RuleAddress, noon.Add(time.Hour))
	}
	address := mark(otp.RuleAddress, "s", noon.Add(time.Hour))
	marked(t, "from a busy address", w, a, address)
	if n := updates(w); n != 1 {
		t.Errorf("%d marks", n)
	}
	for i := range 5 {
		must(t, ask(t, w, i, fmt.Sprintf("198.51.100.%d", i), n, "US", now))
	}
	a.From = "198.51.100.9"
	_, err := w.Enrol(t, a, n, phone.Voice, now)
	ruledBy(t, "a number that many ask for", err, otp.RuleNumber, now.Add(time.Hour))
	marked(t, "a number that many ask for", w, a, address, mark(otp.RuleNumber, "v", now.Add(time.Hour)))

	// At its end the mark is over: the same rule begins another spell.
	a.From, now = "192.0.2.1", noon.Add(time.Hour)
	for i := range 2 {
		must(t, ask(t, w, i, "192.0.2.1", number(t, fmt.Sprintf("+1202%d550101", 300+i)), "US", now))
	}
	_, err = w.Enrol(t, a, number(t, "+12023990101"), phone.SMS, now)
	ruledBy(t, "in the next hour", err, otp.RuleAddress, now.Add(time.Hour))
	marked(t, "in the next hour", w, a, mark(otp.RuleNumber, "v", noon.Add(61*time.Minute)), mark(otp.RuleAddress, "s", now.Add(time.Hour)))

	must(t, second(w.Enrol(t, asker2(a), n, phone.SMS, noon.Add(61*time.Minute))))
	marked(t, "a send", w, a)
	_, err = w.Enrol(t, a, n, phone.SMS, noon.Add(61*time.Minute))
	if !errors.Is(err, otp.ErrTooSoon) {
		t.Fatal(err)
	}
	marked(t, "the gap", w, a, mark(otp.RuleGap, "s", noon.Add(61*time.Minute+30*time.Second)))
}

// A limit that ends within a second is marked to that second's end: once, to the last moment.
func TestAMarkHoldsToTheEndOfItsSecond(t *testing.T) {
	w := gated(t, 1, 1000)
	a, odd := asker("grace"), noon.Add(-500*time.Millisecond)
	a.From = "192.0.2.1"
	w.Open(t, a.Holder, phone.USService, noon, noon)
	must(t, ask(t, w, 1, a.From, number(t, "+12023550100"), "US", odd))
	w.Faults.Clear()
	for i := range 5 {
		_, err := w.Enrol(t, a, number(t, "+12023990100"), phone.SMS, odd.Add(time.Hour-time.Duration(i+1)*time.Millisecond))
		ruledBy(t, "at the end", err, otp.RuleAddress, odd.Add(time.Hour))
	}
	if n := updates(w); n != 1 {
		t.Errorf("%d marks", n)
	}
	marked(t, "at the end", w, a, mark(otp.RuleAddress, "s", noon.Add(time.Hour)))
}

// asker2 asks from another address.
func asker2(a credential.Asker) credential.Asker { a.From = "203.0.113.1"; return a }

// updates counts the updates of items since the last Clear.
func updates(w *credentialtest.World) (n int) {
	for _, operation := range w.Faults.Asked() {
		if operation == "UpdateItem" {
			n++
		}
	}
	return n
}

// A day whose spend is used up refuses before the credential is read: one read more, and one write for the day.
func TestASendOnADayWithoutMoneyIsMarked(t *testing.T) {
	w := gated(t, 1000, 1)
	a := asker("grace")
	id, _ := w.Active(t, a, noon.Add(-time.Hour))
	w.Sender.Gate.Stops.Mark("spend#2026-06-01", noon.Add(12*time.Hour))
	must(t, w.Sender.Gate.Stops.Refresh(t.Context(), noon))
	w.Faults.Clear()
	for range 10 {
		ruledBy(t, "a login", second(w.Sender.Send(t.Context(), a, id, "", noon)), otp.RuleSpend, noon.Add(12*time.Hour))
	}
	marked(t, "a login", w, a, mark(otp.RuleSpend, "s", noon.Add(12*time.Hour)))
	if n := updates(w); n != 1 || len(w.Faults.Asked()) != 12 { // one of the reads is this test's
		t.Errorf("%d updates of %v", n, w.Faults.Asked())
	}
	w.Faults.Clear()
	for name, phoneID := range map[string]string{"an unknown phone": "00000000", "no phone": "x"} {
		if err := second(w.Sender.Send(t.Context(), a, phoneID, "", noon)); err == nil {
			t.Errorf("%s: sent", name)
		}
	}
	nobody := asker("nobody")
	ruledBy(t, "without a credential", second(w.Sender.Send(t.Context(), nobody, id, "", noon)), otp.RuleSpend, noon.Add(12*time.Hour))
	if n := updates(w); n != 0 || w.Find(t, nobody.Holder) != nil {
		t.Errorf("%d updates for sends that concern no phone", n)
	}
	must(t, second(w.Sender.Send(t.Context(), a, id, "", noon.Add(12*time.Hour))))
	marked(t, "the next day", w, a)
}

// The mark may be lost, come late, meet a dead table or a slow one: the answer stays.
func TestTroubleWithAMarkChangesNoAnswer(t *testing.T) {
	gap := mark(otp.RuleGap, "s", noon.Add(30*time.Second))
	for name, row := range map[string]struct {
		fault dynamotest.Fault
		later bool // every call from the mark on
		want  []string
	}{
		"the answer is lost":      {dynamotest.CutReply, false, []string{gap}},
		"a crash before the mark": {dynamotest.CutRequest, true, nil},
		"throttled":               {dynamotest.Throttle, true, nil},
		"failing":                 {dynamotest.ServerFail, true, nil},
		"slow":                    {dynamotest.Hang, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w, a, id, _ := active(t)
			must(t, second(w.Sender.Send(t.Context(), a, id, "", noon)))
			if row.later {
				w.Faults.FromCall(1, row.fault)
			} else {
				w.Faults.OnCall(1, row.fault)
			}
			begun := time.Now()
			err := second(w.Sender.Send(t.Context(), a, id, "", noon))
			w.Faults.Clear()
			if !errors.Is(err, otp.ErrTooSoon) || time.Since(begun) > 4*time.Second {
				t.Errorf("after %v: %v", time.Since(begun), err)
			}
			marked(t, name, w, a, row.want...)
			_ = second(w.Sender.Send(t.Context(), a, id, "", noon.Add(time.Second)))
			marked(t, "the next refusal", w, a, gap)
		})
	}
}

func TestTroubleOnADayWithoutMoneyChangesNoAnswer(t *testing.T) {
	w := gated(t, 1000, 1)
	a := asker("grace")
	id, _ := w.Active(t, a, noon.Add(-time.Hour))
	w.Sender.Gate.Stops.Mark("spend#2026-06-01", noon.Add(12*time.Hour))
	for _, trouble := range []dynamotest.Fault{dynamotest.Throttle, dynamotest.ServerFail, dynamotest.CutRequest} {
		must(t, w.Sender.Gate.Stops.Refresh(t.Context(), noon))
		w.Faults.FromCall(0, trouble)
		ruledBy(t, "a login", second(w.Sender.Send(t.Context(), a, id, "", noon)), otp.RuleSpend, noon.Add(12*time.Hour))
		w.Faults.Clear()
	}
	marked(t, "in trouble", w, a)
}

// Refusals at once by two rules leave each mark once.
func TestRefusalsAtOnce(t *testing.T) {
	w, a, id, _ := active(t)
	now := noon
	for range otp.CallsKept {
		must(t, second(w.Sender.Send(t.Context(), a, id, phone.Voice, now)))
		now = now.Add(2 * time.Minute)
	}
	now = now.Add(-time.Minute)
	run(t, 40, func(i int) {
		if err := second(w.Sender.Send(t.Context(), a, id, []phone.Channel{phone.SMS, phone.Voice}[i%2], now)); !errors.Is(err, otp.ErrTooSoon) && !errors.Is(err, otp.ErrLimit) {
			t.Error(err)
		}
	})
	got := strings.Fields(item(t, w, a).MayText("rf"))
	if gap, calls := mark(otp.RuleGap, "s", now.Add(time.Minute)), mark(otp.RuleCalls, "v", noon.Add(time.Hour)); len(got) != 2 ||
		got[0] != gap && got[1] != gap || got[0] != calls && got[1] != calls {
		t.Errorf("marked %q", got)
	}
}

// A code that is sent between a refusal and its mark ends what held it back: the late mark must not hold the next one's place.
func TestAMarkThatComesLate(t *testing.T) {
	w, a, id, n := active(t)
	ch, err := w.Sender.Send(t.Context(), a, id, "", noon)
	must(t, err)
	code, between := w.Code(t, n), false
	w.Faults.Script(func(call int, _ dynamotest.Call) dynamotest.Fault {
		if call == 1 && !between { // the mark is on its way: a right code ends the gap, another is asked for
			between = true
			must(t, login(t, w, a, credentialtest.ID(t, ch), code, noon))
			must(t, second(w.Sender.Send(t.Context(), a, id, "", noon.Add(time.Second))))
		}
		return dynamotest.None
	})
	if err := second(w.Sender.Send(t.Context(), a, id, "", noon)); !errors.Is(err, otp.ErrTooSoon) {
		t.Fatal(err)
	}
	w.Faults.Clear()
	marked(t, "late", w, a)
	_ = second(w.Sender.Send(t.Context(), a, id, "", noon.Add(2*time.Second)))
	marked(t, "the new gap", w, a, mark(otp.RuleGap, "s", noon.Add(31*time.Second)))
}

// A credential that takes the place of a dead one begins without marks.
func TestMarksEndWithTheirCredential(t *testing.T) {
	w, a, id, _ := active(t)
	must(t, second(w.Sender.Send(t.Context(), a, id, "", noon)))
	_ = second(w.Sender.Send(t.Context(), a, id, "", noon))
	marked(t, "refused", w, a, mark(otp.RuleGap, "s", noon.Add(30*time.Second)))
	must(t, w.DB.Commit(t.Context(), w.Registry.Revoking(w.Find(t, a.Holder))))
	must(t, w.DB.Commit(t.Context(), w.Registry.Open(credential.Opening{
		Holder: a.Holder, License: append([]byte{2}, make([]byte, 32)...), Product: "us", Service: phone.USService, PurchasedAt: noon,
	}, noon)))
	marked(t, "another credential", w, a)
}

// What a later version stored is kept out of the way.
func TestUnreadableMarks(t *testing.T) {
	w, a, id, _ := active(t)
	must(t, second(w.Sender.Send(t.Context(), a, id, "", noon)))
	put(t, w, a, "rf", dynamo.S("gap gap: gap:s gap:sx :s1 quota:s1795608000"))
	if err := second(w.Sender.Send(t.Context(), a, id, "", noon)); !errors.Is(err, otp.ErrTooSoon) {
		t.Fatal(err)
	}
	marked(t, "beside others", w, a, "quota:s1795608000", mark(otp.RuleGap, "s", noon.Add(30*time.Second)))
	c := credential.Change{Old: credential.Image{Refused: "gap:s1"}, New: credential.Image{Refused: "gap:s1 gap: calls:x2 gap:v1"}}
	if got := details(c); got != "[map[channel:unknown rule:calls until:1970-01-01T00:00:02Z] map[channel:voice rule:gap until:1970-01-01T00:00:01Z]]" {
		t.Error(got)
	}
}
