package credential

import (
	"bytes"
	"errors"
	"time"

	"phoneotp/shared/dynamo"
)

// ErrMoved: the credential is not as it was seen. Who meets it reads it again.
var ErrMoved = errors.New("credential: it was changed meanwhile")

// Closing is the write that takes back what a license opened and nobody activated: its price is given back (product.md
// 2) or its proofing has failed (product.md 4). There is none where the holder has another license's by now, or it is
// revoked. Held is as it was read, nil for none.
//
// One that was activated is ErrMoved: who closes has seen a license that was not, and an active one is never cut here. One
// in proofing again (Resetting) is closed as any other: it opens nothing.
func (r *Registry) Closing(held *Credential, license []byte) ([]dynamo.Write, error) {
	if held == nil || !bytes.Equal(held.License, license) || held.State == Revoked {
		return nil, nil
	}
	if held.State == Active || !held.ActivatedAt.IsZero() && held.State != Proofing {
		return nil, ErrMoved
	}
	c := r.change(held.Holder).
		require("#li = :license", "#st = :seen").
		assign("#st = :revoked").remind(time.Time{}).
		with(":license", dynamo.B(license)).with(":seen", dynamo.S(string(held.State))).with(":revoked", dynamo.S(string(Revoked)))
	return []dynamo.Write{r.write(c, func(stands *Credential) error {
		switch {
		case stands == nil || !bytes.Equal(stands.License, license):
			return ErrMoved
		case stands.State == Revoked:
			return dynamo.ErrAlready
		case stands.State == held.State:
			return nil
		}
		return ErrMoved
	})}, nil
}

// Revoking is the write by which a person ends a credential for good (product.md 9), as it was seen: ErrMoved if it is
// another one by now. It is done already if it is revoked.
func (r *Registry) Revoking(seen *Credential) dynamo.Write {
	c := r.change(seen.Holder).
		require("#li = :license", "#st <> :revoked").
		assign("#st = :revoked").remind(time.Time{}).
		with(":license", dynamo.B(seen.License)).with(":revoked", dynamo.S(string(Revoked)))
	return r.write(c, func(stands *Credential) error {
		switch {
		case stands == nil || !bytes.Equal(stands.License, seen.License):
			return ErrMoved
		case stands.State == Revoked:
			return dynamo.ErrAlready
		}
		return nil
	})
}
