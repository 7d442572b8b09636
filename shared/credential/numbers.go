package credential

import (
	"encoding/base32"
	"fmt"
	"slices"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

// Numbers seals, indexes and names telephone numbers with the vault's keys.
type Numbers struct{ seal, index, name *secret.Key }

// NewNumbers derives the keys from the vault.
func NewNumbers(vault *secret.Ring) (*Numbers, error) {
	var n Numbers
	for label, into := range map[string]**secret.Key{"phone seal": &n.seal, "phone index": &n.index, "phone name": &n.name} {
		k, err := vault.Key(label)
		if err != nil {
			return nil, fmt.Errorf("credential: %w", err)
		}
		*into = k
	}
	return &n, nil
}

// indexSize is what is kept of a number's keyed digest: version and 16 bytes.
const indexSize = 17

// Index is the keyed digest of a number over all accounts, under the current key.
func (n *Numbers) Index(number phone.Number) []byte {
	return n.index.Digest([]byte(number.E164()))[:indexSize]
}

var symbols = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// ids are the names that a number has within an account, under every version of the key, the current first.
func (n *Numbers) ids(holder account.ID, number phone.Number) []string {
	var ids []string
	for _, d := range n.name.Digests(holder[:], []byte(number.E164())) {
		ids = append(ids, symbols.EncodeToString(d[1:6])) // 8 symbols: 40 bits among at most four
	}
	return ids
}

// phone makes what is stored of a number.
func (n *Numbers) phone(holder account.ID, id string, number phone.Number) (Phone, error) {
	sealed, err := n.seal.Seal([]byte(number.E164()), sealContext(holder, id))
	if err != nil {
		return Phone{}, fmt.Errorf("credential: %w", err)
	}
	return Phone{ID: id, Number: number, sealed: sealed, index: n.Index(number)}, nil
}

func sealContext(holder account.ID, id string) []byte { return append(holder[:], id...) }

func (p Phone) item() dynamo.Item {
	return dynamo.Item{
		"n": dynamo.B(p.sealed), "x": dynamo.B(p.index), "c": letterOf(p.Channel), "r": dynamo.S(p.Country), "a": dynamo.Ms(p.AddedAt),
	}
}

// phonesItem is what is stored of numbers, by id.
func phonesItem(phones []Phone) dynamo.Item {
	all := dynamo.Item{}
	for _, p := range phones {
		all[p.ID] = dynamo.M(p.item())
	}
	return all
}

func (r *Registry) readPhones(holder account.ID, f *dynamo.Fields) ([]Phone, error) {
	var phones []Phone
	all := f.Map("ph")
	for _, id := range all.Names() {
		p, err := r.readPhone(holder, id, all.Map(id))
		if err != nil {
			return nil, err
		}
		phones = append(phones, p)
	}
	if err := all.Err(); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	slices.SortFunc(phones, func(a, b Phone) int {
		if c := a.AddedAt.Compare(b.AddedAt); c != 0 {
			return c
		}
		return slices.Compare([]byte(a.ID), []byte(b.ID))
	})
	return phones, nil
}

func (r *Registry) readPhone(holder account.ID, id string, f *dynamo.Fields) (Phone, error) {
	p := Phone{ID: id, Country: f.Text("r"), AddedAt: f.Time("a"), sealed: f.Bytes("n"), index: f.Bytes("x")}
	letter := f.Text("c")
	if err := f.Err(); err != nil {
		return Phone{}, fmt.Errorf("credential: %w", err)
	}
	var err error
	if p.Channel, err = channelOf(letter); err != nil {
		return Phone{}, err
	}
	plain, err := r.Numbers.seal.Open(p.sealed, sealContext(holder, id))
	if err != nil {
		return Phone{}, fmt.Errorf("credential: phone %s: %w", id, err)
	}
	if p.Number, err = phone.FromE164(string(plain)); err != nil {
		return Phone{}, fmt.Errorf("credential: phone %s: %w", id, err)
	}
	return p, nil
}
