package audit

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/oklog/ulid/v2"

	"phoneotp/shared/dynamo"
)

// Log makes the writes that record entries.
type Log struct{ Table string }

// Write records e in the caller's transaction. It cannot be refused.
func (l Log) Write(e Entry) dynamo.Write { return l.put(e, randomKey(e.At)) }

// WriteOnce records e for the nth thing that a record of a stream tells, by the record's sequence number: delivered
// again it puts the same entry in the same place, and entries of one instant stand as they happened. Everything in e
// must come from the record.
func (l Log) WriteOnce(e Entry, sequence string, nth int) dynamo.Write {
	return l.put(e, keyInOrder(e.At, sequence, nth))
}

func (l Log) put(e Entry, key string) dynamo.Write {
	if e.Actor == "" {
		e.Actor = e.Subject
	}
	item := dynamo.Item{
		"p": dynamo.S(e.Subject), "s": dynamo.S(key), "w": dynamo.S(string(e.What)), "by": dynamo.S(e.Actor), "at": dynamo.Ms(e.At),
	}
	for name, text := range map[string]string{"y": e.Why, "f": e.From, "r": e.Ref} {
		if text != "" {
			item[name] = dynamo.S(text)
		}
	}
	if len(e.Detail) > 0 {
		detail := dynamo.Item{}
		for name, text := range e.Detail {
			detail[name] = dynamo.S(text)
		}
		item["d"] = dynamo.M(detail)
	}
	return dynamo.Write{
		Table: l.Table, Key: dynamo.Item{"p": item["p"], "s": item["s"]},
		Item: types.TransactWriteItem{Put: &types.Put{TableName: &l.Table, Item: item}},
	}
}

// Reader reads the record: for staff functions, the holder's own history, and tests.
type Reader struct {
	DB    *dynamo.DB
	Table string
}

// For lists everything recorded about a subject, the oldest first.
func (r Reader) For(ctx context.Context, subject string) ([]Entry, error) {
	items, err := r.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &r.Table, KeyConditionExpression: aws.String("p = :p"), ConsistentRead: aws.Bool(true),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.S(subject)},
	})
	if err != nil {
		return nil, fmt.Errorf("audit of %s: %w", subject, err)
	}
	entries, err := readAll(items)
	if err != nil {
		return nil, fmt.Errorf("audit of %s: %w", subject, err)
	}
	return entries, nil
}

// Page is part of what is recorded about a subject, the newest first.
type Page struct {
	Entries []Entry
	Older   []Entry // a few of the page before, for who judges what belongs together
	Next    string  // where the page before it begins; empty after the oldest entry
}

// overlap is how many entries a page has of the one before.
const overlap = 8

// Newest lists up to most entries about a subject from before a place on, the newest first; an empty place is the
// end of the record. A place comes from Page.Next; another text finds what would lie there.
func (r Reader) Newest(ctx context.Context, subject, before string, most int32) (Page, error) {
	items, err := r.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &r.Table, KeyConditionExpression: aws.String("p = :p AND s < :before"), ConsistentRead: aws.Bool(true),
		ScanIndexForward: aws.Bool(false), Limit: aws.Int32(most + overlap),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.S(subject), ":before": dynamo.S(cmp.Or(before, "~"))}, // ULIDs sort before ~
	})
	if err != nil {
		return Page{}, fmt.Errorf("audit of %s: %w", subject, err)
	}
	entries, err := readAll(items)
	if err != nil {
		return Page{}, fmt.Errorf("audit of %s: %w", subject, err)
	}
	if len(entries) <= int(most) {
		return Page{Entries: entries}, nil
	}
	return Page{Entries: entries[:most], Older: entries[most:], Next: dynamo.Read(items[most-1]).Text("s")}, nil
}

// Later lists up to most entries about a subject from a place on to an instant, with both, the newest first. It
// finds none for a text that is no place.
func (r Reader) Later(ctx context.Context, subject, from string, until time.Time, most int32) ([]Entry, error) {
	to := key(until, bytes.Repeat([]byte{0xff}, entropySize))
	if _, isPlace := PlaceAt(from); !isPlace || to < from {
		return nil, nil
	}
	items, err := r.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &r.Table, KeyConditionExpression: aws.String("p = :p AND s BETWEEN :from AND :to"), ConsistentRead: aws.Bool(true), Limit: &most,
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.S(subject), ":from": dynamo.S(from), ":to": dynamo.S(to)},
	})
	if err != nil {
		return nil, fmt.Errorf("audit of %s: %w", subject, err)
	}
	slices.Reverse(items)
	entries, err := readAll(items)
	if err != nil {
		return nil, fmt.Errorf("audit of %s: %w", subject, err)
	}
	return entries, nil
}

// PlaceAt is the instant of the entry at a place that Page.Next gave.
func PlaceAt(place string) (time.Time, bool) {
	id, err := ulid.ParseStrict(place)
	if err != nil {
		return time.Time{}, false
	}
	return ulid.Time(id.Time()).UTC(), true
}

func readAll(items []dynamo.Item) ([]Entry, error) {
	entries := make([]Entry, 0, len(items))
	for _, item := range items {
		e, err := read(item)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func read(item dynamo.Item) (Entry, error) {
	f := dynamo.Read(item)
	e := Entry{
		Subject: f.Text("p"), Actor: f.Text("by"), What: Event(f.Text("w")), At: f.Time("at"),
		Why: f.MayText("y"), From: f.MayText("f"), Ref: f.MayText("r"),
	}
	if m, ok := item["d"].(*types.AttributeValueMemberM); ok {
		d := dynamo.Read(m.Value)
		e.Detail = make(map[string]string, len(m.Value))
		for name := range m.Value {
			e.Detail[name] = d.Text(name)
		}
		if err := d.Err(); err != nil {
			return Entry{}, err
		}
	}
	return e, f.Err()
}
