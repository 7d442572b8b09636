package chain

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"time"
)

// checkpoint is what is signed: the links of a batch, and where its chains stood afterwards. As bytes it is the JSON
// of this struct and nothing else, so that two readers cannot find different things in it.
type checkpoint struct {
	N      int64     `json:"n"` // from 1
	Before Digest    `json:"before"`
	At     time.Time `json:"at"`
	Moved  []moved   `json:"moved"`
}

// moved is the chain of one subject that grew. The hashes between follow from the hash before it and its links.
type moved struct {
	Subject  string   `json:"p"`
	N        int64    `json:"n"` // place of the newest link; the first new one is at N-len(Links)+1
	Hash     short    `json:"h"` // of the newest link
	Sequence sequence `json:"q"` // the last place of the stream that is sealed in this chain
	Links    []linked `json:"e"` // never none
}

// linked is an entry under its subject.
type linked struct {
	Key    string `json:"s"`
	Digest short  `json:"d"`
}

func (m moved) head() head { return head{m.N, Digest(m.Hash)} }

// start is the place of the link before the first new one.
func (m moved) start() int64 { return m.N - int64(len(m.Links)) }

// follow is the chain's head when the links are made upon from.
func (m moved) follow(from head) head {
	for _, l := range m.Links {
		from = from.after(place{m.Subject, l.Key}, Digest(l.Digest))
	}
	return from
}

func (c checkpoint) body() ([]byte, error) { return json.Marshal(c) }

func (c checkpoint) links() (n int) {
	for _, m := range c.Moved {
		n += len(m.Links)
	}
	return n
}

var errForm = errors.New("chain: no checkpoint has this form")

// readCheckpoint reads a body. Whatever would not be written in the same bytes again is none: a name twice, another
// order, a space.
func readCheckpoint(body []byte) (checkpoint, error) {
	var c checkpoint
	if err := json.Unmarshal(body, &c); err != nil {
		return checkpoint{}, errForm
	}
	if again, err := c.body(); err != nil || !bytes.Equal(again, body) {
		return checkpoint{}, errForm
	}
	told := map[string]bool{}
	for _, m := range c.Moved {
		if told[m.Subject] || len(m.Links) == 0 || m.start() < 0 || !m.Sequence.sound() {
			return checkpoint{}, errForm
		}
		told[m.Subject] = true
	}
	return c, nil
}

// hashOf is a checkpoint's hash: what is signed, what the next one names, and what an anchor remembers.
func hashOf(body []byte) Digest { return digest("phoneotp audit checkpoint 1", body) }

// signed is a checkpoint as it is stored.
type signed struct {
	checkpoint
	body      []byte
	hash      Digest
	signature []byte
}

func (s signed) head() head { return head{s.N, s.hash} }

// stored is a checkpoint as it was found.
type stored struct {
	signed
	place int64 // its number by its key
	whole bool  // the body is a checkpoint of that number, and the hash is the body's
}

func found(place int64, body, signature []byte, hash Digest) stored {
	c, err := readCheckpoint(body)
	return stored{signed{c, body, hash, signature}, place, err == nil && c.N == place && hashOf(body) == hash}
}

// arrival is an entry to be linked.
type arrival struct {
	place
	entry    Digest
	sequence sequence // unnumbered if no stream brought it
}

// standing is where a subject's chain stands.
type standing struct {
	head
	sequence sequence // the last place of the stream that is sealed in it
}

// compose links a batch upon what stands. An entry of the stream that is not after the newest in its chain came
// before, and adds nothing; one that no stream brought is always linked.
func compose(before head, stands map[string]standing, batch []arrival, now time.Time) checkpoint {
	c := checkpoint{N: before.n + 1, Before: before.hash, At: now.UTC()}
	at := map[string]int{} // place in Moved
	for _, a := range batch {
		i, begun := at[a.subject]
		from := stands[a.subject]
		if begun {
			from = standing{c.Moved[i].head(), c.Moved[i].Sequence}
		}
		if a.sequence != unnumbered && !a.sequence.after(from.sequence) {
			continue
		}
		if !begun {
			i = len(c.Moved)
			at[a.subject] = i
			c.Moved = append(c.Moved, moved{Subject: a.subject})
		}
		m, to := &c.Moved[i], from.after(a.place, a.entry)
		m.N, m.Hash = to.n, short(to.hash)
		m.Links = append(m.Links, linked{a.key, short(a.entry)})
		if m.Sequence = a.sequence; a.sequence == unnumbered {
			m.Sequence = cmp.Or(from.sequence, unnumbered)
		}
	}
	return c
}
