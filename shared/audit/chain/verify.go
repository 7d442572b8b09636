package chain

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"phoneotp/shared/audit"
)

// Record is an export: everything that both tables held.
type Record struct {
	entries     map[place]Digest
	checkpoints []stored
	odd         []Finding
}

// NewRecord returns an empty one, to be filled by AddEntry and AddChained in any order.
func NewRecord() *Record { return &Record{entries: map[place]Digest{}} }

// Kind says what is wrong.
type Kind string

// The kinds of findings. The first four are about entries, the rest about the chain itself.
const (
	Edited     Kind = "entry edited"             // its bytes are not those that were linked
	Dropped    Kind = "entry dropped"            // linked, and not there
	Added      Kind = "entry never linked"       // there, and not linked, though old enough
	Unreadable Kind = "item cannot be read"      // an item of either table has another form
	Forked     Kind = "chain does not fit"       // it goes on from elsewhere than where it stood: a checkpoint before is missing, or somebody changed the head that the sealer read
	Forged     Kind = "checkpoint not signed"    // its signature does not hold, or it is not what was signed
	Lost       Kind = "checkpoint missing"       // one of the numbers is not there, or does not name the one before
	Unanchored Kind = "anchor not in the record" // the checkpoint that was remembered is not there: the record was set back
)

// Finding is one thing that is wrong.
type Finding struct {
	Kind    Kind
	Subject string // empty for checkpoints
	Where   string // key of an entry, place in a chain, number of a checkpoint
}

// String says it in one line.
func (f Finding) String() string {
	if f.Subject == "" {
		return fmt.Sprintf("%s: %s", f.Kind, f.Where)
	}
	return fmt.Sprintf("%s: %s %s", f.Kind, f.Subject, f.Where)
}

// Checker checks signatures.
type Checker interface {
	Holds(digest [32]byte, signature []byte) bool
}

// Verified is what a sound record proves.
type Verified struct {
	Entries int    // linked and unchanged
	Pending int    // written so shortly before the export that their links may still come
	Newest  Anchor // to be remembered: give it to the next verification
}

// settled is how long before an export an entry must have been written for its link to be due. The stream gathers a
// batch for five minutes at most (SealingWindow of template.yaml, which Lambda bounds too), sealing takes one, and at
// ten the alarm on late streams has rung: what is not linked then is worth a finding.
const settled = 15 * time.Minute

func isNew(key string, now time.Time) bool {
	written, ok := audit.PlaceAt(key)
	return ok && now.Sub(written) < settled
}

// Taken says when an export began, and which checkpoint was the newest at that instant. What was sealed while it
// ran may be there in part, and is not judged.
type Taken struct {
	At     time.Time `json:"at"`
	Newest Anchor    `json:"newest"`
}

// Verify holds the record against the key, and against an anchor if one is remembered (else the zero value). No
// finding means that nothing was edited, dropped, added or moved since it was sealed.
func (r *Record) Verify(key Checker, anchor Anchor, taken Taken) (Verified, []Finding) {
	linked, out := r.follow(key, anchor, taken.Newest)
	out = append(out, r.odd...)
	verified := Verified{Newest: taken.Newest}
	for at, d := range linked {
		switch stands, there := r.entries[at]; {
		case !there:
			out = append(out, Finding{Dropped, at.subject, at.key})
		case stands != d:
			out = append(out, Finding{Edited, at.subject, at.key})
		default:
			verified.Entries++
		}
	}
	for at := range r.entries {
		switch _, there := linked[at]; {
		case there:
		case isNew(at.key, taken.At):
			verified.Pending++
		default:
			out = append(out, Finding{Added, at.subject, at.key})
		}
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Kind, b.Kind))
	})
	return verified, slices.Compact(out) // an entry that is linked twice may be found twice
}

// Late are entries that the stream has not brought in time.
type Late struct {
	entries []arrival
	upTo    int64 // no checkpoint up to here links them
}

// Late are the entries that Verify calls never linked.
func (r *Record) Late(key Checker, taken Taken) Late {
	linked, _ := r.follow(key, Anchor{}, taken.Newest)
	out := Late{upTo: taken.Newest.N}
	for at, d := range r.entries {
		if _, there := linked[at]; !there && !isNew(at.key, taken.At) {
			out.entries = append(out.entries, arrival{at, d, unnumbered})
		}
	}
	slices.SortFunc(out.entries, func(a, b arrival) int {
		return cmp.Or(cmp.Compare(a.subject, b.subject), cmp.Compare(a.key, b.key))
	})
	return out
}

// follow goes through the checkpoints up to the newest and gives every entry that they link, with its digest. Each
// must be signed and name the one before it, and each chain must go on from where the checkpoints before left it.
// An entry that is linked twice, as one that came late and again, must have the same digest both times.
func (r *Record) follow(key Checker, anchor, newest Anchor) (linked map[place]Digest, out []Finding) {
	linked = make(map[place]Digest, len(r.entries))
	heads := map[string]head{}
	slices.SortFunc(r.checkpoints, func(a, b stored) int { return cmp.Compare(a.place, b.place) })
	var before head
	anchored := anchor == Anchor{}
	for _, c := range r.checkpoints {
		if c.place > newest.N {
			break
		}
		if !c.whole || !key.Holds(c.hash, c.signature) {
			out = append(out, Finding{Forged, "", fmt.Sprint(c.place)})
			continue
		}
		if c.N != before.n+1 || c.Before != before.hash {
			out = append(out, Finding{Lost, "", fmt.Sprint(before.n + 1)})
		}
		before = c.head()
		anchored = anchored || anchor == Anchor{c.N, c.hash}
		for _, m := range c.Moved {
			from := heads[m.Subject]
			if m.start() != from.n || m.follow(from) != m.head() {
				out = append(out, Finding{Forked, m.Subject, fmt.Sprint(m.start() + 1)})
			}
			heads[m.Subject] = m.head()
			for _, l := range m.Links {
				at := place{m.Subject, l.Key}
				if d, twice := linked[at]; twice && d != Digest(l.Digest) {
					out = append(out, Finding{Edited, at.subject, at.key})
				}
				linked[at] = Digest(l.Digest)
			}
		}
	}
	if before != (head{newest.N, newest.Hash}) {
		out = append(out, Finding{Lost, "", fmt.Sprint(newest.N)})
	}
	if !anchored {
		out = append(out, Finding{Unanchored, "", fmt.Sprint(anchor.N)})
	}
	return linked, out
}
