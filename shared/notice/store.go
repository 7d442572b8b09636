package notice

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
)

func key(id string) dynamo.Item { return dynamo.Item{"p": dynamo.S(id)} }

func (o *Outbox) item(id string, n Notice, now time.Time) dynamo.Item {
	return dynamo.Item{
		"p": dynamo.S(id), "k": dynamo.S(string(n.Kind)), "v": dynamo.B(o.seal(id, n.body)), "at": dynamo.Ms(now),
		"ds": dynamo.S(shard(id)), "da": dynamo.Ms(now.Add(sweepAfter)),
	}
}

func (o *Outbox) put(id string, item dynamo.Item) dynamo.Write {
	return dynamo.Write{Table: o.table, Key: key(id), Item: types.TransactWriteItem{Put: &types.Put{TableName: &o.table, Item: item}}}
}

// create puts a notice whose id must be free; taken is what it means that it is not.
func (o *Outbox) create(id string, item dynamo.Item, taken error) dynamo.Write {
	return dynamo.Create(o.table, key(id), item, func(stands dynamo.Item) error {
		if len(stands) == 0 {
			return nil
		}
		return taken
	})
}

// Take gives the notice to one sender for 50 seconds and opens it. It returns ErrGone if nothing is left to
// send and ErrTaken if another sender has it.
func (o *Outbox) Take(ctx context.Context, id string, now time.Time) (Taken, error) {
	by := rand.Text()
	item, err := o.db.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &o.table, Key: key(id),
		UpdateExpression:    aws.String("SET c = :until, w = :by ADD n :one"),
		ConditionExpression: aws.String("attribute_exists(v) AND (attribute_not_exists(c) OR c <= :now)"),
		ExpressionAttributeValues: dynamo.Item{
			":until": dynamo.Ms(now.Add(takenFor)), ":by": dynamo.S(by), ":one": dynamo.N(1), ":now": dynamo.Ms(now),
		},
	})
	if refused, ok := errors.AsType[*dynamo.Refused](err); ok {
		stands := dynamo.Read(refused.Stands)
		switch {
		case !stands.Has("v"):
			return Taken{}, ErrGone
		case stands.MayText("w") != by:
			return Taken{}, ErrTaken
		}
		item, err = refused.Stands, nil // our own taking, whose answer was lost
	}
	if err != nil {
		return Taken{}, fmt.Errorf("take notice: %w", err)
	}
	f := dynamo.Read(item)
	t := Taken{ID: id, Kind: Kind(f.Text("k")), by: by}
	sealed := f.Bytes("v")
	if err := f.Err(); err != nil {
		return Taken{}, fmt.Errorf("take notice %s: %w", id, err)
	}
	if t.body, err = o.open(id, sealed); err != nil {
		return Taken{}, fmt.Errorf("take notice %s: %w", id, err)
	}
	return t, nil
}

// MarkSent ends a notice that the supplier has accepted: its sealed part is erased. Marking again is success.
func (o *Outbox) MarkSent(ctx context.Context, t Taken, now time.Time) error {
	return o.end(ctx, t, "sent", now)
}

// MarkRefused ends a notice that can never arrive (the supplier refuses its receiver), like MarkSent.
func (o *Outbox) MarkRefused(ctx context.Context, t Taken, now time.Time) error {
	return o.end(ctx, t, "refused", now)
}

func (o *Outbox) end(ctx context.Context, t Taken, how string, now time.Time) error {
	_, err := o.db.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &o.table, Key: key(t.ID),
		UpdateExpression:    aws.String("SET s = :now, e = :how, x = :life REMOVE v, ds, da, c, w"),
		ConditionExpression: aws.String("attribute_exists(v)"),
		ExpressionAttributeValues: dynamo.Item{
			":now": dynamo.Ms(now), ":how": dynamo.S(how), ":life": dynamo.Lifetime(now.Add(keptFor)),
		},
	})
	if _, ended := errors.AsType[*dynamo.Refused](err); ended {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mark notice %s %s: %w", t.ID, how, err)
	}
	return nil
}

// Release gives a notice back unsent, for the next try. If it has gone on to somebody else, nothing changes.
func (o *Outbox) Release(ctx context.Context, t Taken) error {
	_, err := o.db.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &o.table, Key: key(t.ID),
		UpdateExpression:          aws.String("REMOVE c, w"),
		ConditionExpression:       aws.String("w = :by"),
		ExpressionAttributeValues: dynamo.Item{":by": dynamo.S(t.by)},
	})
	if _, gone := errors.AsType[*dynamo.Refused](err); gone {
		return nil
	}
	if err != nil {
		return fmt.Errorf("release notice %s: %w", t.ID, err)
	}
	return nil
}

// unsent is a notice that the sweep may take up.
type unsent struct {
	id string
	at int64 // ms: what da was when it was found
}

// due finds up to limit unsent notices of one shard whose moment has come, the longest waiting first.
func (s *Sweeper) due(ctx context.Context, shard int, now time.Time, limit int32) ([]unsent, error) {
	items, err := s.db.Query(ctx, &dynamodb.QueryInput{
		TableName: &s.table, IndexName: aws.String("due"), Limit: &limit,
		KeyConditionExpression:    aws.String("ds = :shard AND da <= :now"),
		ExpressionAttributeValues: dynamo.Item{":shard": dynamo.S(strconv.Itoa(shard)), ":now": dynamo.Ms(now)},
	})
	if err != nil {
		return nil, fmt.Errorf("find due notices: %w", err)
	}
	found := make([]unsent, 0, len(items))
	for _, item := range items {
		f := dynamo.Read(item)
		found = append(found, unsent{id: f.Text("p"), at: f.Int("da")})
		if err := f.Err(); err != nil {
			return nil, fmt.Errorf("find due notices: %w", err)
		}
	}
	return found, nil
}

// postpone moves the notice's next sweep five minutes from now, so that one sweep alone takes it up. mine is
// false if it was sent, another sweep was first, or its seven days are over, which takes it out of the index.
func (s *Sweeper) postpone(ctx context.Context, d unsent, now time.Time) (mine bool, err error) {
	oldest := now.Add(-sweepFor)
	_, err = s.db.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: key(d.id),
		UpdateExpression:         aws.String("SET da = :next"),
		ConditionExpression:      aws.String("da = :found AND #at > :oldest"),
		ExpressionAttributeNames: map[string]string{"#at": "at"},
		ExpressionAttributeValues: dynamo.Item{
			":next": dynamo.Ms(now.Add(sweepAfter)), ":found": dynamo.N(d.at), ":oldest": dynamo.Ms(oldest),
		},
	})
	refused, ok := errors.AsType[*dynamo.Refused](err)
	switch {
	case ok && dynamo.Read(refused.Stands).MayTime("at").After(oldest), ok && len(refused.Stands) == 0:
		return false, nil
	case ok:
		return false, s.giveUp(ctx, d)
	case err != nil:
		return false, fmt.Errorf("postpone notice %s: %w", d.id, err)
	}
	return true, nil
}

func (s *Sweeper) giveUp(ctx context.Context, d unsent) error {
	_, err := s.db.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: key(d.id),
		UpdateExpression:          aws.String("REMOVE ds, da"),
		ConditionExpression:       aws.String("da = :found"),
		ExpressionAttributeValues: dynamo.Item{":found": dynamo.N(d.at)},
	})
	if _, gone := errors.AsType[*dynamo.Refused](err); err != nil && !gone {
		return fmt.Errorf("give up notice %s: %w", d.id, err)
	}
	return nil
}
