package credential

import (
	"bytes"
	"time"

	"phoneotp/shared/dynamo"
)

// Eligibility is whether a credential can be renewed, and why not.
type Eligibility string

// The answers, as the API names them.
const (
	Eligible      Eligibility = "eligible"
	NoCredential  Eligibility = "no-credential"
	RevokedBefore Eligibility = "revoked"
	OrderOpen     Eligibility = "order-open" // a renewal order is not paid yet
	TooLate       Eligibility = "too-late"   // only a brand-new credential
	NotActivated  Eligibility = "not-activated"
	TooEarly      Eligibility = "too-early" // renewed already: until the new term begins
)

// Eligibility is the rule of product.md 8: activated, not revoked, no open renewal order, and
// expires_at - 12 months <= now < expires_at + grace. An open order comes before the window, since it can still
// be paid after it.
func (c *Credential) Eligibility(now time.Time, grace time.Duration) Eligibility {
	switch {
	case c == nil:
		return NoCredential
	case c.State == Revoked:
		return RevokedBefore
	case c.Renewal != "":
		return OrderOpen
	case !now.Before(c.ClosesAt(grace)):
		return TooLate
	case c.ActivatedAt.IsZero():
		return NotActivated
	case now.Before(c.OpensAt()):
		return TooEarly
	}
	return Eligible
}

// OpensAt is when the last term paid begins, and with it the time for renewal.
func (c *Credential) OpensAt() time.Time { return Expiry(c.PurchasedAt, c.Terms-1) }

// ClosesAt is from when a renewal can no longer be ordered.
func (c *Credential) ClosesAt(grace time.Duration) time.Time { return c.ExpiresAt.Add(grace) }

// Renewable is Eligibility without a grace, as the session shows it. Whoever gives one asks GET /api/renewal past
// the expiry.
func (c *Credential) Renewable(now time.Time) bool { return c.Eligibility(now, 0) == Eligible }

// renewed is the credential with so many terms paid: from the date of purchase, never from a payment's.
func (c *Credential) renewed(terms int) *Credential {
	after := *c
	after.Terms, after.ExpiresAt = terms, Expiry(c.PurchasedAt, terms)
	return &after
}

// onSeen is a change of the credential that a holder had when it was seen: opened by the same key, not revoked,
// with as many terms paid.
func (r *Registry) onSeen(seen *Credential) *change {
	return r.change(seen.Holder).
		require("#li = :license", "#te = :terms", "#st <> :revoked").
		with(":license", dynamo.B(seen.License)).with(":terms", dynamo.N(seen.Terms)).with(":revoked", dynamo.S(string(Revoked)))
}

// sameAs tells whether what stands is what the same key opened, not revoked, with so many terms paid.
func (c *Credential) sameAs(seen *Credential, terms int) bool {
	return c != nil && bytes.Equal(c.License, seen.License) && c.State != Revoked && c.Terms == terms
}

// RenewalOrdered is the write that notes the holder's one open renewal order on an eligible credential. It is
// ErrMoved where another one stands, or the credential is not as it was seen.
func (r *Registry) RenewalOrdered(seen *Credential, number string) dynamo.Write {
	c := r.onSeen(seen).
		require("attribute_exists(#aa)", "attribute_not_exists(#ro)").
		assign("#ro = :number").with(":number", dynamo.S(number))
	return r.write(c, func(stands *Credential) error {
		switch {
		case !stands.sameAs(seen, seen.Terms) || stands.ActivatedAt.IsZero():
			return ErrMoved
		case stands.Renewal == number:
			return dynamo.ErrAlready
		case stands.Renewal == "":
			return nil
		}
		return ErrMoved
	})
}

// RenewalEnded is the write that takes an order off which will not be paid. It is ErrMoved if the credential was
// replaced meanwhile, with which the order ended too.
func (r *Registry) RenewalEnded(seen *Credential, number string) dynamo.Write {
	c := r.change(seen.Holder).
		require("#li = :license", "#ro = :number").
		drop("#ro").
		with(":license", dynamo.B(seen.License)).with(":number", dynamo.S(number))
	return r.write(c, func(stands *Credential) error {
		switch {
		case stands == nil || !bytes.Equal(stands.License, seen.License):
			return ErrMoved
		case stands.Renewal == number:
			return nil
		}
		return dynamo.ErrAlready
	})
}

// Renewed is the write that adds one term to the old expiry when the open order is paid, however late (product.md
// 8). It is ErrMoved if the order is not the open one, the credential was replaced or revoked.
func (r *Registry) Renewed(seen *Credential, number string, now time.Time) dynamo.Write {
	after := seen.renewed(seen.Terms + 1)
	c := r.term(r.onSeen(seen), after, now).
		require("#ro = :number").drop("#ro").with(":number", dynamo.S(number))
	return r.write(c, func(stands *Credential) error {
		switch {
		case stands.sameAs(after, after.Terms) && stands.Renewal == "":
			return dynamo.ErrAlready
		case stands.sameAs(seen, seen.Terms) && stands.Renewal == number:
			return nil
		}
		return ErrMoved
	})
}

// TermTaken is the write that takes the last term back, whose money went back before it began. It is ErrMoved if
// the credential is not as it was seen.
func (r *Registry) TermTaken(seen *Credential, now time.Time) dynamo.Write {
	return r.setTerms(seen, seen.Terms-1, now)
}

// TermReturned is the write that gives it again, since the money stands after all. It is ErrMoved if the
// credential is not as it was seen, or a renewal was ordered meanwhile.
func (r *Registry) TermReturned(seen *Credential, now time.Time) dynamo.Write {
	return r.setTerms(seen, seen.Terms+1, now)
}

func (r *Registry) setTerms(seen *Credential, terms int, now time.Time) dynamo.Write {
	after := seen.renewed(terms)
	c := r.term(r.onSeen(seen), after, now).require("attribute_not_exists(#ro)")
	return r.write(c, func(stands *Credential) error {
		switch {
		case stands.sameAs(after, terms) && stands.Renewal == "":
			return dynamo.ErrAlready
		case stands.sameAs(seen, seen.Terms) && stands.Renewal == "":
			return nil
		}
		return ErrMoved
	})
}

// term sets how many terms are paid, until when, and the reminder that comes next.
func (r *Registry) term(c *change, after *Credential, now time.Time) *change {
	return c.assign("#te = :after", "#ex = :expires").
		with(":after", dynamo.N(after.Terms)).with(":expires", dynamo.Ms(after.ExpiresAt)).
		remind(NextReminder(after.ExpiresAt, now))
}
