package trail

import (
	"context"
	"time"

	"phoneotp/shared/audit/chain"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/signing"
)

// Key is the key that signs the trail.
func (s *Stack) Key() *signing.Key { return signing.NewKey(s.account, s.names["AuditKey"]) }

// Seal seals the entries that the stream has lost (AuditDeadLetters), which verify calls "never linked", and returns
// how many. Their checkpoint's instant shows how late that was. Entries that the stream may still bring are left to it.
func (s *Stack) Seal(ctx context.Context, now time.Time) (int, error) {
	public, err := s.Key().Public(ctx)
	if err != nil {
		return 0, err
	}
	var taken chain.Taken
	record := chain.NewRecord()
	add := func(to func(dynamo.Item)) func(dynamo.Item) error {
		return func(item dynamo.Item) error { to(item); return nil }
	}
	err = s.read(ctx, now, func(t chain.Taken) error { taken = t; return nil }, add(record.AddChained), add(record.AddEntry))
	if err != nil {
		return 0, err
	}
	sealer := chain.Sealer{DB: dynamo.New(s.tables), Table: s.names["ChainsTable"], Sign: s.Key().Sign}
	sealed, err := sealer.SealLate(ctx, record.Late(public, taken), now)
	return sealed.Entries, err
}
