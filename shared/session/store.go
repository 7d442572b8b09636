package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/secret"
)

func key(owner account.ID, id string) dynamo.Item {
	return dynamo.Item{"p": dynamo.B(owner[:]), "s": dynamo.B([]byte(id))}
}

// item is a session that begins.
func item(s Session) dynamo.Item {
	it := key(s.Account, s.ID)
	it["t"], it["u"], it["g"], it["fn"] = dynamo.B(digest(s.token)), dynamo.S(s.UserID), dynamo.S(s.GivenName), dynamo.S(s.FamilyName)
	it["k"], it["at"], it["l"], it["f"] = dynamo.S(string(s.Strength)), dynamo.Ms(s.StartedAt), dynamo.Ms(s.SeenAt), dynamo.S(s.From)
	it["x"] = dynamo.Lifetime(s.ExpiresAt())
	if len(s.Roles) > 0 {
		roles := make([]types.AttributeValue, len(s.Roles))
		for i, r := range s.Roles {
			roles[i] = dynamo.S(r)
		}
		it["r"] = dynamo.L(roles...)
	}
	return it
}

// read is a session as it stands, whoever asks.
func read(it dynamo.Item) (Session, error) {
	f := dynamo.Read(it)
	s := Session{
		ID: string(f.Bytes("s")), UserID: f.Text("u"), GivenName: f.Text("g"), FamilyName: f.Text("fn"), Strength: Strength(f.Text("k")),
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
	id, err := account.IDFromBytes(f.Bytes("p"))
	if err == nil {
		err = f.Err()
	}
	if err == nil && s.Strength != Password && s.Strength != PhoneOTP {
		err = fmt.Errorf("unknown strength %q", s.Strength)
	}
	if err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	s.Account = id
	return s, nil
}

// open is the session of an item as a token opens it: by its last one, or raised, by the one before. Any other
// token, and nothing, is ErrNotSignedIn.
func open(it dynamo.Item, token secret.Text) (Session, error) {
	if len(it) == 0 {
		return Session{}, ErrNotSignedIn
	}
	s, err := read(it)
	if err != nil {
		return Session{}, err
	}
	f, presented := dynamo.Read(it), digest(token)
	switch last := f.Bytes("t"); {
	case same(presented, last):
	case same(presented, f.MayBytes("dt")):
		s.raised = &raised{into: last, until: f.Time("d"), challenge: f.Text("dc"), proof: f.Bytes("dv")}
	default:
		return Session{}, ErrNotSignedIn
	}
	if err := f.Err(); err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	s.token = token
	return s, nil
}

// byID reads a session of an account by its id. It returns ErrSessionUnknown if there is none.
func (s Sessions) byID(ctx context.Context, owner account.ID, id string) (Session, error) {
	if len(id) != idSize {
		return Session{}, ErrSessionUnknown
	}
	it, err := s.DB.Get(ctx, s.Table, key(owner, id))
	if errors.Is(err, dynamo.ErrNone) {
		return Session{}, ErrSessionUnknown
	}
	if err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	return read(it)
}

// all lists the sessions of an account, live or over, with one strongly consistent query.
func (s Sessions) all(ctx context.Context, id account.ID) ([]Session, error) {
	items, err := s.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &s.Table, KeyConditionExpression: aws.String("p = :p"), ConsistentRead: aws.Bool(true),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.B(id[:])},
	})
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	found := make([]Session, len(items))
	for i, it := range items {
		if found[i], err = read(it); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// touch moves the idle clock of a session that has neither ended nor been raised, at most once a minute whoever
// else does.
func (s Sessions) touch(ctx context.Context, found Session, now time.Time) (dynamo.Item, error) {
	return s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: key(found.Account, found.ID),
		UpdateExpression:    aws.String("SET l = :now"),
		ConditionExpression: aws.String("t = :t AND l <= :before"),
		ExpressionAttributeValues: dynamo.Item{
			":now": dynamo.Ms(now), ":before": dynamo.Ms(now.Add(-idleStep)), ":t": dynamo.B(digest(found.token)),
		},
	})
}

// start puts a new session. Its id is random, so nothing stands in its place.
func (s Sessions) start(one Session) dynamo.Write {
	return dynamo.Write{
		Table: s.Table, Key: key(one.Account, one.ID),
		Item: types.TransactWriteItem{Put: &types.Put{TableName: &s.Table, Item: item(one)}},
	}
}

// errStale: a token opens no session any more, though the session is there.
var errStale = errors.New("session: another token opens it")

// forget removes the session that a token opens, if there is one. It is refused with errStale if another token
// opens it: where a session lies is no secret, so a token that is not its last must not end it.
func (s Sessions) forget(token secret.Text) (dynamo.Write, bool) {
	owner, id, ok := readToken(token)
	if !ok {
		return dynamo.Write{}, false
	}
	k, presented := key(owner, id), digest(token)
	return dynamo.Write{
		Table: s.Table, Key: k,
		Item: types.TransactWriteItem{Delete: &types.Delete{
			TableName: &s.Table, Key: k, ConditionExpression: aws.String("attribute_not_exists(p) OR t = :t"),
			ExpressionAttributeValues: dynamo.Item{":t": dynamo.B(presented)},
		}},
		Judge: func(stands dynamo.Item) error {
			if stands == nil || same(presented, dynamo.Read(stands).MayBytes("t")) {
				return nil
			}
			return errStale
		},
	}, true
}

// end removes a session, whichever token opens it by then. It cannot be refused.
func (s Sessions) end(one Session) dynamo.Write {
	k := key(one.Account, one.ID)
	return dynamo.Write{Table: s.Table, Key: k, Item: types.TransactWriteItem{Delete: &types.Delete{TableName: &s.Table, Key: k}}}
}

// raise gives a session its next token and keeps what the last one still answers, whatever was kept before. It is
// judged as done by the next token: nobody else makes that one.
func (s Sessions) raise(cur, next Session, t raised) dynamo.Write {
	k, last := key(cur.Account, cur.ID), digest(cur.token)
	set := "SET t = :t, dt = :last, d = :d, dc = :dc, dv = :dv, l = :l"
	values := dynamo.Item{
		":t": dynamo.B(t.into), ":last": dynamo.B(last), ":d": dynamo.Ms(t.until), ":dc": dynamo.S(t.challenge), ":dv": dynamo.B(t.proof),
		":l": dynamo.Ms(next.SeenAt),
	}
	if next.Strength == PhoneOTP {
		set += ", k = :k, o = :o, op = :op, oa = :oa"
		values[":k"], values[":o"] = dynamo.S(string(next.Strength)), dynamo.Ms(next.CodeAt)
		values[":op"], values[":oa"] = dynamo.S(next.Door.Phone), dynamo.Ms(next.Door.AddedAt)
	}
	return dynamo.Write{
		Table: s.Table, Key: k,
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: k, UpdateExpression: &set, ConditionExpression: aws.String("t = :last"), ExpressionAttributeValues: values,
		}},
		Judge: func(stands dynamo.Item) error {
			switch there := dynamo.Read(stands).MayBytes("t"); {
			case same(there, last):
				return nil
			case same(there, t.into):
				return dynamo.ErrAlready
			}
			return ErrNotSignedIn
		},
	}
}

// Renamed is the write that takes a change of the person's name over into the session that made it. Other
// sessions keep the name they began with. It is refused with ErrNotSignedIn if the session has ended.
func (s Sessions) Renamed(cur Session, given, family string) dynamo.Write {
	k := key(cur.Account, cur.ID)
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
