package chain

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/dynamo"
)

// Most is how many entries one checkpoint takes: with their links, heads and the checkpoint itself they stay
// under the hundred writes of a transaction.
const Most = 40

// Sign signs the hash of a checkpoint.
type Sign func(context.Context, [32]byte) ([]byte, error)

// Sealer links entries and signs checkpoints. It is safe for concurrent use.
type Sealer struct {
	DB    *dynamo.DB
	Table string // CHAINS_TABLE
	Sign  Sign
}

// Sealed is what came of a batch.
type Sealed struct {
	Entries int      // newly linked; 0 for a batch that came again
	Anchor  Anchor   // the checkpoint above them; the zero value if none was needed
	Altered []string // subject and key of entries that were linked before with other bytes
}

var (
	errMoved = errors.New("chain: somebody else sealed meanwhile")
	errMany  = errors.New("chain: more entries than one checkpoint takes")
)

// tries bounds how often a batch is linked anew because another one came between.
const tries = 6

// Seal links up to Most entries, items as the audit table holds them, in the order given. Two batches may be
// sealed at once; one of them then looks again. Whatever fails, the same batch may come again.
func (s *Sealer) Seal(ctx context.Context, entries []dynamo.Item, now time.Time) (Sealed, error) {
	if len(entries) > Most {
		return Sealed{}, errMany
	}
	batch, err := digests(entries)
	if err != nil {
		return Sealed{}, err
	}
	for range tries {
		sealed, err := s.seal(ctx, batch, now)
		if !errors.Is(err, errMoved) {
			return sealed, err
		}
	}
	return Sealed{}, fmt.Errorf("seal %d entries: %w", len(entries), errMoved)
}

func (s *Sealer) seal(ctx context.Context, batch []link, now time.Time) (Sealed, error) {
	stands, err := s.stands(ctx, batch)
	if err != nil {
		return Sealed{}, err
	}
	var (
		out   Sealed
		links []link
		heads = map[string]head{}
	)
	for _, l := range batch {
		if before, there := stands.links[place{l.subject, l.key}]; there {
			if before != l.entry {
				out.Altered = append(out.Altered, l.subject+" "+l.key)
			}
			continue
		}
		from, moved := heads[l.subject]
		if !moved {
			from = stands.heads[l.subject]
		}
		l = from.after(l.subject, l.key, l.entry)
		heads[l.subject] = l.head()
		links = append(links, l)
	}
	if len(links) == 0 {
		return out, nil
	}
	next, err := s.sign(ctx, stands.checkpoint, links, heads, now)
	if err != nil {
		return Sealed{}, err
	}
	if err := s.DB.Commit(ctx, s.writes(links, heads, stands, next)...); err != nil {
		return Sealed{}, err
	}
	out.Entries, out.Anchor = len(links), Anchor{next.n, next.hash}
	return out, nil
}

// signed is a checkpoint as it is stored.
type signed struct {
	n         int64
	body      []byte
	hash      Digest
	signature []byte
}

func (s *Sealer) sign(ctx context.Context, before head, links []link, heads map[string]head, now time.Time) (signed, error) {
	c := Checkpoint{N: before.n + 1, Before: before.hash, At: now.UTC()}
	told := map[string]bool{}
	for _, l := range links {
		if !told[l.subject] {
			told[l.subject] = true
			c.Heads = append(c.Heads, Head{Subject: l.subject, N: heads[l.subject].n, Hash: heads[l.subject].hash})
		}
	}
	body, err := c.body()
	if err != nil {
		return signed{}, err
	}
	hash := hashOf(body)
	signature, err := s.Sign(ctx, hash)
	if err != nil {
		return signed{}, fmt.Errorf("checkpoint %d: %w", c.N, err)
	}
	return signed{c.N, body, hash, signature}, nil
}
