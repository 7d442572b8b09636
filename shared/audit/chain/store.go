package chain

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
)

const (
	checkpoints = "checkpoint" // partition of all checkpoints; subjects have a "#"
	newest      = "head"
)

// place is where an entry lies in the audit table.
type place struct{ subject, key string }

func (p place) link() dynamo.Item {
	return dynamo.Item{"p": dynamo.S(p.subject), "s": dynamo.S("e" + p.key)}
}

func headOf(subject string) dynamo.Item {
	return dynamo.Item{"p": dynamo.S(subject), "s": dynamo.S(newest)}
}

func checkpointKey(n int64) dynamo.Item {
	return dynamo.Item{"p": dynamo.S(checkpoints), "s": dynamo.S(fmt.Sprintf("%016d", n))}
}

// digests reads where entries lie and what they hold, each once.
func digests(entries []dynamo.Item) ([]link, error) {
	seen := map[place]bool{}
	var batch []link
	for _, e := range entries {
		l, err := digestOf(e)
		if err != nil {
			return nil, err
		}
		if at := (place{l.subject, l.key}); !seen[at] {
			seen[at] = true
			batch = append(batch, l)
		}
	}
	return batch, nil
}

func digestOf(entry dynamo.Item) (link, error) {
	f := dynamo.Read(entry)
	l := link{subject: f.Text("p"), key: f.Text("s")}
	b, err := dynamo.Canonical(entry)
	if err == nil {
		err = f.Err()
	}
	l.entry = digest("phoneotp audit entry 1", b)
	return l, err
}

// standing is what the table holds of a batch before it is sealed.
type standing struct {
	links      map[place]Digest // what was linked before, by the digest that it had
	heads      map[string]head
	checkpoint head
}

// stands reads the batch's links and heads, and the newest checkpoint, in one call.
func (s *Sealer) stands(ctx context.Context, batch []link) (standing, error) {
	out := standing{links: map[place]Digest{}, heads: map[string]head{}}
	keys := []dynamo.Item{headOf(checkpoints)}
	asked := map[string]bool{}
	for _, l := range batch {
		keys = append(keys, place{l.subject, l.key}.link())
		if !asked[l.subject] {
			asked[l.subject] = true
			keys = append(keys, headOf(l.subject))
		}
	}
	items, err := s.DB.BatchGet(ctx, s.Table, keys)
	if err != nil {
		return out, fmt.Errorf("read chains: %w", err)
	}
	for _, item := range items {
		f := dynamo.Read(item)
		subject, sort := f.Text("p"), f.Text("s")
		switch {
		case subject == checkpoints:
			out.checkpoint = headIn(f)
		case sort == newest:
			out.heads[subject] = headIn(f)
		default:
			out.links[place{subject, sort[1:]}] = digestIn(f, "d")
		}
		if err := f.Err(); err != nil {
			return out, fmt.Errorf("read chains: %w", err)
		}
	}
	return out, nil
}

func headIn(f *dynamo.Fields) head { return head{f.Int("n"), digestIn(f, "h")} }

func digestIn(f *dynamo.Fields, name string) (d Digest) {
	copy(d[:], f.Bytes(name))
	return d
}

// writes is the one transaction of a batch.
func (s *Sealer) writes(links []link, heads map[string]head, stands standing, next signed) []dynamo.Write {
	var writes []dynamo.Write
	for _, l := range links {
		key := place{l.subject, l.key}.link()
		writes = append(writes, dynamo.Create(s.Table, key, linkItem(l), same("h", l.hash[:])))
	}
	for subject, h := range heads {
		writes = append(writes, s.move(subject, stands.heads[subject], h))
	}
	key := checkpointKey(next.n)
	item := dynamo.Item{
		"p": key["p"], "s": key["s"], "b": dynamo.B(next.body), "g": dynamo.B(next.signature), "h": dynamo.B(next.hash[:]),
	}
	return append(writes,
		dynamo.Create(s.Table, key, item, same("g", next.signature)),
		s.move(checkpoints, stands.checkpoint, head{next.n, next.hash}))
}

func linkItem(l link) dynamo.Item {
	key := place{l.subject, l.key}.link()
	return dynamo.Item{"p": key["p"], "s": key["s"], "n": dynamo.N(l.n), "d": dynamo.B(l.entry[:]), "h": dynamo.B(l.hash[:])}
}

// move makes to the head that follows from.
func (s *Sealer) move(subject string, from, to head) dynamo.Write {
	key := headOf(subject)
	put := &types.Put{
		TableName:                 &s.Table,
		Item:                      dynamo.Item{"p": key["p"], "s": key["s"], "n": dynamo.N(to.n), "h": dynamo.B(to.hash[:])},
		ConditionExpression:       aws.String("#h = :from"),
		ExpressionAttributeNames:  map[string]string{"#h": "h"},
		ExpressionAttributeValues: dynamo.Item{":from": dynamo.B(from.hash[:])},
	}
	if from == (head{}) {
		put.ConditionExpression, put.ExpressionAttributeValues = aws.String("attribute_not_exists(#h)"), nil
	}
	return dynamo.Write{
		Table: s.Table, Key: key, Item: types.TransactWriteItem{Put: put},
		Judge: func(stands dynamo.Item) error {
			f := dynamo.Read(stands)
			switch {
			case stands == nil && from == (head{}), stands != nil && bytes.Equal(f.MayBytes("h"), from.hash[:]):
				return nil
			case stands != nil && bytes.Equal(f.MayBytes("h"), to.hash[:]):
				return dynamo.ErrAlready
			}
			return errMoved
		},
	}
}

// same judges an item that had to be new: it is this very one, or somebody else's.
func same(name string, want []byte) func(dynamo.Item) error {
	return func(stands dynamo.Item) error {
		switch {
		case stands == nil:
			return nil
		case bytes.Equal(dynamo.Read(stands).MayBytes(name), want):
			return dynamo.ErrAlready
		}
		return errMoved
	}
}

// AddEntry takes an item of the audit table into the record.
func (r *Record) AddEntry(item dynamo.Item) {
	l, err := digestOf(item)
	if err != nil {
		r.odd = append(r.odd, Finding{Unreadable, l.subject, l.key})
		return
	}
	r.entries[place{l.subject, l.key}] = l.entry
}

// AddChained takes an item of the chain's table into the record.
func (r *Record) AddChained(item dynamo.Item) {
	f := dynamo.Read(item)
	subject, sort := f.Text("p"), f.Text("s")
	switch {
	case sort == newest: // serves the sealer; nothing is proved by it
	case subject == checkpoints:
		c := signed{body: f.Bytes("b"), signature: f.Bytes("g"), hash: digestIn(f, "h")}
		_, err := fmt.Sscanf(sort, "%d", &c.n)
		if err != nil {
			r.odd = append(r.odd, Finding{Unreadable, subject, sort})
			return
		}
		r.checkpoints = append(r.checkpoints, c)
	default:
		l := link{subject: subject, n: f.Int("n"), entry: digestIn(f, "d"), hash: digestIn(f, "h")}
		if len(sort) > 0 {
			l.key = sort[1:]
		}
		r.links[subject] = append(r.links[subject], l)
	}
	if f.Err() != nil {
		r.odd = append(r.odd, Finding{Unreadable, subject, sort})
	}
}

// Newest reads which checkpoint is the newest now; the zero value if there is none.
func Newest(ctx context.Context, db *dynamo.DB, table string) (Anchor, error) {
	item, err := db.Get(ctx, table, headOf(checkpoints))
	if errors.Is(err, dynamo.ErrNone) {
		return Anchor{}, nil
	}
	if err != nil {
		return Anchor{}, fmt.Errorf("newest checkpoint: %w", err)
	}
	f := dynamo.Read(item)
	h := headIn(f)
	return Anchor{h.n, h.hash}, f.Err()
}
