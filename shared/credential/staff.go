package credential

import (
	"bytes"

	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo"
)

// The writes of this file are what staff does to a credential (product.md 9), as it was seen: ErrMoved if it is not so
// any more. There are none where it stands already as it would afterwards.

// Unlocking takes the lock, the count of wrong codes in a row and the mark that a person must look away. What was
// sent stays counted.
func (r *Registry) Unlocking(seen *Credential) []dynamo.Write {
	if seen.wrong == 0 && seen.history.LockedUntil.IsZero() && seen.watch.flagged.IsZero() {
		return nil
	}
	c := r.change(seen.Holder).
		require("#li = :license", "#f = :wrong", "#lk = :locked").
		assign("#f = :zero", "#lk = :zero", "#wn = :zero").drop("#ls", "#lw", "#we", "#mc").
		with(":license", dynamo.B(seen.License)).with(":wrong", dynamo.N(seen.wrong)).with(":locked", dynamo.Ms(seen.history.LockedUntil)).
		with(":zero", dynamo.N(0))
	if seen.watch.flagged.IsZero() {
		c.require("attribute_not_exists(#mc)")
	} else {
		c.require("#mc = :flagged").with(":flagged", dynamo.Ms(seen.watch.flagged))
	}
	return []dynamo.Write{r.write(c, func(stands *Credential) error {
		if stands == nil || !bytes.Equal(stands.License, seen.License) || stands.wrong != seen.wrong ||
			!stands.history.LockedUntil.Equal(seen.history.LockedUntil) || !stands.watch.flagged.Equal(seen.watch.flagged) {
			return ErrMoved
		}
		return nil
	})}
}

// Freezing stops codes and takes sessions down to level 1, at once.
func (r *Registry) Freezing(seen *Credential) []dynamo.Write {
	if seen.State == Frozen {
		return nil
	}
	return r.moving(seen, Frozen)
}

// Thawing lets a frozen credential go on where its numbers and its proofing say: one that a rejected change left
// without a number has to register one again.
func (r *Registry) Thawing(seen *Credential) []dynamo.Write {
	if seen.State != Frozen {
		return nil
	}
	return r.moving(seen, seen.thawed())
}

func (c *Credential) thawed() State {
	switch {
	case len(c.Phones) > 0:
		return Active
	case c.Method != "":
		return Proofed
	case c.NeedsProofing:
		return Proofing
	}
	return Registered
}

// moving is a change of state alone.
func (r *Registry) moving(seen *Credential, to State) []dynamo.Write {
	c := r.change(seen.Holder).
		require("#li = :license", "#st = :seen").assign("#st = :to").
		with(":license", dynamo.B(seen.License)).with(":seen", dynamo.S(string(seen.State))).with(":to", dynamo.S(string(to)))
	if len(seen.Phones) == 0 {
		c.require("size(#ph) = :none").with(":none", dynamo.N(0)) // the state follows from there being no number
	}
	return []dynamo.Write{r.write(c, func(stands *Credential) error {
		if stands == nil || !bytes.Equal(stands.License, seen.License) || stands.State != seen.State || (len(stands.Phones) == 0) != (len(seen.Phones) == 0) {
			return ErrMoved
		}
		return nil
	})}
}

// Resetting takes all numbers away, and the pass of a proofed credential with them: it is in proofing again, one
// without proofing is as right after its key was entered. Term, renewals and the failure ladder stay. No link about a
// change of the numbers leads back behind it. A frozen one is frozen no more: none of its numbers is left.
func (r *Registry) Resetting(seen *Credential, book phonebook.Book) []dynamo.Write {
	to := Registered
	if seen.NeedsProofing {
		to = Proofing
	}
	if len(seen.Phones) == 0 && seen.Pending == nil && seen.State == to {
		return nil
	}
	c := r.change(seen.Holder).
		require("#li = :license", "#st = :seen").
		assign("#st = :to", "#ph = :none").drop("#pe", "#pm").
		with(":license", dynamo.B(seen.License)).with(":seen", dynamo.S(string(seen.State))).with(":to", dynamo.S(string(to))).
		with(":none", dynamo.M(dynamo.Item{})).
		changing(seen, 0).voiding()
	if seen.Method == "" {
		c.require("attribute_not_exists(#pm)") // a pass takes two people
	}
	writes := []dynamo.Write{r.write(c, func(stands *Credential) error {
		if stands == nil || !bytes.Equal(stands.License, seen.License) || stands.State != seen.State || stands.changes != seen.changes ||
			(stands.Method == "") != (seen.Method == "") {
			return ErrMoved
		}
		return nil
	})}
	for _, p := range seen.Phones {
		writes = append(writes, book.Leave(p.index, seen.Holder))
	}
	return writes
}
