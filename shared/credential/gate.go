package credential

import (
	"context"
	"crypto/rand"
	"strconv"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/fault"
	"phoneotp/shared/limit"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// The limits of unconfirmed numbers (product.md 6): what one may be sent over all accounts, and how many one
// holder may try.
var (
	perNumber  = limit.Rule{Name: "send-number", Max: otp.NumberSends, Window: otp.NumberSpan}
	newNumbers = limit.Rule{Name: "new-numbers", Max: otp.NewNumbers, Window: otp.NewNumbersSpan}

	prefixes  = breaker("prefix", otp.PrefixConversion)
	countries = breaker("country", otp.CountryConversion)
)

func breaker(name string, c otp.Conversion) limit.Breaker {
	return limit.Breaker{Name: name, Sends: c.Sends, Percent: c.Percent, Burst: c.Burst, Window: c.Window, Settle: c.Settle, Stop: c.Stop}
}

// Gate is what a send passes beside the holder's own limits. Numbers are confirmed when their holder entered a
// code that went to them; others are what somebody aims at who has texts sent for the money in them.
//
//   - A send to an unconfirmed number counts before it is made: by number, by holder, by address, and by what it
//     costs. It fails closed: when the counters struggle nothing is sent.
//   - It is refused while its prefix or its country is stopped (the breakers, Meter).
//   - Every send is refused while the day's spend is used up; one to a confirmed number is not counted before it
//     is made, but by the table's stream, so that it costs no call.
type Gate struct {
	Counters   limit.Counters
	Stops      *limit.Stops
	PerAddress int // sends to unconfirmed numbers in otp.AddressSpan from one address
	DailySpend int // USD
}

// purses split what may be spent in a day and a zone, so that the sends of that day do not all wait for one
// counter. A send tries so many of them as triesOfPurses says.
const (
	purses        = 4
	triesOfPurses = 3
)

// Confirmed tells whether a code may be sent to a confirmed number: nil or otp.ErrLimit. It goes by what was
// known last when that cannot be read anew: nobody is shut out because counters struggle.
func (g Gate) Confirmed(ctx context.Context, now time.Time) error {
	_ = g.Stops.Refresh(ctx, now) // it logs
	return g.stopped(spendKey(now), otp.RuleSpend, becauseSpend, now)
}

// Unconfirmed tells whether a code may be sent to a number that its holder has not confirmed, and counts it:
// nil or otp.ErrLimit with the rule and when it ends; dynamo.ErrUnavailable or ErrBusy when that cannot be told.
func (g Gate) Unconfirmed(ctx context.Context, a Asker, index []byte, e Enrolment, by phone.Channel, isNew bool, now time.Time) error {
	if err := g.Stops.Refresh(ctx, now); err != nil {
		return err
	}
	for _, stop := range []struct{ key, rule, because string }{
		{spendKey(now), otp.RuleSpend, becauseSpend},
		{prefixes.Key(prefixOf(e.Number)), otp.RulePrefix, becausePrefix},
		{countries.Key(e.Country), otp.RuleCountry, becauseCountry},
	} {
		if err := g.stopped(stop.key, stop.rule, stop.because, now); err != nil {
			return err
		}
	}
	uses := []limit.Use{
		{Rule: perNumber, Subject: string(index), Fault: ruled(otp.RuleNumber, becauseNumber)},
		{Rule: g.address(), Subject: limit.Address(a.From), Fault: ruled(otp.RuleAddress, becauseAddress)},
	}
	if isNew {
		uses = append(uses, NewNumberTries(a.Holder))
	}
	return g.pay(ctx, uses, otp.Price(by, e.Country), e.Country, now)
}

// pay counts the uses with the send's price, from one purse or another of each zone that the country lies in.
// Where all that it tries are empty, this environment remembers that until midnight.
func (g Gate) pay(ctx context.Context, uses []limit.Use, price int, country string, now time.Time) error {
	zones := otp.ZonesOf(country)
	for _, z := range zones {
		if err := g.stopped(purseKey(z, now), otp.RuleSpend, becauseUnconfirmedSpend, now); err != nil {
			return err
		}
	}
	first := make([]byte, 1)
	_, _ = rand.Read(first) // never fails
	empty := 0
	for i := range triesOfPurses {
		all := uses[:len(uses):len(uses)]
		for n, z := range zones {
			purse := limit.Rule{Name: "spend", Max: g.DailySpend * 1000 * z.Percent / 100 / purses, Window: 24 * time.Hour}
			all = append(all, limit.Use{
				Rule: purse, Subject: purseKey(z, now) + " " + strconv.Itoa((int(first[0])+i)%purses), Weight: price,
				Fault: ruled(otp.RuleSpend, becauseUnconfirmedSpend).With("zone", n),
			})
		}
		err := g.Counters.Take(ctx, now, all...)
		f, ok := fault.Of(err)
		if !ok || f.Extra["rule"] != otp.RuleSpend {
			return err
		}
		empty, _ = f.Extra["zone"].(int)
	}
	g.Stops.Mark(purseKey(zones[empty], now), midnight(now))
	return ruled(otp.RuleSpend, becauseUnconfirmedSpend).RetryingAt(midnight(now))
}

// NewNumberTries counts the unconfirmed numbers that a holder tried.
func NewNumberTries(holder account.ID) limit.Use {
	return limit.Use{Rule: newNumbers, Subject: holder.String(), Fault: ruled(otp.RuleNewNumbers, becauseNewNumbers)}
}

func (g Gate) address() limit.Rule {
	return limit.Rule{Name: "send-address", Max: g.PerAddress, Window: otp.AddressSpan}
}

func (g Gate) stopped(key, rule, because string, now time.Time) error {
	if until, yes := g.Stops.Until(key, now); yes {
		return ruled(rule, because).RetryingAt(otp.CeilSecond(until))
	}
	return nil
}

func ruled(rule, because string) *fault.Error {
	return otp.ErrLimit.Because(because).With("rule", rule)
}

// prefixOf is a number without its last four digits.
func prefixOf(n phone.Number) string { return n.E164()[:len(n.E164())-4] }

// dayOf names a day of the ceiling; midnight is its end.
func dayOf(now time.Time) string { return now.UTC().Format(time.DateOnly) }

func midnight(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour) }

func purseKey(z otp.Zone, now time.Time) string { return "purse#" + z.Name + "#" + dayOf(now) }

func spendKey(now time.Time) string { return "spend#" + dayOf(now) }
