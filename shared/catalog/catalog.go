package catalog

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Region is the phone service that a product covers.
type Region string

// The regions (product.md 2).
const (
	US            Region = "us"   // the 50 states and DC
	International Region = "intl" // everything else, other places under +1 included
)

// Product is one thing that can be bought.
type Product struct {
	Code     string `json:"code"`
	Name     string `json:"name"`
	Region   Region `json:"region"`
	Proofing bool   `json:"proofing"`
	Price    Money  `json:"price"`
	// Renews is the code of the store's product that this one renews; empty for the store's own.
	Renews string `json:"renews,omitempty"`
}

// Partner is an organisation whose applications accept some of the products.
type Partner struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Accepts []string `json:"accepts"` // product codes, in the order in which they are shown
}

// All is the partner under which everything is offered.
const All = "all"

//go:embed catalog.json
var document []byte

// Catalog is everything that is sold. It does not change.
type Catalog struct {
	products []Product
	partners []Partner
}

// Load reads the catalog of this build.
func Load() (*Catalog, error) { return Parse(document) }

// Parse reads a catalog and refuses one whose data break a rule of this package.
func Parse(doc []byte) (*Catalog, error) {
	var in struct {
		Products []Product `json:"products"`
		Partners []Partner `json:"partners"`
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("catalog: more than one document")
	}
	c := &Catalog{in.Products, in.Partners}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return c, nil
}

// Product finds a product by its code, renewal twins included.
func (c *Catalog) Product(code string) (Product, bool) {
	i := slices.IndexFunc(c.products, func(p Product) bool { return p.Code == code })
	if i < 0 {
		return Product{}, false
	}
	return c.products[i], true
}

// Twin is the product that renews a credential of the given product.
func (c *Catalog) Twin(code string) (Product, bool) {
	i := slices.IndexFunc(c.products, func(p Product) bool { return p.Renews != "" && p.Renews == code })
	if i < 0 {
		return Product{}, false
	}
	return c.products[i], true
}

// Partners lists the partners; the first is All.
func (c *Catalog) Partners() []Partner { return slices.Clone(c.partners) }

// Store lists what is sold under a partner, in its order; empty stands for All. It returns
// ErrPartnerUnknown for a partner that there is not.
func (c *Catalog) Store(partner string) ([]Product, error) {
	if partner == "" {
		partner = All
	}
	i := slices.IndexFunc(c.partners, func(p Partner) bool { return p.ID == partner })
	if i < 0 {
		return nil, ErrPartnerUnknown
	}
	var out []Product
	for _, code := range c.partners[i].Accepts {
		p, _ := c.Product(code) // check has seen that it is there
		out = append(out, p)
	}
	return out, nil
}
