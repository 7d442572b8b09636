package directory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/names"
	"phoneotp/shared/secret"
)

// Index is the table with its key. It is safe for concurrent use.
type Index struct {
	db    *dynamo.DB
	table string
	key   *secret.Key
}

// NewIndex returns the index of a table; the ring is the vault's.
func NewIndex(db *dynamo.DB, table string, vault *secret.Ring) (*Index, error) {
	key, err := vault.Key("directory")
	if err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	return &Index{db, table, key}, nil
}

// Find lists who has a number that ends so and that family name, in no order.
func (i *Index) Find(ctx context.Context, ending, family string) ([]account.ID, error) {
	name := names.Key(family)
	if name == "" {
		return nil, nil
	}
	var found []account.ID
	for _, digest := range i.key.Digests([]byte(ending), []byte(name)) { // one a version of the key
		more, err := i.query(ctx, digest)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// Writer keeps the index.
type Writer struct {
	Index       *Index
	Accounts    account.Accounts
	Credentials *credential.Registry
}

var errMoved = errors.New("directory: somebody else indexed meanwhile")

const tries = 6

// Reindex makes the entries of a person those that the account and the credential say now. It may be called as
// often as anybody likes, at once too.
func (w Writer) Reindex(ctx context.Context, id account.ID, now time.Time) error {
	for range tries {
		stands, err := w.Index.entries(ctx, id)
		if err != nil {
			return err
		}
		want, err := w.wanted(ctx, id, now)
		if err != nil {
			return err
		}
		if slices.EqualFunc(stands.digests, want, bytes.Equal) {
			return nil
		}
		err = w.Index.db.Commit(ctx, w.Index.change(id, stands, want)...)
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return fmt.Errorf("index %s: %w", id, errMoved)
}

// wanted is read after what stands, so that of two indexings at once the one that writes last has seen the newest.
func (w Writer) wanted(ctx context.Context, id account.ID, now time.Time) ([][]byte, error) {
	person, err := w.Accounts.ByID(ctx, id, now)
	if errors.Is(err, account.ErrUnknown) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	held, err := w.Credentials.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	name := names.Key(person.FamilyName)
	if held == nil || name == "" {
		return nil, nil
	}
	var want [][]byte
	for _, p := range held.Phones {
		want = append(want, w.Index.key.Digest([]byte(p.Number.Ending()), []byte(name)))
	}
	slices.SortFunc(want, bytes.Compare)
	return slices.CompactFunc(want, bytes.Equal), nil
}
