package credential

import (
	"bytes"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
)

// Proofed is the write that a passed proofing case makes: method is "kbv" or "video". It is done already if this
// very license's credential is proofed, and ErrRequired if the holder's credential is another one, has expired
// or was revoked.
func (r *Registry) Proofed(holder account.ID, license []byte, method string, now time.Time) dynamo.Write {
	c := r.change(holder).
		require("#li = :license", "#st = :proofing", "#ex > :now").
		assign("#st = :proofed", "#pm = :method").
		with(":license", dynamo.B(license)).with(":proofing", dynamo.S(string(Proofing))).with(":now", dynamo.Ms(now)).
		with(":proofed", dynamo.S(string(Proofed))).with(":method", dynamo.S(method))
	return r.write(c, func(stands *Credential) error {
		switch {
		case stands == nil || !bytes.Equal(stands.License, license) || !stands.Live(now):
			return ErrRequired.Because(becauseNone).Then("choose-product")
		case stands.Method == method:
			return dynamo.ErrAlready
		case stands.State == Proofing:
			return nil
		}
		return ErrRequired.Because(becauseNone).Then("choose-product")
	})
}

// Revoke is the write that ends the credential which a license opened, when its proofing has failed. It is done
// already if it is revoked, and ErrRequired if the holder's credential is another one by now.
func (r *Registry) Revoke(holder account.ID, license []byte) dynamo.Write {
	c := r.change(holder).
		require("#li = :license", "#st <> :revoked").
		assign("#st = :revoked").remind(time.Time{}).
		with(":license", dynamo.B(license)).with(":revoked", dynamo.S(string(Revoked)))
	return r.write(c, func(stands *Credential) error {
		switch {
		case stands == nil || !bytes.Equal(stands.License, license):
			return ErrRequired.Because(becauseNone)
		case stands.State == Revoked:
			return dynamo.ErrAlready
		}
		return nil
	})
}
