package support

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
)

// Approvals is the table of what waits for a second person. It is safe for concurrent use.
type Approvals struct {
	DB    *dynamo.DB
	Table string
}

func approvalKey(id account.ID) dynamo.Item { return dynamo.Item{"p": dynamo.S(id.String())} }

// newApprovalID names an approval of an account: the account's id and 12 random symbols.
func newApprovalID(id account.ID) string {
	return id.String() + "-" + strings.ToLower(rand.Text()[:12])
}

// accountOf is whose approval an id names. It returns ErrApprovalUnknown for what cannot be one.
func accountOf(id string) (account.ID, error) {
	whose, random, _ := strings.Cut(id, "-")
	found, err := account.ParseID(whose)
	if err != nil || len(random) != 12 {
		return account.ID{}, ErrApprovalUnknown
	}
	return found, nil
}

// find reads the newest approval of an account. It returns ErrApprovalUnknown.
func (s Approvals) find(ctx context.Context, of account.ID) (Approval, error) {
	item, err := s.DB.Get(ctx, s.Table, approvalKey(of))
	if errors.Is(err, dynamo.ErrNone) {
		return Approval{}, ErrApprovalUnknown
	}
	if err != nil {
		return Approval{}, fmt.Errorf("approval: %w", err)
	}
	return readApproval(item)
}

// listed is how many open approvals a list shows.
const listed = 100

// open lists what waits for a second person now, the oldest first. The index follows the table within moments.
func (s Approvals) open(ctx context.Context, now time.Time) ([]Approval, error) {
	items, err := s.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &s.Table, IndexName: aws.String("open"), Limit: aws.Int32(listed),
		KeyConditionExpression:    aws.String("o = :open AND un > :now"),
		ExpressionAttributeValues: dynamo.Item{":open": dynamo.S("open"), ":now": dynamo.Ms(now)},
	})
	if err != nil {
		return nil, fmt.Errorf("open approvals: %w", err)
	}
	all := make([]Approval, 0, len(items))
	for _, item := range items {
		a, err := readApproval(item)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// errOpen tells that an approval waits already.
var errOpen = errors.New("support: an approval is open")

// ask is the write of a new approval, in the place of one that was decided or has expired; else errOpen.
func (s Approvals) ask(a Approval) dynamo.Write {
	key := approvalKey(a.Of)
	item := dynamo.Item{
		"p": key["p"], "i": dynamo.S(a.ID), "o": dynamo.S("open"), "st": dynamo.S(string(Open)), "w": dynamo.S(string(a.Act)), "y": dynamo.S(a.Reason),
		"u": dynamo.S(a.UserID), "by": dynamo.B(a.By[:]), "bu": dynamo.S(a.ByUserID), "at": dynamo.Ms(a.At), "un": dynamo.Ms(a.ExpiresAt()),
		"x": dynamo.Lifetime(a.ExpiresAt().Add(keep)),
	}
	if a.GivenName != "" {
		item["g"], item["fn"] = dynamo.S(a.GivenName), dynamo.S(a.FamilyName)
	}
	return dynamo.Write{
		Table: s.Table, Key: key,
		Item: types.TransactWriteItem{Put: &types.Put{
			TableName: &s.Table, Item: item, ConditionExpression: aws.String("attribute_not_exists(p) OR st <> :open OR un <= :now"),
			ExpressionAttributeValues: dynamo.Item{":open": dynamo.S(string(Open)), ":now": dynamo.Ms(a.At)},
		}},
		Judge: func(item dynamo.Item) error {
			if item == nil {
				return nil
			}
			stands, err := readApproval(item)
			switch {
			case err != nil:
				return err
			case stands.ID == a.ID:
				return dynamo.ErrAlready
			case stands.stateAt(a.At) == Open:
				return errOpen
			}
			return nil
		},
	}
}

// decide is the write of a decision about an approval that is open; errMoved if it is not any more.
func (s Approvals) decide(a Approval, to State, by account.ID, now time.Time) dynamo.Write {
	key := approvalKey(a.Of)
	return dynamo.Write{
		Table: s.Table, Key: key,
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: key, UpdateExpression: aws.String("SET st = :to, db = :by, da = :now REMOVE o"),
			ConditionExpression: aws.String("i = :id AND st = :open AND un > :now"),
			ExpressionAttributeValues: dynamo.Item{
				":to": dynamo.S(string(to)), ":by": dynamo.B(by[:]), ":now": dynamo.Ms(now), ":id": dynamo.S(a.ID), ":open": dynamo.S(string(Open)),
			},
		}},
		Judge: func(item dynamo.Item) error {
			if item == nil {
				return errMoved
			}
			stands, err := readApproval(item)
			if err == nil && (stands.ID != a.ID || stands.stateAt(now) != Open) {
				return errMoved
			}
			return err
		},
	}
}

func readApproval(item dynamo.Item) (Approval, error) {
	f := dynamo.Read(item)
	a := Approval{
		ID: f.Text("i"), State: State(f.Text("st")), Act: Name(f.Text("w")), Reason: f.Text("y"), UserID: f.Text("u"), ByUserID: f.Text("bu"),
		At: f.Time("at"), GivenName: f.MayText("g"), FamilyName: f.MayText("fn"),
	}
	var err error
	if a.Of, err = account.ParseID(f.Text("p")); err != nil {
		return Approval{}, fmt.Errorf("approval: %w", err)
	}
	if a.By, err = account.IDFromBytes(f.Bytes("by")); err != nil {
		return Approval{}, fmt.Errorf("approval: %w", err)
	}
	switch a.State {
	case Open, Approved, Refused:
	default:
		return Approval{}, fmt.Errorf("approval: unknown state %q", a.State)
	}
	if err := f.Err(); err != nil {
		return Approval{}, fmt.Errorf("approval: %w", err)
	}
	return a, nil
}
