package proofing

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
)

// Cases is the table of cases. It is safe for concurrent use.
type Cases struct {
	DB    *dynamo.DB
	Table string
	Keys  *Keys
}

// shards spread the index due.
const shards = 4

// looked is after how long the sweep looks at an open case again: that its workflow lives.
const looked = 15 * time.Minute

// page is how many due cases of a shard one sweep looks at.
const page = 500

// ErrMoved: somebody else has changed the case, or what lies beside it, meanwhile. Who meets it reads it again. It is a
// license.ErrMoved too: cases are moved in transactions of licenses.
var ErrMoved = fmt.Errorf("proofing: the case was changed meanwhile: %w", license.ErrMoved)

func caseKey(id ID) dynamo.Item { return dynamo.Item{"p": dynamo.S("c#" + string(id))} }

func shard(id ID) dynamo.Value {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return dynamo.S(strconv.FormatUint(uint64(h.Sum32()%shards), 10))
}

// Find reads a case consistently. It returns ErrNone if there is none.
func (s Cases) Find(ctx context.Context, id ID) (Case, error) {
	item, err := s.DB.Get(ctx, s.Table, caseKey(id))
	if errors.Is(err, dynamo.ErrNone) {
		return Case{}, ErrNone
	}
	if err != nil {
		return Case{}, fmt.Errorf("proofing: %w", err)
	}
	return readCase(item)
}

// mayGo are the attributes that a case need not have: a save removes those that it has no more.
var mayGo = []string{"pe", "qz", "ap", "rv", "ac", "me", "dt", "rf", "fl", "ag"}

// save is the write of a change, under the version that was read. The task token stands as it is.
func (s Cases) save(before, after Case, now time.Time) dynamo.Write {
	item := after.item()
	mark := make([]byte, 12)
	_, _ = rand.Read(mark)
	item["m"] = dynamo.B(mark)
	gone := []string{}
	if after.State.Open() {
		item["ds"], item["da"] = shard(after.ID), dynamo.Ms(now.Add(looked))
	} else {
		gone = append(gone, "ds", "da") // the token stays: the step that waits has yet to be told of the end
	}
	for _, name := range mayGo {
		if item[name] == nil {
			gone = append(gone, name)
		}
	}
	names, values := map[string]string{"#v": "v"}, dynamo.Item{":before": dynamo.N(before.Version)}
	var sets, removes []string
	for name, v := range item {
		names["#"+name], values[":"+name] = name, v
		sets = append(sets, "#"+name+" = :"+name)
	}
	for _, name := range gone {
		names["#"+name] = name
		removes = append(removes, "#"+name)
	}
	update := "SET " + strings.Join(sets, ", ")
	if len(removes) > 0 {
		update += " REMOVE " + strings.Join(removes, ", ")
	}
	return dynamo.Write{
		Table: s.Table, Key: caseKey(after.ID),
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &s.Table, Key: caseKey(after.ID), UpdateExpression: &update, ConditionExpression: aws.String("#v = :before"),
			ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		}},
		Judge: func(stands dynamo.Item) error {
			f := dynamo.Read(stands)
			switch {
			case string(f.MayBytes("m")) == string(mark):
				return dynamo.ErrAlready
			case f.MayInt("v") == before.Version:
				return nil
			}
			return ErrMoved
		},
	}
}

// wait stores a sealed token under the version and generation that the step has seen, or returns ErrMoved.
func (s Cases) wait(ctx context.Context, id ID, generation, version int64, sealed []byte) error {
	_, err := s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: caseKey(id),
		UpdateExpression:    aws.String("SET tk = :token, tv = :v, tg = :g"),
		ConditionExpression: aws.String("v = :v AND g = :g AND attribute_exists(ds)"),
		ExpressionAttributeValues: dynamo.Item{
			":token": dynamo.B(sealed), ":v": dynamo.N(version), ":g": dynamo.N(generation),
		},
	})
	if _, moved := errors.AsType[*dynamo.Refused](err); moved {
		return ErrMoved
	}
	if err != nil {
		return fmt.Errorf("proofing: wait: %w", err)
	}
	return nil
}

// due finds the open cases that the sweep should look at.
func (s Cases) due(ctx context.Context, now time.Time) ([]ID, error) {
	var ids []ID
	for n := range shards {
		items, err := s.DB.Query(ctx, &dynamodb.QueryInput{
			TableName: &s.Table, IndexName: aws.String("due"), Limit: aws.Int32(page),
			KeyConditionExpression:    aws.String("ds = :shard AND da <= :now"),
			ExpressionAttributeValues: dynamo.Item{":shard": dynamo.S(strconv.Itoa(n)), ":now": dynamo.Ms(now)},
		})
		if err != nil {
			return nil, fmt.Errorf("proofing: due cases: %w", err)
		}
		for _, item := range items {
			f := dynamo.Read(item)
			ids = append(ids, ID(strings.TrimPrefix(f.Text("p"), "c#")))
			if err := f.Err(); err != nil {
				return nil, fmt.Errorf("proofing: due cases: %w", err)
			}
		}
	}
	return ids, nil
}

// postpone moves the sweep's next look at an open case that is well.
func (s Cases) postpone(ctx context.Context, c Case, now time.Time) error {
	_, err := s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: caseKey(c.ID),
		UpdateExpression:          aws.String("SET da = :next"),
		ConditionExpression:       aws.String("v = :v AND attribute_exists(ds)"),
		ExpressionAttributeValues: dynamo.Item{":next": dynamo.Ms(now.Add(looked)), ":v": dynamo.N(c.Version)},
	})
	if _, moved := errors.AsType[*dynamo.Refused](err); moved || err == nil {
		return nil
	}
	return fmt.Errorf("proofing: postpone: %w", err)
}

// open is the write that opens a case. Its license can be entered once, so what stands there is this very case.
func (s Cases) open(c Case, now time.Time) dynamo.Write {
	item := c.item()
	item["p"] = caseKey(c.ID)["p"]
	item["ds"], item["da"] = shard(c.ID), dynamo.Ms(now.Add(looked))
	return dynamo.Create(s.Table, caseKey(c.ID), item, func(stands dynamo.Item) error {
		if len(stands) == 0 {
			return nil
		}
		return dynamo.ErrAlready
	})
}

// item is the case without its key, its index and its task token.
func (c Case) item() dynamo.Item {
	consents := make([]dynamo.Value, len(c.Consents))
	for i, k := range c.Consents {
		consents[i] = dynamo.M(dynamo.Item{"h": dynamo.S(k.How), "t": dynamo.S(k.Version), "d": dynamo.B(k.Hash), "at": dynamo.Ms(k.At), "f": dynamo.S(k.From)})
	}
	item := dynamo.Item{
		"a": dynamo.B(c.Account[:]), "li": dynamo.B(c.License), "pr": dynamo.S(c.Product), "st": dynamo.S(string(c.State)),
		"v": dynamo.N(c.Version), "g": dynamo.N(c.Generation), "at": dynamo.Ms(c.OpenedAt), "tt": dynamo.Ms(c.TouchedAt),
		"f": dynamo.N(c.Failures), "q": dynamo.N(c.Quizzes), "co": dynamo.L(consents...),
	}
	if c.Person != nil {
		item["pe"] = dynamo.B(c.Person)
	}
	if q := c.Quiz; q != nil {
		quiz := dynamo.Item{"i": dynamo.S(q.ID), "e": dynamo.Ms(q.Deadline), "u": dynamo.Bool(q.Submitted), "r": dynamo.Bool(q.replaces)}
		if q.sealed != nil {
			quiz["s"] = dynamo.B(q.sealed)
		}
		item["qz"] = dynamo.M(quiz)
	}
	if b := c.Booking; b != nil {
		item["ap"] = dynamo.M(dynamo.Item{
			"i": dynamo.S(b.ID), "g": dynamo.S(b.Schedule), "at": dynamo.Ms(b.StartsAt), "en": dynamo.Ms(b.EndsAt), "z": dynamo.S(b.Zone),
			"n": dynamo.N(b.Sequence), "r": dynamo.N(b.Reminded),
		})
	}
	if r := c.Review; r != nil {
		item["rv"] = dynamo.M(dynamo.Item{
			"i": dynamo.S(r.Appointment), "a": dynamo.B(r.Agent[:]), "n": dynamo.S(r.NameClass), "at": dynamo.Ms(r.At), "w": dynamo.S(r.Why),
		})
	}
	if k := c.Code; k != nil {
		item["ac"] = dynamo.M(dynamo.Item{"d": dynamo.B(k.digest), "e": dynamo.Ms(k.ExpiresAt), "at": dynamo.Ms(k.PassedAt), "b": dynamo.B(k.Agent[:])})
	}
	if c.Method != "" {
		item["me"] = dynamo.S(c.Method)
	}
	if !c.DecidedAt.IsZero() {
		item["dt"] = dynamo.Ms(c.DecidedAt)
	}
	if c.Reference != "" {
		item["rf"] = dynamo.S(c.Reference)
	}
	if c.Flagged {
		item["fl"] = dynamo.Bool(true)
	}
	if c.Again {
		item["ag"] = dynamo.Bool(true)
	}
	return item
}

func readCase(item dynamo.Item) (Case, error) {
	f := dynamo.Read(item)
	c := Case{
		ID: ID(strings.TrimPrefix(f.Text("p"), "c#")), License: f.Bytes("li"), Product: f.Text("pr"), State: State(f.Text("st")),
		Version: f.Int("v"), Generation: f.Int("g"), OpenedAt: f.Time("at"), TouchedAt: f.Time("tt"), Failures: int(f.Int("f")), Quizzes: int(f.Int("q")),
		Person: f.MayBytes("pe"), Method: f.MayText("me"), DecidedAt: f.MayTime("dt"), Reference: f.MayText("rf"), Flagged: f.Flag("fl"), Again: f.Flag("ag"),
		token: f.MayBytes("tk"), tokenVersion: f.MayInt("tv"), tokenGeneration: f.MayInt("tg"),
	}
	var err, agent error
	if c.Account, err = account.IDFromBytes(f.Bytes("a")); err != nil {
		return Case{}, fmt.Errorf("proofing: %w", err)
	}
	for _, v := range f.List("co") {
		k := dynamo.Read(dynamo.Item{"k": v}).Map("k")
		c.Consents = append(c.Consents, Consent{How: k.Text("h"), Version: k.Text("t"), Hash: k.Bytes("d"), At: k.Time("at"), From: k.Text("f")})
		agent = errors.Join(agent, k.Err())
	}
	inner := func(name string) *dynamo.Fields { return f.Map(name) }
	if f.Has("qz") {
		q := inner("qz")
		c.Quiz = &Quiz{ID: q.Text("i"), Deadline: q.Time("e"), sealed: q.MayBytes("s"), Submitted: q.Flag("u"), replaces: q.Flag("r")}
		agent = errors.Join(agent, q.Err())
	}
	if f.Has("ap") {
		b := inner("ap")
		c.Booking = &Booking{ID: b.Text("i"), Schedule: b.Text("g"), StartsAt: b.Time("at"), EndsAt: b.Time("en"), Zone: b.Text("z"), Sequence: b.Int("n"), Reminded: int(b.Int("r"))}
		agent = errors.Join(agent, b.Err())
	}
	if f.Has("rv") {
		r := inner("rv")
		c.Review = &Review{Appointment: r.Text("i"), NameClass: r.Text("n"), At: r.Time("at"), Why: r.Text("w")}
		c.Review.Agent, err = account.IDFromBytes(r.Bytes("a"))
		agent = errors.Join(agent, r.Err(), err)
	}
	if f.Has("ac") {
		k := inner("ac")
		c.Code = &Code{ExpiresAt: k.Time("e"), PassedAt: k.Time("at"), digest: k.Bytes("d")}
		c.Code.Agent, err = account.IDFromBytes(k.Bytes("b"))
		agent = errors.Join(agent, k.Err(), err)
	}
	if !c.State.known() {
		return Case{}, fmt.Errorf("proofing: unknown state %q", c.State)
	}
	if err := errors.Join(f.Err(), agent); err != nil {
		return Case{}, fmt.Errorf("proofing: case %s: %w", c.ID, err)
	}
	return c, nil
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
			return ErrMoved
		},
	}
}
