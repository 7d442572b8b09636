package order

import (
	"time"

	"phoneotp/shared/catalog"
	"phoneotp/shared/httpapi"
)

// Shown is an order without keys as the API shows it (api.md, Store).
type Shown struct {
	Number      string        `json:"number"`
	State       State         `json:"state"`
	PlacedAt    string        `json:"placed_at"`
	Lines       []ShownLine   `json:"lines"`
	Total       catalog.Money `json:"total"`
	Payment     Method        `json:"payment"`
	CheckoutURL string        `json:"checkout_url,omitempty"`
	InvoiceURL  string        `json:"invoice_url,omitempty"`
	Invoice     *ShownInvoice `json:"invoice,omitempty"`
	Keys        []struct{}    `json:"keys"` // a renewal has none
}

// ShownLine is one of its lines.
type ShownLine struct {
	Product  string        `json:"product"`
	Quantity int           `json:"quantity"`
	Price    catalog.Money `json:"price"`
}

// ShownInvoice is its invoice, with the status as Stripe names it.
type ShownInvoice struct {
	Number string `json:"number"`
	DueAt  string `json:"due_at"`
	Status string `json:"status"`
}

// Show is a renewal order as the API shows it.
func (o Order) Show(now time.Time) Shown {
	v := Shown{
		Number: o.Number, State: o.State, PlacedAt: httpapi.Instant(o.PlacedAt), Total: o.Total, Payment: o.Payment,
		CheckoutURL: o.CheckoutURL(now), InvoiceURL: o.InvoiceURL(), Keys: []struct{}{},
	}
	if in, ok := o.Invoice(); ok {
		v.Invoice = &ShownInvoice{in.Number, httpapi.Instant(in.DueAt), string(in.Status)}
	}
	for _, l := range o.Lines {
		v.Lines = append(v.Lines, ShownLine{l.Product, l.Quantity, l.Price})
	}
	return v
}
