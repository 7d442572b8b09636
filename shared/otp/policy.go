package otp

import (
	"time"

	"phoneotp/shared/phone"
)

// The numbers of product.md 6.
const (
	Digits = 6 // of a code

	Life        = 120 * time.Second // of a text's code, from sending; of a call's, from its placing
	VoiceLife   = 180 * time.Second // at most, from the request of a call
	LatestCall  = 120 * time.Second // from the request: a call placed later would leave no time to type
	LongestCall = 45 * time.Second  // of three readings

	Tries       = 5 // wrong or right, of one code
	Repeats     = 5 // looks at a used code by the session that used it, whose answer was lost
	EarlierKept = 2 // challenges before the live one whose codes are recognised

	Quiet     = 30 * time.Minute // after which a sequence of sends is over
	SendsKept = 20               // instants of sends that are remembered
	CallsKept = 3                // instants of calls that are remembered
	CallSpan  = time.Hour        // in which at most CallsKept calls are placed

	NumberSends    = 5                   // to one unconfirmed number, over all holders, in NumberSpan
	NumberSpan     = time.Hour           //
	NewNumbers     = 10                  // unconfirmed numbers of one holder in NewNumbersSpan
	NewNumbersSpan = 30 * 24 * time.Hour //

	WatchedWrong = 60                  // wrong codes in WatchSpan, whatever right ones come between: a person looks
	WatchSpan    = 30 * 24 * time.Hour //

	LongestText = 160 // GSM-7 characters: one segment

	AddressSpan = time.Hour // of sends to unconfirmed numbers from one address; how many is a setting

	StopsEvery = time.Minute // how old an environment's knowledge of what is stopped may be
)

// Conversion is when sends to unconfirmed numbers of a group stop because too few are answered by a right code:
// fewer than Percent of at least Sends that have had Settle to be answered, or of Burst at once, in one Window.
type Conversion struct {
	Sends, Percent, Burst int
	Window, Settle, Stop  time.Duration
}

// PrefixConversion is that of numbers which differ in their last four digits alone, CountryConversion that of a
// country. A country stops for a short time, since that hits everybody who registers there.
var (
	PrefixConversion  = Conversion{Sends: 20, Percent: 20, Burst: 60, Window: time.Hour, Settle: 3 * time.Minute, Stop: 12 * time.Hour}
	CountryConversion = Conversion{Sends: 100, Percent: 20, Burst: 500, Window: time.Hour, Settle: 3 * time.Minute, Stop: time.Hour}
)

// Zone is where unconfirmed numbers may cost at most Percent of a day's spend.
type Zone struct {
	Name    string
	Percent int
}

// ZonesOf are the zones that a country lies in. The US has its own; all other countries share one, of which none
// gets more than a quarter. So whoever pumps one country shuts nobody out elsewhere, and what new numbers of all
// zones cost stays at UnconfirmedShare.
func ZonesOf(country string) []Zone {
	if country == "US" {
		return []Zone{{"US", UnconfirmedShare * 3 / 5}}
	}
	return []Zone{{"abroad", UnconfirmedShare * 2 / 5}, {country, UnconfirmedShare / 10}}
}

// UnconfirmedShare is what unconfirmed numbers may cost, in percent of the daily spend. The rest is for those
// that are registered.
const UnconfirmedShare = 50

// Price is what a send is taken to cost in thousandths of a USD, rounded up over operators and, outside the US,
// over countries: for the ceiling of the daily spend.
func Price(channel phone.Channel, country string) int {
	switch {
	case channel == phone.Voice && country == "US":
		return 30
	case channel == phone.Voice:
		return 300
	case country == "US":
		return 12
	}
	return 150
}

// Gaps are the waits between one send and the next of a sequence; the last repeats.
func Gaps() [4]time.Duration {
	return [...]time.Duration{30 * time.Second, 60 * time.Second, 120 * time.Second, 120 * time.Second}
}

// Window allows Sends in any stretch of Span.
type Window struct {
	Sends int
	Span  time.Duration
}

// Windows are the limits of a holder's sends, the narrowest first.
func Windows() [3]Window {
	return [...]Window{{5, 15 * time.Minute}, {10, time.Hour}, {SendsKept, 24 * time.Hour}}
}

// Rung is a step of the ladder of consecutive wrong codes. A Lock of 0 lasts until support acts.
type Rung struct {
	Wrong int
	Lock  time.Duration
}

// Ladder are the rungs, the lowest first.
func Ladder() [4]Rung {
	return [...]Rung{{10, 30 * time.Minute}, {20, 2 * time.Hour}, {30, 24 * time.Hour}, {50, 0}}
}

// Never is the end of a lock that only support lifts.
var Never = time.UnixMilli(1<<43 - 1).UTC()

// RungAt returns the rung that the wrong-th wrong code in a row reaches, if it reaches one. From the last
// rung on, every further wrong code is at it.
func RungAt(wrong int) (Rung, bool) {
	ladder := Ladder()
	for _, r := range ladder {
		if r.Wrong == wrong {
			return r, true
		}
	}
	last := ladder[len(ladder)-1]
	return last, wrong > last.Wrong
}

// Until is the instant at which the rung's lock ends.
func (r Rung) Until(now time.Time) time.Time {
	if r.Lock == 0 {
		return Never
	}
	return now.Add(r.Lock)
}
