package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/infra/stacks"
	"phoneotp/shared/audit/chain"
	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
)

// stack is where the trail lies.
type stack struct {
	names map[string]string // logical id -> name of the resource
	api   *dynamodb.Client
}

// look learns the names of the stack's resources.
func look(ctx context.Context, a *awsx.Account, name string) (*stack, error) {
	names, err := stacks.Names(ctx, a, name)
	if err != nil {
		return nil, err
	}
	s := &stack{names: names, api: a.DynamoDB(ctx)}
	for _, id := range []string{"AuditTable", "ChainsTable", "AuditKey"} {
		if s.names[id] == "" {
			return nil, fmt.Errorf("stack %s has no %s", name, id)
		}
	}
	return s, nil
}

// line is one line of an export: how it was taken, which comes first, or an item of one of the tables.
type line struct {
	Taken *chain.Taken `json:"taken,omitempty"`
	Entry attributes   `json:"entry,omitempty"`
	Chain attributes   `json:"chain,omitempty"`
}

// export writes the newest checkpoint, then the chains, then the entries: in this order every link that is judged
// finds its entry, though people go on writing.
func (s *stack) export(ctx context.Context, out io.Writer, now time.Time) error {
	newest, err := chain.Newest(ctx, dynamo.New(s.api), s.names["ChainsTable"])
	if err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	if err := lines.Encode(line{Taken: &chain.Taken{At: now.UTC(), Newest: newest}}); err != nil {
		return err
	}
	if err := s.scan(ctx, "ChainsTable", func(a attributes) error { return lines.Encode(line{Chain: a}) }); err != nil {
		return err
	}
	return s.scan(ctx, "AuditTable", func(a attributes) error { return lines.Encode(line{Entry: a}) })
}

func (s *stack) scan(ctx context.Context, id string, each func(attributes) error) error {
	table, consistent := s.names[id], true
	pages := dynamodb.NewScanPaginator(s.api, &dynamodb.ScanInput{TableName: &table, ConsistentRead: &consistent})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("export %s: %w", id, err)
		}
		for _, item := range page.Items {
			a, err := fromItem(item)
			if err == nil {
				err = each(a)
			}
			if err != nil {
				return fmt.Errorf("export %s: %w", id, err)
			}
		}
	}
	return nil
}

// readTrail reads what export wrote.
func readTrail(in io.Reader) (*chain.Record, chain.Taken, error) {
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
