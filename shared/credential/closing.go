package credential

import (
	"bytes"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
)

// Closing is the write that takes a credential back that was opened by a license and never activated, when the
// license's price is given back (product.md 2). What the holder has by another license is left alone, and so
// is what is over already; an active one is moved, which is for the caller to judge, and is never cut here.
func (r *Registry) Closing(holder account.ID, license []byte, moved error) dynamo.Write {
	c := r.change(holder).
		require("#li = :license", "#st IN (:registered, :proofing, :proofed)").
		assign("#st = :revoked").remind(time.Time{}).
		with(":license", dynamo.B(license)).with(":revoked", dynamo.S(string(Revoked))).with(":registered", dynamo.S(string(Registered))).
		with(":proofing", dynamo.S(string(Proofing))).with(":proofed", dynamo.S(string(Proofed)))
	return r.write(c, func(stands *Credential) error {
		switch {
		case stands == nil || !bytes.Equal(stands.License, license) || stands.State == Revoked:
			return dynamo.ErrAlready
		case stands.State == Registered || stands.State == Proofing || stands.State == Proofed:
			return nil
		}
		return moved
	})
}
