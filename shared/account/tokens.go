package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/secret"
)

// purpose is what a mail token is for.
type purpose string

const (
	toConfirm purpose = "confirm"
	toReset   purpose = "reset"
)

// resetLife is how long the link of a forgotten password works (product.md 1).
const resetLife = 30 * time.Minute

// token is a mail token as it is stored, under its digest.
type token struct {
	digest       []byte
	purpose      purpose
	account      ID
	registration []byte // to confirm: of the account it was made for; a later holder of the user ID is somebody else
	expires      time.Time
	used         bool
}

// issue stores a new token. It cannot be refused.
func (a Accounts) issue(t token) dynamo.Write {
	item := tokenKey(t.digest)
	item["k"], item["a"] = dynamo.S(string(t.purpose)), dynamo.B(t.account[:])
	if t.registration != nil {
		item["r"] = dynamo.B(t.registration)
	}
	item["e"], item["x"] = dynamo.Ms(t.expires), dynamo.Lifetime(t.expires)
	return a.put(tokenKey(t.digest), item, "", nil, nil)
}

// token reads a token. It returns ErrTokenSpent if it cannot be used for that purpose at now. Half-open.
func (a Accounts) token(ctx context.Context, text secret.Text, p purpose, now time.Time) (token, error) {
	d := digest(text)
	item, err := a.DB.Get(ctx, a.Table, tokenKey(d))
	if errors.Is(err, dynamo.ErrNone) {
		return token{}, ErrTokenSpent
	}
	if err != nil {
		return token{}, fmt.Errorf("mail token: %w", err)
	}
	f := dynamo.Read(item)
	t := token{digest: d, purpose: purpose(f.Text("k")), registration: f.MayBytes("r"), expires: f.Time("e"), used: f.Has("u")}
	t.account, err = IDFromBytes(f.Bytes("a"))
	if err := errors.Join(f.Err(), err); err != nil {
		return token{}, fmt.Errorf("mail token: %w", err)
	}
	if t.purpose != p || t.used || !now.Before(t.expires) {
		return token{}, ErrTokenSpent
	}
	return t, nil
}

// use spends a token: once. The mark recognises this request's own write.
func (a Accounts) use(t token, mark []byte, now time.Time) dynamo.Write {
	return a.change(tokenKey(t.digest), "SET u = :u", "attribute_not_exists(u) AND e > :now", dynamo.Item{":u": dynamo.B(mark), ":now": dynamo.Ms(now)},
		func(stands dynamo.Item) error {
			f := dynamo.Read(stands)
			switch {
			case stands == nil:
				return ErrTokenSpent
			case f.Has("u") && bytes.Equal(f.Bytes("u"), mark):
				return dynamo.ErrAlready
			case f.Has("u") || !now.Before(f.Time("e")):
				return errors.Join(ErrTokenSpent, f.Err())
			}
			return f.Err()
		})
}
