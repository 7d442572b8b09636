package main

import (
	"time"

	"phoneotp/shared/catalog"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/order"
)

// The catalog and an order as the API shows them (api.md, Store).

type catalogView struct {
	Partners []partnerView `json:"partners"`
	Products []productView `json:"products"`
}

type partnerView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type productView struct {
	Code     string         `json:"code"`
	Name     string         `json:"name"`
	Region   catalog.Region `json:"region"`
	Proofing bool           `json:"proofing"`
	Price    catalog.Money  `json:"price"`
}

func shopView(partners []catalog.Partner, products []catalog.Product) catalogView {
	var v catalogView
	for _, p := range partners {
		v.Partners = append(v.Partners, partnerView{p.ID, p.Name})
	}
	for _, p := range products {
		v.Products = append(v.Products, productView{p.Code, p.Name, p.Region, p.Proofing, p.Price})
	}
	return v
}

type orderView struct {
	Number        string        `json:"number"`
	State         order.State   `json:"state"`
	PlacedAt      string        `json:"placed_at"`
	Lines         []lineView    `json:"lines"`
	Total         catalog.Money `json:"total"`
	Payment       order.Method  `json:"payment"`
	PurchaseOrder string        `json:"purchase_order,omitempty"`
	CheckoutURL   string        `json:"checkout_url,omitempty"`
	InvoiceURL    string        `json:"invoice_url,omitempty"`
	Invoice       *invoiceView  `json:"invoice,omitempty"`
	Keys          []keyView     `json:"keys"`
}

type invoiceView struct {
	Number string `json:"number"`
	DueAt  string `json:"due_at"`
	Status string `json:"status"` // as Stripe names it
}

type lineView struct {
	Product  string        `json:"product"`
	Quantity int           `json:"quantity"`
	Price    catalog.Money `json:"price"`
}

type keyView struct {
	Product    string `json:"product"`
	Last4      string `json:"last4"`
	State      string `json:"state"`
	LicenseKey string `json:"license_key,omitempty"`
}

func viewOf(o order.View, now time.Time) orderView {
	v := orderView{
		Number: o.Number, State: o.State, PlacedAt: httpapi.Instant(o.PlacedAt), Total: o.Total, Payment: o.Payment, PurchaseOrder: o.PurchaseOrder,
		CheckoutURL: o.CheckoutURL(now), InvoiceURL: o.InvoiceURL(), Lines: []lineView{}, Keys: []keyView{},
	}
	if in, ok := o.Invoice(); ok {
		v.Invoice = &invoiceView{in.Number, httpapi.Instant(in.DueAt), string(in.Status)}
	}
	for _, l := range o.Lines {
		v.Lines = append(v.Lines, lineView{l.Product, l.Quantity, l.Price})
	}
	for _, k := range o.Licenses {
		key := keyView{Product: k.Product, Last4: k.Last4, State: string(k.State)}
		if k.Plain != nil {
			key.LicenseKey = k.Plain.Shown()
		}
		v.Keys = append(v.Keys, key)
	}
	return v
}
