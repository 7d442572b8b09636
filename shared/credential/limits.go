package credential

import (
	"time"

	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// Limit is a limit of codes that holds a person back now, and when it ends (product.md 6).
type Limit struct {
	Rule  string `json:"rule"`  // "codes-locked", "codes-off", "next-text" or "next-call"
	Until string `json:"until"` // an instant, rounded up; empty for what only support ends
	Wrong int    `json:"wrong,omitempty"`
}

// Limits are those in force now, for staff.
func (c *Credential) Limits(now time.Time) []Limit {
	limits := []Limit{}
	if c == nil {
		return limits
	}
	if c.history.Locked(now) {
		limit := Limit{Rule: "codes-locked", Until: up(c.history.LockedUntil), Wrong: c.wrong}
		if c.history.LockedUntil.Equal(otp.Never) {
			limit.Rule, limit.Until = "codes-off", ""
		}
		return append(limits, limit)
	}
	for _, way := range []struct {
		rule    string
		channel phone.Channel
	}{{"next-text", phone.SMS}, {"next-call", phone.Voice}} {
		if next := c.history.NextSend(way.channel, now); next.After(now) {
			limits = append(limits, Limit{Rule: way.rule, Until: up(next)})
		}
	}
	return limits
}
