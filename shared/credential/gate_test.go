package credential_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/limit"
	"phoneotp/shared/metric"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// gated is the world with a gate of given settings, whose environment reads what is stopped once a minute.
func gated(t *testing.T, perAddress, dailySpend int) *credentialtest.World {
	t.Helper()
	w := world(t)
	w.Sender.Gate = credential.Gate{
		Counters: limit.Counters{DB: w.DB, Table: w.Table("LIMITS_TABLE")}, Stops: limit.NewStops(w.DB, w.Table("LIMITS_TABLE"), otp.StopsEvery),
		PerAddress: perAddress, DailySpend: dailySpend,
	}
	return w
}

// ruledBy checks that a send was refused by a limit until an instant; the zero instant is not compared.
func ruledBy(t *testing.T, what string, err error, rule string, until time.Time) {
	t.Helper()
	f, _ := fault.Of(err)
	if !errors.Is(err, otp.ErrLimit) || f.Extra["rule"] != rule || f.Detail == "" || f.RetryAt.IsZero() || !until.IsZero() && !f.RetryAt.Equal(until) {
		t.Errorf("%s: %v, %+v; want %s until %s", what, err, f, rule, until)
	}
}

// ask sends to a new number of somebody who never asked before.
func ask(t *testing.T, w *credentialtest.World, i int, from string, n phone.Number, country string, now time.Time) error {
	t.Helper()
	a := credential.Asker{Holder: asker(fmt.Sprint("pump", i)).Holder, Session: "s", From: from}
	return w.Sender.Gate.Unconfirmed(t.Context(), a, w.Registry.Numbers.Index(n), credential.Enrolment{Number: n, Country: country, Channel: phone.SMS}, phone.SMS, true, now)
}

func number(t *testing.T, e164 string) phone.Number {
	t.Helper()
	n, err := phone.FromE164(e164)
	must(t, err)
	return n
}

func TestSendsToNewNumbersFromOneAddress(t *testing.T) {
	w := gated(t, 3, 1000)
	for i := range 3 {
		must(t, ask(t, w, i, fmt.Sprintf("2001:db8::%d", i), number(t, fmt.Sprintf("+1202%d550100", 300+i)), "US", noon))
	}
	n := number(t, "+12023990100")
	ruledBy(t, "a fourth", ask(t, w, 4, "2001:db8::9", n, "US", noon.Add(time.Minute)), otp.RuleAddress, noon.Add(time.Hour))
	must(t, ask(t, w, 4, "192.0.2.7", n, "US", noon.Add(time.Minute)))
	must(t, ask(t, w, 5, "2001:db8::9", n, "US", noon.Add(time.Hour)))
}

func TestOneNumberOverManyAccounts(t *testing.T) {
	w := gated(t, 1000, 1000)
	n := number(t, "+12023550100")
	for i := range 5 {
		must(t, ask(t, w, i, "192.0.2.1", n, "US", noon))
	}
	ruledBy(t, "a sixth", ask(t, w, 6, "192.0.2.1", n, "US", noon), otp.RuleNumber, noon.Add(time.Hour))
}

// What new numbers may cost a day: 30 percent of the ceiling in the US, counted before they are sent; registered ones are
// not touched by it.
func TestTheSpendOfNewNumbers(t *testing.T) {
	w := gated(t, 100_000, 4) // 1,200 thousandths, in 4 purses of 300
	sent := 0
	for i := range 120 {
		err := ask(t, w, i, "192.0.2.1", number(t, fmt.Sprintf("+1202%d55%04d", 2+i%7, i)), "US", noon)
		if err == nil {
			sent++
			continue
		}
		ruledBy(t, "the spend", err, otp.RuleSpend, noon.Add(12*time.Hour))
	}
	if cost := sent * otp.Price(phone.SMS, "US"); cost > 1200 || cost < 600 {
		t.Errorf("%d sends cost %d thousandths", sent, cost)
	}
	w.Faults.Clear()
	_ = ask(t, w, 400, "192.0.2.1", number(t, "+12023550100"), "US", noon.Add(30*time.Second))
	if calls := w.Faults.Asked(); len(calls) != 0 {
		t.Errorf("an environment that knows asks %v", calls)
	}
	must(t, ask(t, w, 500, "192.0.2.1", number(t, "+12023550100"), "US", noon.Add(12*time.Hour)))
	if err := w.Sender.Gate.Confirmed(t.Context(), noon); err != nil {
		t.Errorf("a confirmed number: %v", err)
	}
}

// meter counts as credential-stream does.
func meter(w *credentialtest.World, dailySpend int) credential.Meter {
	return credential.Meter{
		Tallies: limit.Tallies{DB: w.DB, Table: w.Table("LIMITS_TABLE")}, Numbers: w.Registry.Numbers, DailySpend: dailySpend,
		Metrics: metric.Counter{Namespace: "test"},
	}
}

// enrolment are the changes of the stream about a code to a new number: sent, and answered if it was.
func enrolment(t *testing.T, w *credentialtest.World, i int, n phone.Number, country string, answered bool, now time.Time) []credential.Change {
	t.Helper()
	holder := asker(fmt.Sprint("pump", i)).Holder
	id, sealed := w.Registry.Numbers.Sealed(t, holder, n)
	challenge := otp.NewID()
	to := credential.Target{ID: id, Country: country, Pending: true, Sealed: sealed}
	sent := credential.Image{Challenge: challenge, Channel: "s", Target: to, SentAt: now}
	changes := []credential.Change{{Holder: holder, At: now, New: sent}}
	if answered {
		used := sent
		used.Used, used.Target = true, credential.Target{ID: id, Country: country}
		changes = append(changes, credential.Change{Holder: holder, At: now.Add(20 * time.Second), Old: sent, New: used})
	}
	return changes
}

func TestAPrefixAndACountryStop(t *testing.T) {
	w := gated(t, 100_000, 1000)
	m := meter(w, 1000)
	must(t, w.Sender.Gate.Confirmed(t.Context(), noon)) // the environment reads now
	var changes []credential.Change
	for i := range otp.PrefixConversion.Burst {
		changes = append(changes, enrolment(t, w, i, number(t, fmt.Sprintf("+1202355%04d", i)), "US", i%10 == 0, noon)...)
	}
	must(t, m.Count(t.Context(), changes))
	same, other := number(t, "+12023559999"), number(t, "+12023569999")
	must(t, ask(t, w, 900, "192.0.2.1", same, "US", noon.Add(59*time.Second))) // not known yet
	now := noon.Add(time.Minute)
	end := otp.CeilSecond(noon.Add(20 * time.Second).Add(otp.PrefixConversion.Stop)) // the batch was counted as of its last change
	ruledBy(t, "the prefix", ask(t, w, 901, "192.0.2.1", same, "US", now), otp.RulePrefix, end)
	must(t, ask(t, w, 902, "192.0.2.1", other, "US", now))

	// A country stops where its prefixes do not, since each has too few.
	changes = nil
	for i := range otp.CountryConversion.Burst {
		changes = append(changes, enrolment(t, w, i, number(t, fmt.Sprintf("+4915%03d0%04d", i, i)), "DE", false, now)...)
	}
	must(t, m.Count(t.Context(), changes))
	now = now.Add(time.Hour - time.Second)
	ruledBy(t, "the country", ask(t, w, 904, "192.0.2.1", number(t, "+4930901820"), "DE", now), otp.RuleCountry, now.Add(time.Second))
	must(t, ask(t, w, 905, "192.0.2.1", number(t, "+33140000000"), "FR", now))
	must(t, ask(t, w, 906, "192.0.2.1", number(t, "+4930901820"), "DE", now.Add(time.Minute)))
	must(t, ask(t, w, 903, "192.0.2.1", same, "US", end))
}

// At the ceiling of a day everything stops, and the next day goes on.
func TestTheSpendOfADay(t *testing.T) {
	w := gated(t, 100_000, 1)
	m := meter(w, 1)
	a := asker("grace")
	id, n := w.Active(t, a, noon.Add(-time.Hour))
	var changes []credential.Change
	for range 1000/otp.Price(phone.SMS, "US") + 1 { // to a confirmed number, whoever made that possible
		changes = append(changes, credential.Change{Holder: a.Holder, At: noon, New: credential.Image{
			Challenge: otp.NewID(), Channel: "s", Target: credential.Target{ID: id, Country: "US"}, SentAt: noon,
		}})
	}
	must(t, m.Count(t.Context(), changes[1:]))
	must(t, second(w.Sender.Send(t.Context(), a, id, "", noon)))
	must(t, m.Count(t.Context(), changes[:1]))
	before := len(w.Texts(t, n))
	_, err := w.Sender.Send(t.Context(), a, id, "", noon.Add(2*time.Minute))
	ruledBy(t, "a registered number", err, otp.RuleSpend, noon.Add(12*time.Hour))
	ruledBy(t, "a new number", ask(t, w, 1, "192.0.2.1", number(t, "+12023550100"), "US", noon.Add(2*time.Minute)), otp.RuleSpend, noon.Add(12*time.Hour))
	if len(w.Texts(t, n)) != before {
		t.Error("a text went out")
	}
	must(t, second(w.Sender.Send(t.Context(), a, id, "", noon.Add(12*time.Hour))))
}

// TestCountersThatStruggle: then nothing goes to new numbers, codes to registered ones still do, and no code is
// accepted whose try cannot be reserved (product.md 6).
func TestCountersThatStruggle(t *testing.T) {
	for _, trouble := range []dynamotest.Fault{dynamotest.Throttle, dynamotest.CutRequest, dynamotest.ServerFail} {
		w := gated(t, 1000, 1000)
		a := asker("grace")
		id, n := w.Active(t, a, noon.Add(-time.Hour))
		ch, err := w.Sender.Send(t.Context(), a, id, "", noon)
		must(t, err)
		code := w.Code(t, n)
		for from := range 2 { // the list of what is stopped, then the counters themselves
			fresh := credentialtest.Number(t)
			w.Sender.Gate.Stops = limit.NewStops(w.DB, w.Table("LIMITS_TABLE"), otp.StopsEvery)
			w.Faults.Clear()
			w.Faults.FromCall(from, trouble)
			err := ask(t, w, 7, "192.0.2.1", fresh, "US", noon)
			w.Faults.Clear()
			if !errors.Is(err, dynamo.ErrUnavailable) && !errors.Is(err, dynamo.ErrBusy) {
				t.Errorf("%v from call %d: a new number: %v", trouble, from, err)
			}
		}
		w.Sender.Gate.Stops = limit.NewStops(w.DB, w.Table("LIMITS_TABLE"), otp.StopsEvery)
		w.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
			if c.Operation == "GetItem" { // of the list; the credential is updated
				return trouble
			}
			return dynamotest.None
		})
		_, err = w.Sender.Send(t.Context(), a, id, "", noon.Add(time.Minute))
		w.Faults.Clear()
		if err != nil {
			t.Errorf("%v: a registered number: %v", trouble, err)
		}
		w.Faults.FromCall(0, trouble)
		err = try(t, w, a, credentialtest.ID(t, ch), code, noon)
		w.Faults.Clear()
		if !errors.Is(err, dynamo.ErrUnavailable) {
			t.Errorf("%v: a code: %v", trouble, err)
		}
	}
}

// TestSendsCostNoCallMore: what is stopped is read once a minute, whatever is sent.
func TestSendsCostNoCallMore(t *testing.T) {
	w := gated(t, 1000, 1000)
	a := asker("grace")
	id, _ := w.Active(t, a, noon.Add(-time.Hour))
	w.Faults.Clear()
	reads := 0
	for i := range 4 {
		must(t, second(w.Sender.Send(t.Context(), a, id, "", noon.Add(time.Duration(i)*2*time.Minute))))
		must(t, w.Sender.Gate.Confirmed(t.Context(), noon.Add(time.Duration(i)*2*time.Minute+59*time.Second)))
	}
	for _, c := range w.Faults.Asked() {
		if strings.HasPrefix(c, "GetItem") {
			reads++
		}
	}
	if calls := len(w.Faults.Asked()); calls != 12 || reads != 4 {
		t.Errorf("%d calls, %d of them reads; want 3 a send, with a minute between", calls, reads)
	}
}
