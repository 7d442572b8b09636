package notice

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/secret"
)

const (
	// sweepAfter is how long a notice may stay unsent before the sweep takes it up (product.md 10).
	sweepAfter = 5 * time.Minute
	// sweepFor is how long the sweep keeps taking it up.
	sweepFor = 7 * 24 * time.Hour
	// takenFor is how long a sender may work on a notice: shorter than the queue's visibility timeout of 60 s,
	// longer than the function's of 10 s.
	takenFor = 50 * time.Second
	// keptFor is how long an item stays after it was sent, to recognise late repeats.
	keptFor = 30 * 24 * time.Hour
	// shards spread the index due.
	shards = 8
)

// Outbox is the table of notices. It is safe for concurrent use.
type Outbox struct {
	db    *dynamo.DB
	table string
	key   *secret.Key
}

// NewOutbox opens the outbox with the vault's ring. Rooms that only write may pass a nil db.
func NewOutbox(db *dynamo.DB, table string, vault *secret.Ring) (*Outbox, error) {
	key, err := vault.Key("notice")
	if err != nil {
		return nil, fmt.Errorf("notice: %w", err)
	}
	return &Outbox{db: db, table: table, key: key}, nil
}

// Write returns the change that puts the notice into the outbox, for the transaction of its cause. It cannot be
// refused.
func (o *Outbox) Write(n Notice, now time.Time) dynamo.Write {
	id := rand.Text()
	return o.put(id, o.item(id, n, now))
}

// WriteOnce is Write for a cause that no condition of its own keeps from happening twice, as an event that is
// delivered again: of all notices of a kind with one name only the first is written, and writing it again
// counts as done already. In a transaction whose other conditions already decide that, use Write: all
// conditions must be met, or all be done already.
func (o *Outbox) WriteOnce(n Notice, name string, now time.Time) dynamo.Write {
	id := string(n.Kind) + "#" + name
	return o.create(id, o.item(id, n, now), dynamo.ErrAlready)
}

// WriteFirst is for a notice that several causes share, whichever of them comes first: of all notices of a kind with
// one name only the first is written. The transaction of a later one is refused as ErrWritten, as is a repeat after a lost
// answer, and is to be made again without it: another condition of it must tell whether it is done.
func (o *Outbox) WriteFirst(n Notice, name string, now time.Time) dynamo.Write {
	id := string(n.Kind) + "#" + name
	return o.create(id, o.item(id, n, now), ErrWritten)
}

func (o *Outbox) seal(id string, b body) []byte {
	plain, err := json.Marshal(b)
	if err == nil {
		plain, err = o.key.Seal(plain, []byte(id))
	}
	if err != nil { // texts always encode and a derived key always has 32 bytes: a defect, not an outcome
		panic("notice: seal: " + err.Error())
	}
	return plain
}

// shard spreads ids evenly over the index due.
func shard(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return strconv.FormatUint(uint64(h.Sum32()%shards), 10)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
