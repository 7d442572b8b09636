package session

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/secret"
)

func key(id account.ID, digest []byte) dynamo.Item {
	return dynamo.Item{"p": dynamo.B(id[:]), "s": dynamo.B(digest)}
}

func item(s Session) dynamo.Item {
	it := key(s.Account, digest(s.token))
	it["i"], it["u"], it["g"], it["fn"] = dynamo.S(s.ID), dynamo.S(s.UserID), dynamo.S(s.GivenName), dynamo.S(s.FamilyName)
	it["k"], it["at"], it["l"], it["f"] = dynamo.S(string(s.Strength)), dynamo.Ms(s.StartedAt), dynamo.Ms(s.SeenAt), dynamo.S(s.From)
	it["x"] = dynamo.Lifetime(s.ExpiresAt())
	if !s.CodeAt.IsZero() {
		it["o"] = dynamo.Ms(s.CodeAt)
	}
	if s.Door.Phone != "" {
		it["op"], it["oa"] = dynamo.S(s.Door.Phone), dynamo.Ms(s.Door.AddedAt)
	}
	if len(s.Roles) > 0 {
		roles := make([]types.AttributeValue, len(s.Roles))
		for i, r := range s.Roles {
			roles[i] = dynamo.S(r)
		}
		it["r"] = dynamo.L(roles...)
	}
	return it
}

func read(it dynamo.Item) (Session, error) {
	f := dynamo.Read(it)
	s := Session{
		ID: f.Text("i"), UserID: f.Text("u"), GivenName: f.Text("g"), FamilyName: f.Text("fn"), Strength: Strength(f.Text("k")),
		StartedAt: f.Time("at"), SeenAt: f.Time("l"), CodeAt: f.MayTime("o"), From: f.Text("f"),
		Door: Door{Phone: f.MayText("op"), AddedAt: f.MayTime("oa")},
	}
	if f.Has("r") {
		for _, v := range f.List("r") {
			if role, ok := v.(*types.AttributeValueMemberS); ok {
				s.Roles = append(s.Roles, role.Value)
			}
		}
	}
	if f.Has("d") {
		s.raised = &raised{until: f.Time("d"), challenge: f.Text("dc"), proof: f.Bytes("dv")}
	}
	id, err := account.IDFromBytes(f.Bytes("p"))
	if err == nil {
		err = f.Err()
	}
	if err == nil && s.Strength != Password && s.Strength != PhoneOTP {
		err = fmt.Errorf("session: unknown strength %q", s.Strength)
	}
	s.Account = id
	return s, err
}

// touch moves the idle clock of a session that has not ended, at most once a minute whoever else does.
func (s Sessions) touch(ctx context.Context, found Session, now time.Time) (dynamo.Item, error) {
	return s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: key(found.Account, digest(found.token)),
		UpdateExpression:          aws.String("SET #l = :now"),
		ConditionExpression:       aws.String("attribute_exists(p) AND attribute_not_exists(#d) AND #l <= :before"),
		ExpressionAttributeNames:  map[string]string{"#l": "l", "#d": "d"},
		ExpressionAttributeValues: dynamo.Item{":now": dynamo.Ms(now), ":before": dynamo.Ms(now.Add(-idleStep))},
	})
}

// stored is a session with the key it lies under.
type stored struct {
	Session
	key dynamo.Item
}

// all lists everything that lies in the table for an account, with one strongly consistent query.
func (s Sessions) all(ctx context.Context, id account.ID) ([]stored, error) {
	items, err := s.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &s.Table, KeyConditionExpression: aws.String("p = :p"), ConsistentRead: aws.Bool(true),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.B(id[:])},
	})
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	found := make([]stored, 0, len(items))
	for _, it := range items {
		one, err := read(it)
		if err != nil {
			return nil, fmt.Errorf("sessions: %w", err)
		}
		found = append(found, stored{one, dynamo.Item{"p": it["p"], "s": it["s"]}})
	}
	return found, nil
}

// start puts a new session. Its token is random or derived, so nothing stands in its place.
func (s Sessions) start(one Session) dynamo.Write {
	return dynamo.Write{
		Table: s.Table, Key: key(one.Account, digest(one.token)),
		Item: types.TransactWriteItem{Put: &types.Put{TableName: &s.Table, Item: item(one)}},
	}
}

// forget removes whatever session a token names. It cannot be refused.
func (s Sessions) forget(token secret.Text) (dynamo.Write, bool) {
	id, ok := readToken(token)
	if !ok {
		return dynamo.Write{}, false
	}
	k := key(id, digest(token))
	return dynamo.Write{Table: s.Table, Key: k, Item: types.TransactWriteItem{Delete: &types.Delete{TableName: &s.Table, Key: k}}}, true
}

// end removes a session. It is refused with account.ErrMoved if the session has been raised meanwhile and so
// lives on under another token.
func (s Sessions) end(k dynamo.Item) dynamo.Write {
	return dynamo.Write{
		Table: s.Table, Key: k,
		Item: types.TransactWriteItem{Delete: &types.Delete{
			TableName: &s.Table, Key: k, ConditionExpression: aws.String("attribute_not_exists(#d)"),
			ExpressionAttributeNames: map[string]string{"#d": "d"},
		}},
		Judge: func(stands dynamo.Item) error {
			switch {
			case stands == nil:
				return dynamo.ErrAlready
			case stands["d"] != nil:
				return account.ErrMoved
			}
			return nil
		},
	}
}

// bury makes a tombstone of a live session that is raised.
func (s Sessions) bury(cur Session, t raised, same func(raised) bool) dynamo.Write {
	k := key(cur.Account, digest(cur.token))
	return dynamo.Write{
		Table: s.Table, Key: k,
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: k,
			UpdateExpression:         aws.String("SET #d = :d, dc = :dc, dv = :dv, x = :x"),
			ConditionExpression:      aws.String("attribute_exists(p) AND attribute_not_exists(#d)"),
			ExpressionAttributeNames: map[string]string{"#d": "d"},
			ExpressionAttributeValues: dynamo.Item{
				":d": dynamo.Ms(t.until), ":dc": dynamo.S(t.challenge), ":dv": dynamo.B(t.proof), ":x": dynamo.Lifetime(t.until),
			},
		}},
		Judge: func(stands dynamo.Item) error {
			if stands == nil {
				return ErrNotSignedIn
			}
			there, err := read(stands)
			switch {
			case err != nil:
				return err
			case !there.Raised():
				return nil
			case same(*there.raised):
				return dynamo.ErrAlready
			}
			return ErrNotSignedIn
		},
	}
}

// rename is a session's snapshot of the person's name, changed with the account's.
func (s Sessions) rename(cur Session, given, family string) dynamo.Write {
	k := key(cur.Account, digest(cur.token))
	return dynamo.Write{
		Table: s.Table, Key: k,
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: k, UpdateExpression: aws.String("SET g = :g, fn = :fn"),
			ConditionExpression:       aws.String("attribute_exists(p)"),
			ExpressionAttributeValues: dynamo.Item{":g": dynamo.S(given), ":fn": dynamo.S(family)},
		}},
		Judge: func(stands dynamo.Item) error {
			if stands == nil {
				return ErrNotSignedIn
			}
			return nil
		},
	}
}
