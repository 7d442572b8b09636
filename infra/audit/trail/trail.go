package trail

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/audit/chain"
	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
)

// Stack is where a trail lies.
type Stack struct {
	names   map[string]string // logical id -> name of the resource
	account *awsx.Account
	tables  *dynamodb.Client
}

// In finds the trail among a stack's resources, by their logical ids.
func In(ctx context.Context, a *awsx.Account, names map[string]string) (*Stack, error) {
	for _, id := range []string{"AuditTable", "ChainsTable", "AuditKey"} {
		if names[id] == "" {
			return nil, fmt.Errorf("the stack has no %s", id)
		}
	}
	return &Stack{names: names, account: a, tables: a.DynamoDB(ctx)}, nil
}

// line is one line of an export: how it was taken, which comes first, or an item of one of the tables.
type line struct {
	Taken *chain.Taken `json:"taken,omitempty"`
	Entry attributes   `json:"entry,omitempty"`
	Chain attributes   `json:"chain,omitempty"`
}

// Export writes the trail.
func (s *Stack) Export(ctx context.Context, out io.Writer, now time.Time) error {
	lines := json.NewEncoder(out)
	encode := func(to func(attributes) line) func(dynamo.Item) error {
		return func(item dynamo.Item) error {
			a, err := fromItem(item)
			if err != nil {
				return err
			}
			return lines.Encode(to(a))
		}
	}
	return s.read(ctx, now, func(t chain.Taken) error { return lines.Encode(line{Taken: &t}) },
		encode(func(a attributes) line { return line{Chain: a} }), encode(func(a attributes) line { return line{Entry: a} }))
}

// read gives how the trail is taken, then the chains, then the entries: in this order every link that is judged finds
// its entry, though people go on writing.
func (s *Stack) read(ctx context.Context, now time.Time, taken func(chain.Taken) error, chained, entry func(dynamo.Item) error) error {
	newest, err := chain.Newest(ctx, dynamo.New(s.tables), s.names["ChainsTable"])
	if err != nil {
		return err
	}
	if err := taken(chain.Taken{At: now.UTC(), Newest: newest}); err != nil {
		return err
	}
	if err := s.scan(ctx, "ChainsTable", chained); err != nil {
		return err
	}
	return s.scan(ctx, "AuditTable", entry)
}

func (s *Stack) scan(ctx context.Context, id string, each func(dynamo.Item) error) error {
	table, consistent := s.names[id], true
	pages := dynamodb.NewScanPaginator(s.tables, &dynamodb.ScanInput{TableName: &table, ConsistentRead: &consistent})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("read %s: %w", id, err)
		}
		for _, item := range page.Items {
			if err := each(item); err != nil {
				return fmt.Errorf("read %s: %w", id, err)
			}
		}
	}
	return nil
}

// Read reads what Export wrote.
func Read(in io.Reader) (*chain.Record, chain.Taken, error) {
	record, taken, began := chain.NewRecord(), chain.Taken{}, false
	lines := json.NewDecoder(in)
	for n := 1; ; n++ {
		var l line
		err := lines.Decode(&l)
		switch {
		case err == io.EOF && !began:
			return nil, taken, fmt.Errorf("the trail does not say how it was taken")
		case err == io.EOF:
			return record, taken, nil
		case err != nil:
			return nil, taken, fmt.Errorf("line %d: %w", n, err)
		case (l.Taken != nil) != (n == 1):
			return nil, taken, fmt.Errorf("line %d: how it was taken is said first, and once", n)
		case l.Taken != nil:
			taken, began = *l.Taken, true
		case l.Entry != nil:
			record.AddEntry(l.Entry.item())
		case l.Chain != nil:
			record.AddChained(l.Chain.item())
		}
	}
}
