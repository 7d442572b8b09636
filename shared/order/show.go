package order

import (
	"time"

	"phoneotp/shared/catalog"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
)

// Shown is an order as the API shows it (api.md, Store).
type Shown struct {
	Number        string        `json:"number"`
	State         State         `json:"state"`
	PlacedAt      string        `json:"placed_at"`
	Lines         []ShownLine   `json:"lines"`
	Total         catalog.Money `json:"total"`
	Payment       Method        `json:"payment"`
	PurchaseOrder string        `json:"purchase_order,omitempty"`
	CheckoutURL   string        `json:"checkout_url,omitempty"`
	InvoiceURL    string        `json:"invoice_url,omitempty"`
	Invoice       *ShownInvoice `json:"invoice,omitempty"`
	Keys          []ShownKey    `json:"keys"` // a renewal has none
}

// ShownLine is one of its lines.
type ShownLine struct {
	Product  string        `json:"product"`
	Quantity int           `json:"quantity"`
	Price    catalog.Money `json:"price"`
}

// ShownInvoice is its invoice, with the status as Stripe names it.
type ShownInvoice struct {
	Number string         `json:"number"`
	DueAt  string         `json:"due_at"`
	Status string         `json:"status"`
	Paid   *catalog.Money `json:"paid,omitempty"` // of one that was paid in part
	Left   *catalog.Money `json:"left,omitempty"`
}

// ShownKey is one of its keys, in clear only where View has it so.
type ShownKey struct {
	Product    string        `json:"product"`
	Last4      string        `json:"last4"`
	State      license.State `json:"state"`
	LicenseKey string        `json:"license_key,omitempty"`
}

// Show is an order with its keys as the API shows it.
func (v View) Show(now time.Time) Shown {
	out := Shown{
		Number: v.Number, State: v.State, PlacedAt: httpapi.Instant(v.PlacedAt), Total: v.Total, Payment: v.Payment, PurchaseOrder: v.PurchaseOrder,
		CheckoutURL: v.CheckoutURL(now), InvoiceURL: v.InvoiceURL(), Lines: []ShownLine{}, Keys: []ShownKey{},
	}
	if in, ok := v.Invoice(); ok {
		out.Invoice = &ShownInvoice{in.Number, httpapi.Instant(in.DueAt), string(in.Status), in.Paid, in.Left}
	}
	for _, l := range v.Lines {
		out.Lines = append(out.Lines, ShownLine{l.Product, l.Quantity, l.Price})
	}
	for _, k := range v.Licenses {
		key := ShownKey{Product: k.Product, Last4: k.Last4, State: k.State}
		if k.Plain != nil {
			key.LicenseKey = k.Plain.Shown()
		}
		out.Keys = append(out.Keys, key)
	}
	return out
}
