package credential

import "time"

// monthsPerTerm is the length of one term (product.md 8).
const monthsPerTerm = 12

// Expiry is the instant at which a credential expires: 12 calendar months from the date of purchase for each
// term paid, clamped to the month's end (29 Feb 2024 gives 28 Feb 2025 and 29 Feb 2028; product.md 8).
func Expiry(purchased time.Time, terms int) time.Time {
	p := purchased.UTC()
	months := int(p.Month()) - 1 + monthsPerTerm*terms
	year, month := p.Year()+months/12, time.Month(months%12+1)
	day := min(p.Day(), lastDay(year, month))
	return time.Date(year, month, day, p.Hour(), p.Minute(), p.Second(), p.Nanosecond(), time.UTC)
}

func lastDay(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
