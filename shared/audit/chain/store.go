package chain

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/dynamo"
)

const (
	checkpoints = "checkpoint" // partition of all checkpoints; subjects have a "#"
	newest      = "head"
)

func headOf(subject string) dynamo.Item {
	return dynamo.Item{"p": dynamo.S(subject), "s": dynamo.S(newest)}
}

func checkpointKey(n int64) dynamo.Item {
	return dynamo.Item{"p": dynamo.S(checkpoints), "s": dynamo.S(fmt.Sprintf("%016d", n))}
}

func arrivals(entries []Entry) ([]arrival, error) {
	batch := make([]arrival, len(entries))
	for i, e := range entries {
		var err error
		if batch[i], err = arrivalOf(e.Item); err != nil {
			return nil, err
		}
		if batch[i].sequence, err = newSequence(e.Stream, e.Number); err != nil {
			return nil, err
		}
	}
	return batch, nil
}

func arrivalOf(entry dynamo.Item) (arrival, error) {
	f := dynamo.Read(entry)
	a := arrival{place: place{f.Text("p"), f.Text("s")}, sequence: unnumbered}
	b, err := dynamo.Canonical(entry)
	if err == nil {
		err = f.Err()
	}
	a.entry = digest("phoneotp audit entry 1", b)
	return a, err
}

// applied reads the newest checkpoint whose heads are all written.
func (s *Sealer) applied(ctx context.Context) (head, error) {
	item, err := s.DB.Get(ctx, s.Table, headOf(checkpoints))
	if errors.Is(err, dynamo.ErrNone) {
		return head{}, nil
	}
	if err != nil {
		return head{}, fmt.Errorf("newest checkpoint: %w", err)
	}
	f := dynamo.Read(item)
	return headIn(f), f.Err()
}

// checkpoint reads one, or returns dynamo.ErrNone. Whether it is signed only the verifier asks.
func (s *Sealer) checkpoint(ctx context.Context, n int64) (signed, error) {
	item, err := s.DB.Get(ctx, s.Table, checkpointKey(n))
	if err != nil {
		return signed{}, err
	}
	f := dynamo.Read(item)
	c := storedIn(n, f)
	if f.Err() != nil || !c.whole {
		return signed{}, fmt.Errorf("checkpoint %d: %w", n, errForm)
	}
	return c.signed, nil
}

func storedIn(place int64, f *dynamo.Fields) stored {
	return found(place, f.Bytes("b"), f.Bytes("g"), digestIn(f, "h"))
}

// stands reads where the chains of a batch stand. Since heads are moved only by checkpoints that were put, they stand
// as the checkpoint before left them, unless another one has come.
func (s *Sealer) stands(ctx context.Context, before head, batch []arrival) (map[string]standing, error) {
	var keys []dynamo.Item
	asked := map[string]bool{}
	for _, a := range batch {
		if !asked[a.subject] {
			asked[a.subject] = true
			keys = append(keys, headOf(a.subject))
		}
	}
	items, err := s.DB.BatchGet(ctx, s.Table, keys)
	if err != nil {
		return nil, fmt.Errorf("read heads: %w", err)
	}
	out := map[string]standing{}
	for _, item := range items {
		f := dynamo.Read(item)
		out[f.Text("p")] = standing{headIn(f), sequence(f.Text("q"))}
		ahead := f.Int("c") > before.n
		if err := f.Err(); err != nil {
			return nil, fmt.Errorf("read heads: %w", err)
		}
		if ahead {
			return nil, fmt.Errorf("%s: %w", f.Text("p"), errAhead)
		}
	}
	return out, nil
}

func headIn(f *dynamo.Fields) head { return head{f.Int("n"), digestIn(f, "h")} }

func digestIn(f *dynamo.Fields, name string) (d Digest) {
	copy(d[:], f.Bytes(name))
	return d
}

// put commits a checkpoint: it is the next one, or errMoved.
func (s *Sealer) put(ctx context.Context, c signed) error {
	return s.DB.Commit(ctx, dynamo.Create(s.Table, checkpointKey(c.N), checkpointItem(c), func(stands dynamo.Item) error {
		switch {
		case stands == nil:
			return nil
		case bytes.Equal(dynamo.Read(stands).MayBytes("g"), c.signature): // no two signatures are the same
			return dynamo.ErrAlready
		}
		return errMoved
	}))
}

func checkpointItem(c signed) dynamo.Item {
	item := checkpointKey(c.N)
	item["b"], item["g"], item["h"] = dynamo.B(c.body), dynamo.B(c.signature), dynamo.B(c.hash[:])
	return item
}

// moveHead moves a subject's head forward. It fits unless the head stands in the very place with another hash.
func (s *Sealer) moveHead(ctx context.Context, n int64, m moved) (fits bool, err error) {
	_, err = s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: headOf(m.Subject),
		UpdateExpression: aws.String("SET n = :n, h = :h, q = :q, c = :c"), ConditionExpression: aws.String("attribute_not_exists(n) OR n < :n"),
		ExpressionAttributeValues: dynamo.Item{":n": dynamo.N(m.N), ":h": dynamo.B(m.Hash[:]), ":q": dynamo.S(string(m.Sequence)), ":c": dynamo.N(n)},
	})
	if refused, ok := errors.AsType[*dynamo.Refused](err); ok {
		f := dynamo.Read(refused.Stands)
		at := headIn(f)
		return f.Err() == nil && (at.n > m.N || at == m.head()), nil
	}
	return true, err
}

// moveApplied moves the newest checkpoint forward and returns where it stands then.
func (s *Sealer) moveApplied(ctx context.Context, to head) (head, error) {
	_, err := s.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: headOf(checkpoints),
		UpdateExpression: aws.String("SET n = :n, h = :h"), ConditionExpression: aws.String("attribute_not_exists(n) OR n < :n"),
		ExpressionAttributeValues: dynamo.Item{":n": dynamo.N(to.n), ":h": dynamo.B(to.hash[:])},
	})
	if refused, ok := errors.AsType[*dynamo.Refused](err); ok {
		f := dynamo.Read(refused.Stands)
		return headIn(f), f.Err()
	}
	return to, err
}

// AddEntry takes an item of the audit table into the record.
func (r *Record) AddEntry(item dynamo.Item) {
	a, err := arrivalOf(item)
	if err != nil {
		r.odd = append(r.odd, Finding{Unreadable, a.subject, a.key})
		return
	}
	r.entries[a.place] = a.entry
}

// AddChained takes an item of the chain's table into the record.
func (r *Record) AddChained(item dynamo.Item) {
	f := dynamo.Read(item)
	subject, sort := f.Text("p"), f.Text("s")
	if f.Err() == nil && sort == newest {
		return // heads serve the sealer; nothing is proved by them
	}
	var n int64
	_, _ = fmt.Sscanf(sort, "%d", &n)
	c := storedIn(n, f)
	if f.Err() != nil || subject != checkpoints || sort != fmt.Sprintf("%016d", n) {
		r.odd = append(r.odd, Finding{Unreadable, subject, sort})
		return
	}
	r.checkpoints = append(r.checkpoints, c)
}

// Newest reads which checkpoint was put last, applied or not; the zero value if there is none.
func Newest(ctx context.Context, db *dynamo.DB, table string) (Anchor, error) {
	items, err := db.Query(ctx, &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("p = :p AND s < :end"), ConsistentRead: aws.Bool(true),
		ScanIndexForward: aws.Bool(false), Limit: aws.Int32(1),
		ExpressionAttributeValues: dynamo.Item{":p": dynamo.S(checkpoints), ":end": dynamo.S(":")}, // after every digit
	})
	if err != nil || len(items) == 0 {
		return Anchor{}, trouble(err)
	}
	f := dynamo.Read(items[0])
	a := Anchor{Hash: digestIn(f, "h")}
	if _, err := fmt.Sscanf(f.Text("s"), "%d", &a.N); err != nil {
		return Anchor{}, trouble(err)
	}
	return a, f.Err()
}

func trouble(err error) error {
	if err != nil {
		err = fmt.Errorf("newest checkpoint: %w", err)
	}
	return err
}
