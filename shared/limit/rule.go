package limit

import (
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"time"

	"phoneotp/shared/fault"
)

// Rule says how often something may happen to one subject.
type Rule struct {
	Name    string // short and unique in the product: part of the key
	Max     int    // uses in a window
	Window  time.Duration
	Extends bool // each use puts the end of the window off to Window after itself
}

// Key is the item's key for a subject. Subjects are texts of any length.
func (r Rule) Key(subject string) string {
	sum := sha256.Sum256([]byte(r.Name + "\x00" + subject))
	return r.Name + "#" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// Use is one use of a rule by a subject.
type Use struct {
	Rule    Rule
	Subject string
	Weight  int // how much it counts; 0 is 1. One of more than Max is always refused
	// Fault is what the caller answers when the rule is exhausted; it then tells the end of the window.
	Fault *fault.Error
}

// full tells whether a window with n uses, which ends at an instant, has no room for this one. At its end it is over.
func (u Use) full(n int, end, now time.Time) bool {
	return end.After(now) && n > u.Rule.Max-max(u.Weight, 1)
}

// Address is the subject for a client's address: IPv4 as it is, IPv6 cut to its /64, since one customer has
// all of that. What is no address stays as it is.
func Address(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return address
	}
	return p.Addr().String()
}
