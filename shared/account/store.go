package account

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/secret"
)

// Accounts reads accounts and makes the writes that other rooms put into their transactions.
type Accounts struct {
	DB    *dynamo.DB
	Table string
}

func accountKey(id ID) dynamo.Item { return dynamo.Item{"p": dynamo.S("a#" + id.String())} }
func emailKey(email string) dynamo.Item {
	return dynamo.Item{"p": dynamo.S("e#" + strings.ToLower(email))}
}
func tokenKey(digest []byte) dynamo.Item {
	return dynamo.Item{"p": dynamo.S("t#" + hex.EncodeToString(digest))}
}

// mark is a random text that tells one request's writes from another's.
func mark() []byte {
	b := make([]byte, 12)
	_, _ = rand.Read(b)
	return b
}

// newToken returns a mail token and the digest under which it is stored.
func newToken() (secret.Text, []byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	t := secret.Text(base64.RawURLEncoding.EncodeToString(b))
	return t, digest(t)
}

func digest(token secret.Text) []byte {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return sum[:]
}

func accountItem(a Account, x time.Time) dynamo.Item {
	item := accountKey(a.ID)
	item["u"], item["m"] = dynamo.S(a.UserID), dynamo.S(a.Email)
	item["g"], item["fn"], item["c"] = dynamo.S(a.GivenName), dynamo.S(a.FamilyName), dynamo.S(a.Country)
	item["h"], item["r"], item["at"] = dynamo.S(a.hash), dynamo.B(a.registration), dynamo.Ms(a.CreatedAt)
	item["la"], item["x"] = dynamo.Ms(a.LapsesAt), dynamo.Lifetime(x)
	item["ep"], item["sn"] = dynamo.N(0), dynamo.N(0)
	return item
}

func readAccount(item dynamo.Item) (Account, error) {
	f := dynamo.Read(item)
	a := Account{
		UserID: f.Text("u"), Email: f.Text("m"), GivenName: f.Text("g"), FamilyName: f.Text("fn"), Country: f.Text("c"),
		hash: f.Text("h"), registration: f.Bytes("r"), CreatedAt: f.Time("at"), LapsesAt: f.MayTime("la"), ConfirmedAt: f.MayTime("cf"),
		epoch: f.Int("ep"), signIns: f.Int("sn"), NameLocked: f.Flag("lk"),
	}
	if f.Has("ro") {
		for _, v := range f.List("ro") {
			if s, ok := v.(*types.AttributeValueMemberS); ok {
				a.Roles = append(a.Roles, s.Value)
			}
		}
	}
	if f.Has("b") {
		a.Billing = readBilling(f.Map("b"))
	}
	if err := f.Err(); err != nil {
		return Account{}, err
	}
	a.ID = IDOf(a.UserID)
	return a, nil
}

func readBilling(f *dynamo.Fields) *Billing {
	return &Billing{
		Name: f.MayText("n"), Line1: f.MayText("l1"), Line2: f.MayText("l2"), City: f.MayText("ci"),
		Region: f.MayText("re"), PostalCode: f.MayText("pc"), Country: f.MayText("co"),
	}
}

func billingValue(b Billing) types.AttributeValue {
	return dynamo.M(dynamo.Item{
		"n": dynamo.S(b.Name), "l1": dynamo.S(b.Line1), "l2": dynamo.S(b.Line2), "ci": dynamo.S(b.City),
		"re": dynamo.S(b.Region), "pc": dynamo.S(b.PostalCode), "co": dynamo.S(b.Country),
	})
}

// ByID reads an account. It returns ErrUnknown if there is none, or only one that has lapsed.
func (a Accounts) ByID(ctx context.Context, id ID, now time.Time) (Account, error) {
	item, err := a.DB.Get(ctx, a.Table, accountKey(id))
	if errors.Is(err, dynamo.ErrNone) {
		return Account{}, ErrUnknown
	}
	if err != nil {
		return Account{}, fmt.Errorf("account %s: %w", id, err)
	}
	found, err := readAccount(item)
	if err != nil {
		return Account{}, fmt.Errorf("account %s: %w", id, err)
	}
	if found.lapsed(now) {
		return Account{}, ErrUnknown
	}
	return found, nil
}

// emailOf is what stands about an email address.
type emailOf struct {
	taken bool // holder has confirmed it
	id    ID   // the holder, or who registered with it last; the zero ID if nobody did
}

func (a Accounts) email(ctx context.Context, email string) (emailOf, error) {
	item, err := a.DB.Get(ctx, a.Table, emailKey(email))
	if errors.Is(err, dynamo.ErrNone) {
		return emailOf{}, nil
	}
	if err != nil {
		return emailOf{}, fmt.Errorf("account by email: %w", err)
	}
	f := dynamo.Read(item)
	e := emailOf{taken: f.Has("a")}
	b := f.MayBytes("pa")
	if e.taken {
		b = f.Bytes("a")
	}
	if len(b) > 0 {
		e.id, err = IDFromBytes(b)
	}
	return e, errors.Join(f.Err(), err)
}

// ForSignIn reads the account that an identifier names: a user ID or an email. It returns the zero Account if
// there is none, after the same calls: one by user ID, two by email.
func (a Accounts) ForSignIn(ctx context.Context, identifier string, now time.Time) (Account, error) {
	byEmail := strings.Contains(identifier, "@")
	id := IDOf(identifier)
	if byEmail {
		e, err := a.email(ctx, identifier)
		if err != nil {
			return Account{}, err
		}
		id = e.id
	}
	found, err := a.ByID(ctx, id, now)
	if errors.Is(err, ErrUnknown) {
		return Account{}, nil
	}
	if err == nil && byEmail && !strings.EqualFold(found.Email, identifier) {
		return Account{}, nil // the user ID has lapsed and went to somebody with another address
	}
	return found, err
}

// change is a write that updates one item. Names of attributes stand in the expressions as they are: none is a
// reserved word.
func (a Accounts) change(key dynamo.Item, set, condition string, values dynamo.Item, judge func(stands dynamo.Item) error) dynamo.Write {
	u := &types.Update{TableName: &a.Table, Key: key, UpdateExpression: &set, ExpressionAttributeValues: values}
	if condition != "" {
		u.ConditionExpression = &condition
	}
	return dynamo.Write{Table: a.Table, Key: key, Judge: judge, Item: types.TransactWriteItem{Update: u}}
}

// put is a write that puts an item, whatever stands there, or under a condition.
func (a Accounts) put(key, item dynamo.Item, condition string, values dynamo.Item, judge func(stands dynamo.Item) error) dynamo.Write {
	p := &types.Put{TableName: &a.Table, Item: item}
	if condition != "" {
		p.ConditionExpression, p.ExpressionAttributeValues = &condition, values
	}
	return dynamo.Write{Table: a.Table, Key: key, Judge: judge, Item: types.TransactWriteItem{Put: p}}
}

// SignedIn counts a sign-in on the account, in its transaction, provided that the password is still the one
// that was compared. Otherwise the transaction is refused with the caller's fault.
func (a Accounts) SignedIn(found Account, otherwise *fault.Error) dynamo.Write {
	return a.change(accountKey(found.ID), "SET sn = sn + :one", "ep = :ep", dynamo.Item{":one": dynamo.N(1), ":ep": dynamo.N(found.epoch)},
		func(stands dynamo.Item) error {
			if stands == nil || dynamo.Read(stands).MayInt("ep") != found.epoch {
				return otherwise
			}
			return nil
		})
}

// Closing raises the epoch in a transaction that ends sessions, provided that no sign-in has happened since
// found was read; else the transaction is refused with ErrMoved.
func (a Accounts) Closing(found Account) dynamo.Write {
	return a.closing(found, "", dynamo.Item{}, nil)
}

// closing is Closing with a further change; done, if given, recognises this request's own change.
func (a Accounts) closing(found Account, set string, values dynamo.Item, done func(stands dynamo.Item) bool) dynamo.Write {
	all := dynamo.Item{":one": dynamo.N(1), ":sn": dynamo.N(found.signIns), ":ep": dynamo.N(found.epoch)}
	maps.Copy(all, values)
	return a.change(accountKey(found.ID), "SET ep = ep + :one"+set, "sn = :sn AND ep = :ep", all, func(stands dynamo.Item) error {
		if stands == nil {
			return ErrUnknown
		}
		if done != nil && done(stands) {
			return dynamo.ErrAlready
		}
		f := dynamo.Read(stands)
		if f.Int("sn") != found.signIns || f.Int("ep") != found.epoch {
			return errors.Join(ErrMoved, f.Err())
		}
		return f.Err()
	})
}

// Naming is the write that gives an account another name, which staff confirmed (product.md 9), locked or not:
// ErrMoved if it has another one than was read.
func (a Accounts) Naming(found Account, given, family string) dynamo.Write {
	values := dynamo.Item{":g": dynamo.S(tidy(given)), ":fn": dynamo.S(tidy(family)), ":og": dynamo.S(found.GivenName), ":of": dynamo.S(found.FamilyName)}
	return a.change(accountKey(found.ID), "SET g = :g, fn = :fn", "g = :og AND fn = :of", values, func(stands dynamo.Item) error {
		if stands == nil {
			return ErrUnknown
		}
		there, err := readAccount(stands)
		if err == nil && (there.GivenName != found.GivenName || there.FamilyName != found.FamilyName) {
			return ErrMoved
		}
		return err
	})
}

// ClosingNamed is Closing with another name.
func (a Accounts) ClosingNamed(found Account, given, family string) dynamo.Write {
	return a.closing(found, ", g = :g, fn = :fn", dynamo.Item{":g": dynamo.S(tidy(given)), ":fn": dynamo.S(tidy(family))}, nil)
}

// setPassword is a closing with a new hash. The mark recognises this request's own write.
func (a Accounts) setPassword(found Account, hash string, mark []byte) dynamo.Write {
	return a.closing(found, ", h = :h, hn = :hn", dynamo.Item{":h": dynamo.S(hash), ":hn": dynamo.B(mark)},
		func(stands dynamo.Item) bool { return bytes.Equal(dynamo.Read(stands).MayBytes("hn"), mark) })
}

// setRoles is a closing with other roles.
func (a Accounts) setRoles(found Account, roles []string) dynamo.Write {
	list := make([]types.AttributeValue, len(roles))
	for i, r := range roles {
		list[i] = dynamo.S(r)
	}
	return a.closing(found, ", ro = :ro", dynamo.Item{":ro": dynamo.L(list...)}, nil)
}

// RememberBilling keeps an address as the account's last billing address, in an order's transaction. It cannot
// be refused: whoever orders has an account.
func (a Accounts) RememberBilling(id ID, b Billing) dynamo.Write {
	return a.change(accountKey(id), "SET b = :b", "", dynamo.Item{":b": billingValue(b)}, nil)
}

// LockName forbids changes of name and country, or allows them again, in the transaction of a proofing case.
// It cannot be refused.
func (a Accounts) LockName(id ID, locked bool) dynamo.Write {
	return a.change(accountKey(id), "SET lk = :lk", "", dynamo.Item{":lk": dynamo.Bool(locked)}, nil)
}

// LockNameAs is LockName for a case that goes by the name and the country that were read: ErrMoved if they are
// others by now.
func (a Accounts) LockNameAs(found Account) dynamo.Write {
	values := dynamo.Item{":lk": dynamo.Bool(true), ":g": dynamo.S(found.GivenName), ":fn": dynamo.S(found.FamilyName), ":c": dynamo.S(found.Country)}
	return a.change(accountKey(found.ID), "SET lk = :lk", "g = :g AND fn = :fn AND c = :c", values, func(stands dynamo.Item) error {
		if stands == nil {
			return ErrUnknown
		}
		there, err := readAccount(stands)
		switch {
		case err != nil:
			return err
		case there.GivenName != found.GivenName || there.FamilyName != found.FamilyName || there.Country != found.Country:
			return ErrMoved
		case there.NameLocked:
			return dynamo.ErrAlready
		}
		return nil
	})
}
