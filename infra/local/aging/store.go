package aging

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/limit"
)

// Tables are the names of the tables that hold instants of an account.
type Tables struct {
	Accounts, Sessions, Orders, Licenses, Credentials, Phonebook, Limits, Cases, Slots string
}

// Ager moves accounts into the past.
type Ager struct {
	DB     *dynamodb.Client
	Tables Tables
	// Restart starts an execution of the workflow by its name, through the product's own outbox.
	Restart func(ctx context.Context, execution string) error
}

// Extent says how far, and whether sessions move too.
type Extent struct {
	By       time.Duration
	Sessions bool // their start and code login
	Idle     bool // their idle clock
}

// ErrNoAccount means that no account has the user ID.
var ErrNoAccount = account.ErrUnknown

// Age moves the account with this user ID. It is meant for an account that nobody uses at that moment.
func (a Ager) Age(ctx context.Context, userID string, e Extent) error {
	id := account.IDOf(userID)
	key := dynamo.Item{"p": dynamo.S("a#" + id.String())}
	found, err := a.DB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &a.Tables.Accounts, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return err
	}
	if found.Item == nil {
		return ErrNoAccount
	}
	f := dynamo.Read(found.Item)
	subjects := subjectsOf(id, f.Text("u"), f.Text("m"))
	if err := f.Err(); err != nil {
		return err
	}
	numbers, err := a.orders(ctx, id, e.By)
	if err != nil {
		return fmt.Errorf("orders: %w", err)
	}
	for what, move := range map[string]func() error{
		"licenses":   func() error { return a.licenses(ctx, id, numbers, e.By) },
		"credential": func() error { return a.credential(ctx, id, e.By) },
		"phonebook":  func() error { return a.phonebook(ctx, id, e.By) },
		"limits":     func() error { return a.limits(ctx, append(subjects, numbers...), e.By) },
		"sessions":   func() error { return a.sessions(ctx, id, e) },
		"cases":      func() error { return a.cases(ctx, id, e.By) },
	} {
		if err := move(); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

// subjectsOf lists what rules count this account by.
func subjectsOf(id account.ID, userID, email string) []string {
	subjects := []string{id.String()}
	for _, typed := range []string{strings.ToLower(userID), strings.ToLower(email)} {
		subjects = append(subjects, typed, typed+"\x00"+limit.Address("127.0.0.1"))
	}
	return subjects
}

// orders moves the account's orders and idempotency keys and returns the orders' numbers.
func (a Ager) orders(ctx context.Context, id account.ID, by time.Duration) ([]string, error) {
	var numbers []string
	err := a.each(ctx, a.Tables.Orders, func(item dynamo.Item) (bool, error) {
		f := dynamo.Read(item)
		p := f.Text("p")
		switch {
		case bytes.Equal(f.MayBytes("by"), id[:]):
			numbers = append(numbers, p)
			return true, shift(item, by, time.Millisecond, orderInstants)
		case strings.HasPrefix(p, "k#"+id.String()+"#"):
			if err := shift(item, by, time.Second, idempotencySeconds); err != nil {
				return false, err
			}
			return true, shift(item, by, time.Millisecond, orderInstants)
		}
		return false, f.Err()
	})
	return numbers, err
}

// licenses moves the license that the account entered, and those of its orders that nobody has.
func (a Ager) licenses(ctx context.Context, id account.ID, orders []string, by time.Duration) error {
	return a.each(ctx, a.Tables.Licenses, func(item dynamo.Item) (bool, error) {
		f := dynamo.Read(item)
		holder, order := f.MayBytes("h"), f.Text("o")
		mine := bytes.Equal(holder, id[:])
		if err := f.Err(); err != nil || !mine && (len(holder) > 0 || !slices.Contains(orders, order)) {
			return false, err
		}
		return true, shift(item, by, time.Millisecond, licenseInstants)
	})
}

func (a Ager) credential(ctx context.Context, id account.ID, by time.Duration) error {
	return a.each(ctx, a.Tables.Credentials, func(item dynamo.Item) (bool, error) {
		if !bytes.Equal(dynamo.Read(item).Bytes("p"), id[:]) {
			return false, nil
		}
		ended := dynamo.Read(item).MayTime("ex").Add(-by)
		if err := shift(item, by, time.Millisecond, credentialInstants); err != nil {
			return false, err
		}
		f := dynamo.Read(item)
		ends := credential.Expiry(f.Time("pa"), int(f.Int("te")))
		item["ex"] = dynamo.Ms(ends)
		if due := f.MayTime("da"); !due.IsZero() { // reminders stand by days from the expiry
			item["da"] = dynamo.Ms(due.Add(ends.Sub(ended)))
		}
		return true, f.Err()
	})
}

// phonebook moves the changes of the account's numbers; who has a number is no instant.
func (a Ager) phonebook(ctx context.Context, id account.ID, by time.Duration) error {
	return a.each(ctx, a.Tables.Phonebook, func(item dynamo.Item) (bool, error) {
		if !bytes.Equal(dynamo.Read(item).Bytes("p"), id[:]) {
			return false, nil
		}
		if err := shift(item, by, time.Second, changeSeconds); err != nil {
			return false, err
		}
		return true, shift(item, by, time.Millisecond, changeInstants)
	})
}

func (a Ager) limits(ctx context.Context, subjects []string, by time.Duration) error {
	return a.each(ctx, a.Tables.Limits, func(item dynamo.Item) (bool, error) {
		key := dynamo.Read(item).Text("p")
		name, _, _ := strings.Cut(key, "#")
		for _, subject := range subjects {
			if (limit.Rule{Name: name}).Key(subject) != key {
				continue
			}
			if err := shift(item, by, time.Second, limitSeconds); err != nil {
				return false, err
			}
			return true, shift(item, by, time.Millisecond, limitInstants)
		}
		return false, nil
	})
}

func (a Ager) sessions(ctx context.Context, id account.ID, e Extent) error {
	if !e.Sessions && !e.Idle {
		return nil
	}
	return a.each(ctx, a.Tables.Sessions, func(item dynamo.Item) (bool, error) {
		if !bytes.Equal(dynamo.Read(item).Bytes("p"), id[:]) {
			return false, nil
		}
		if e.Idle {
			if err := shift(item, e.By, time.Millisecond, sessionIdle); err != nil {
				return false, err
			}
		}
		if e.Sessions {
			if err := shift(item, e.By, time.Second, sessionSeconds); err != nil {
				return false, err
			}
			if err := shift(item, e.By, time.Millisecond, sessionInstants); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// each reads a whole table and writes back the items that move says it has changed.
func (a Ager) each(ctx context.Context, table string, move func(dynamo.Item) (bool, error)) error {
	pages := dynamodb.NewScanPaginator(a.DB, &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			moved, err := move(item)
			if err != nil {
				return err
			}
			if !moved {
				continue
			}
			if _, err := a.DB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
				return err
			}
		}
	}
	return nil
}
