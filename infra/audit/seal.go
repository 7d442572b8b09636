package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/audit/chain"
	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/signing"
)

// seal gives every entry to the sealer: those that are linked already stay as they are. It is for entries that the
// stream lost (AuditDeadLetters), which verify calls "never linked"; their checkpoint's instant shows how late
// they were sealed. An entry whose bytes are not those that were sealed is told, and not sealed.
func (s *stack) seal(ctx context.Context, a *awsx.Account, out io.Writer, now time.Time) error {
	return s.sealWith(ctx, signing.NewKey(a, s.names["AuditKey"]).Sign, out, now)
}

func (s *stack) sealWith(ctx context.Context, sign chain.Sign, out io.Writer, now time.Time) error {
	sealer := chain.Sealer{DB: dynamo.New(s.api), Table: s.names["ChainsTable"], Sign: sign}
	table, consistent, limit := s.names["AuditTable"], true, int32(chain.Most)
	pages := dynamodb.NewScanPaginator(s.api, &dynamodb.ScanInput{TableName: &table, ConsistentRead: &consistent, Limit: &limit})
	total := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("seal: %w", err)
		}
		sealed, err := sealer.Seal(ctx, page.Items, now)
		if err != nil {
			return err
		}
		total += sealed.Entries
		for _, where := range sealed.Altered {
			_, _ = fmt.Fprintln(out, "altered, not sealed:", where)
		}
	}
	_, err := fmt.Fprintf(out, "%d entries sealed late\n", total)
	return err
}
