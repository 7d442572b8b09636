package credential

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/limit"
	"phoneotp/shared/metric"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// The metrics of this room, for alarms of the template.
const (
	MetricTripped = "BreakerTripped"    // prefixes and countries whose sends stopped just now
	MetricSpend   = "DailySpendPercent" // what the day's codes cost so far, of the ceiling
	MetricSent    = "CodesSent"         // codes that were asked for and made
	MetricRight   = "CodesRight"        // codes that came back right: of those sent, what succeeds
	MetricNotSent = "CodesNotSent"      // codes whose text or call the supplier did not take, or may not have
	MetricLocked  = "CodesLocked"       // holders who climbed a rung of the ladder of wrong codes
)

// Meter counts sends and answers by prefix and country of unconfirmed numbers, and what all sends cost, from the
// table's stream: for the breakers and for the ceiling of a day.
type Meter struct {
	Tallies    limit.Tallies
	Numbers    *Numbers
	DailySpend int // USD
	Metrics    metric.Counter
}

// group is a prefix or a country, with its breaker.
type group struct {
	breaker *limit.Breaker
	name    string
}

type count struct{ sends, answers int }

// Count counts a batch of changes. It counts twice what is told twice, as after a crash: a batch that failed is
// told again as a whole.
func (m Meter) Count(ctx context.Context, changes []Change) error {
	groups, spent := map[group]count{}, map[string]int{}
	var now time.Time
	for _, c := range changes {
		if c.At.After(now) {
			now = c.At
		}
		fresh := c.New.Challenge != c.Old.Challenge
		switch {
		case fresh && c.New.Challenge != (otp.ID{}):
			spent[dayOf(c.New.SentAt)] += otp.Price(channelOrText(c.New.Channel), c.New.Target.Country)
			m.add(groups, c.Holder, c.New.Target, count{sends: 1})
		case !fresh && c.New.Used && !c.Old.Used:
			m.add(groups, c.Holder, c.Old.Target, count{answers: 1})
		}
	}
	if err := m.tally(ctx, groups, now); err != nil {
		return err
	}
	if err := m.spend(ctx, spent, now); err != nil {
		return err
	}
	m.say(changes, now)
	return nil
}

// say counts for operators what became of codes.
func (m Meter) say(changes []Change, now time.Time) {
	sums := map[string]int{}
	for _, c := range changes {
		fresh := c.New.Challenge != c.Old.Challenge
		if fresh && c.New.Challenge != (otp.ID{}) {
			sums[MetricSent]++
		}
		if !fresh && c.New.Used && !c.Old.Used {
			sums[MetricRight]++
		}
		if !fresh && c.New.Delivery != c.Old.Delivery && undelivered(c.New.Delivery) {
			sums[MetricNotSent]++
		}
		if c.New.Told != c.Old.Told && c.New.Told > 0 {
			sums[MetricLocked]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		m.Metrics.Count(now, name, sums[name])
	}
}

// add counts for the groups of an unconfirmed number. One that cannot be opened counts nowhere: it must not hold
// the stream up.
func (m Meter) add(groups map[group]count, holder account.ID, to Target, n count) {
	if !to.Pending {
		return
	}
	plain, err := m.Numbers.seal.Open(to.Sealed, sealContext(holder, to.ID))
	if err != nil {
		slog.Error("credential", "what", "a number is not counted", "phone", to.ID, "error", err.Error())
		return
	}
	number, err := phone.FromE164(string(plain))
	if err != nil {
		slog.Error("credential", "what", "a number is not counted", "phone", to.ID, "error", err.Error())
		return
	}
	for _, g := range []group{{&prefixes, prefixOf(number)}, {&countries, to.Country}} {
		sum := groups[g]
		groups[g] = count{sum.sends + n.sends, sum.answers + n.answers}
	}
}

func (m Meter) tally(ctx context.Context, groups map[group]count, now time.Time) error {
	tripped := 0
	for _, g := range slices.SortedFunc(maps.Keys(groups), func(a, b group) int { return cmp.Compare(a.name, b.name) }) {
		did, err := m.Tallies.Add(ctx, *g.breaker, g.name, groups[g].sends, groups[g].answers, now)
		if err != nil {
			return err
		}
		if did {
			tripped++
		}
	}
	if tripped > 0 {
		m.Metrics.Count(now, MetricTripped, tripped)
	}
	return nil
}

func (m Meter) spend(ctx context.Context, spent map[string]int, now time.Time) error {
	ceiling := m.DailySpend * 1000
	for _, day := range slices.Sorted(maps.Keys(spent)) {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return fmt.Errorf("credential: meter: %w", err)
		}
		sum, _, err := m.Tallies.Spend(ctx, day, spendKey(at), spent[day], ceiling, midnight(at), now)
		if err != nil {
			return err
		}
		m.Metrics.Count(now, MetricSpend, sum*100/ceiling)
	}
	return nil
}

// channelOrText reads a stored channel; a later version's counts as a text.
func channelOrText(letter string) phone.Channel {
	channel, err := channelOf(letter)
	if err != nil {
		return phone.SMS
	}
	return channel
}
