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

// Write returns the change that puts the notice into the outbox, for the transaction of its cause. It never
// refuses by itself, unless the notice is named (Once) and already there: then it is dynamo.ErrAlready.
func (o *Outbox) Write(n Notice, now time.Time) dynamo.Write {
	named := n.id != ""
	id := n.id
	if !named {
		id = rand.Text()
	}
	plain, err := json.Marshal(n.body)
	if err == nil {
		plain, err = o.key.Seal(plain, []byte(id))
	}
	if err != nil { // texts always encode and a derived key always has 32 bytes: a defect, not an outcome
		panic("notice: seal: " + err.Error())
	}
	return put(o.table, named, id, n.Kind, plain, now)
}

// shard spreads ids evenly over the index due.
func shard(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return strconv.FormatUint(uint64(h.Sum32()%shards), 10)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
