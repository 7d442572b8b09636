package proofing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
)

// person is what is known of somebody across accounts: when quizzes were begun and failures counted, for 30 days.
type person struct {
	digest   []byte
	version  int64
	quizzes  []time.Time
	failures []time.Time
}

func personKey(digest []byte) dynamo.Item {
	return dynamo.Item{"p": dynamo.S("p#" + hex.EncodeToString(digest))}
}

// person reads what is known of somebody at an instant; a nil digest is nobody.
func (s Cases) person(ctx context.Context, digest []byte, now time.Time) (person, error) {
	p := person{digest: digest}
	if digest == nil {
		return p, nil
	}
	item, err := s.DB.Get(ctx, s.Table, personKey(digest))
	if errors.Is(err, dynamo.ErrNone) {
		return p, nil
	}
	if err != nil {
		return p, fmt.Errorf("proofing: person: %w", err)
	}
	f := dynamo.Read(item)
	p.version = f.Int("v")
	for _, list := range []struct {
		name string
		into *[]time.Time
	}{{"q", &p.quizzes}, {"f", &p.failures}} {
		for _, v := range f.List(list.name) {
			if at := dynamo.Read(dynamo.Item{"t": v}).Time("t"); now.Before(at.Add(PersonLife)) {
				*list.into = append(*list.into, at)
			}
		}
	}
	if err := f.Err(); err != nil {
		return p, fmt.Errorf("proofing: person: %w", err)
	}
	return p, nil
}

// savePerson is the write of a changed person, under the version that was read.
func (s Cases) savePerson(p person, now time.Time) dynamo.Write {
	list := func(of []time.Time) dynamo.Value {
		out := make([]dynamo.Value, len(of))
		for i, t := range of {
			out[i] = dynamo.Ms(t)
		}
		return dynamo.L(out...)
	}
	mark := make([]byte, 12)
	_, _ = rand.Read(mark)
	item := personKey(p.digest)
	item["v"], item["m"] = dynamo.N(p.version+1), dynamo.B(mark)
	item["q"], item["f"] = list(p.quizzes), list(p.failures)
	item["x"] = dynamo.Lifetime(now.Add(PersonLife))
	return dynamo.Write{
		Table: s.Table, Key: personKey(p.digest),
		Item: types.TransactWriteItem{Put: &types.Put{
			TableName: &s.Table, Item: item,
			ConditionExpression:       aws.String("attribute_not_exists(p) OR v = :v"),
			ExpressionAttributeValues: dynamo.Item{":v": dynamo.N(p.version)},
		}},
		Judge: func(stands dynamo.Item) error {
			f := dynamo.Read(stands)
			switch {
			case len(stands) == 0:
				return nil
			case string(f.MayBytes("m")) == string(mark):
				return dynamo.ErrAlready
			case f.MayInt("v") == p.version:
				return nil
			}
			return errOvertaken
		},
	}
}
