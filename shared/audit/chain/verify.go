package chain

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"phoneotp/shared/audit"
)

// Record is an export: everything that both tables held.
type Record struct {
	entries     map[place]Digest
	links       map[string][]link // by subject
	checkpoints []signed
	odd         []Finding
}

// NewRecord returns an empty one, to be filled by AddEntry and AddChained in any order.
func NewRecord() *Record {
	return &Record{entries: map[place]Digest{}, links: map[string][]link{}}
}

// Kind says what is wrong.
type Kind string

// The kinds of findings. The first four are about entries, the rest about the chain itself.
const (
	Edited     Kind = "entry edited"             // its bytes are not those that were linked
	Dropped    Kind = "entry dropped"            // linked, and not there
	Added      Kind = "entry never linked"       // there, and not linked, though old enough
	Unreadable Kind = "item cannot be read"      // an item of either table has another form
	Broken     Kind = "link does not fit"        // a link's hash does not follow from the one before it
	Missing    Kind = "link missing"             // a place in a chain is empty, or taken twice
	Cut        Kind = "chain cut"                // a chain ends before, or stands elsewhere than, a signed checkpoint says
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

// settled is how long before an export an entry must have been written for its link to be due.
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
	out := slices.Clone(r.odd)
	due, found := r.verifyCheckpoints(key, anchor, taken.Newest)
	out = append(out, found...)
	verified := Verified{Newest: taken.Newest}
	linked := map[place]bool{}
	subjects := map[string]bool{}
	for subject := range due {
		subjects[subject] = true
	}
	for subject := range r.links {
		subjects[subject] = true
	}
	for subject := range subjects {
		signed := lastOf(due[subject])
		out = append(out, r.verifyChain(subject, due[subject], signed)...)
		for _, l := range r.links[subject] {
			if l.n > signed {
				continue // sealed while the export ran, or by nobody: its entry must be new
			}
			at := place{l.subject, l.key}
			linked[at] = true
			switch stands, there := r.entries[at]; {
			case !there:
				out = append(out, Finding{Dropped, l.subject, l.key})
			case stands != l.entry:
				out = append(out, Finding{Edited, l.subject, l.key})
			default:
				verified.Entries++
			}
		}
	}
	for at := range r.entries {
		switch {
		case linked[at]:
		case isNew(at.key, taken.At):
			verified.Pending++
		default:
			out = append(out, Finding{Added, at.subject, at.key})
		}
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Where, b.Where), cmp.Compare(a.Kind, b.Kind))
	})
	return verified, out
}

// verifyCheckpoints gives what every chain must contain, by place, as the signed checkpoints up to newest say.
func (r *Record) verifyCheckpoints(key Checker, anchor, newest Anchor) (due map[string]map[int64]Digest, out []Finding) {
	due = map[string]map[int64]Digest{}
	slices.SortFunc(r.checkpoints, func(a, b signed) int { return cmp.Compare(a.n, b.n) })
	var before head
	anchored := anchor == Anchor{}
	for _, c := range r.checkpoints {
		if c.n > newest.N {
			break
		}
		name := fmt.Sprint(c.n)
		var body Checkpoint
		if json.Unmarshal(c.body, &body) != nil || body.N != c.n || hashOf(c.body) != c.hash || !key.Holds(c.hash, c.signature) {
			out = append(out, Finding{Forged, "", name})
			continue
		}
		if body.N != before.n+1 || body.Before != before.hash {
			out = append(out, Finding{Lost, "", fmt.Sprint(before.n + 1)})
		}
		before = head{body.N, c.hash}
		anchored = anchored || anchor == Anchor{c.n, c.hash}
		for _, h := range body.Heads {
			if due[h.Subject] == nil {
				due[h.Subject] = map[int64]Digest{}
			}
			due[h.Subject][h.N] = h.Hash
		}
	}
	if before != (head{newest.N, newest.Hash}) {
		out = append(out, Finding{Lost, "", fmt.Sprint(newest.N)})
	}
	if !anchored {
		out = append(out, Finding{Unanchored, "", fmt.Sprint(anchor.N)})
	}
	return due, out
}

// verifyChain follows one subject's links from the first and holds them against the signed heads, of which last
// is the newest.
func (r *Record) verifyChain(subject string, due map[int64]Digest, last int64) (out []Finding) {
	links := r.links[subject]
	slices.SortStableFunc(links, func(a, b link) int { return cmp.Compare(a.n, b.n) })
	var before head
	for _, l := range links {
		if l.n > last {
			break
		}
		switch {
		case l.n != before.n+1:
			out = append(out, Finding{Missing, subject, fmt.Sprint(before.n + 1)})
		case l.hash != l.hashAfter(before.hash):
			out = append(out, Finding{Broken, subject, fmt.Sprint(l.n)})
		}
		if signed, there := due[l.n]; there && signed != l.hash {
			out = append(out, Finding{Cut, subject, fmt.Sprint(l.n)})
		}
		before = l.head()
	}
	if before.n != last {
		out = append(out, Finding{Cut, subject, fmt.Sprint(last)})
	}
	return out
}

func lastOf(due map[int64]Digest) int64 {
	last := int64(0)
	for n := range due {
		last = max(last, n)
	}
	return last
}
