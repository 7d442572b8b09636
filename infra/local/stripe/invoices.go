package stripe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	createCustomerSpec = spec{"email", "name", "metadata.*", "address.line1", "address.line2", "address.city", "address.state", "address.postal_code", "address.country"}
	createInvoiceSpec  = spec{"customer", "collection_method", "days_until_due", "auto_advance", "pending_invoice_items_behavior", "currency", "footer", "metadata.*", "custom_fields.#.name", "custom_fields.#.value"}
	createItemSpec     = spec{"customer", "invoice", "currency", "quantity", "unit_amount_decimal", "description", "metadata.*"}
	listInvoicesSpec   = append(spec{"customer", "status"}, pageSpec...)
	finalizeSpec       = spec{"auto_advance"}
	payInvoiceSpec     = spec{"paid_out_of_band"}
)

func (s *Sandbox) createCustomer(c apiCall) (any, *apiError) {
	meta, bad := c.params.metadata("metadata")
	if bad != nil {
		return nil, bad
	}
	cu := &customer{ID: newID("cus_"), Object: "customer", Created: s.now().Unix(), Metadata: meta}
	if v := c.params["email"]; v != "" {
		if !strings.Contains(v, "@") {
			return nil, invalid("email", "Invalid email address: "+v)
		}
		cu.Email = &v
	}
	if v := c.params["name"]; v != "" {
		cu.Name = &v
	}
	if a := c.params.sub("address"); len(a) > 0 {
		if v := a["country"]; v != "" && len(v) != 2 {
			return nil, invalid("address[country]", "Country '"+v+"' is unknown.")
		}
		cu.Address = &postal{City: a["city"], Country: a["country"], Line1: a["line1"], Line2: a["line2"], PostalCode: a["postal_code"], State: a["state"]}
	}
	s.state.Customers = append(s.state.Customers, cu)
	s.emit("customer.created", *cu, &c)
	return *cu, nil
}

// createInvoice makes an empty draft. Nothing that lies about for the customer is drawn in.
func (s *Sandbox) createInvoice(c apiCall) (any, *apiError) {
	cu := find(s.state.Customers, func(cu *customer) bool { return cu.ID == c.params["customer"] })
	if cu == nil {
		return nil, noSuch("customer", c.params["customer"], "customer")
	}
	for name, want := range map[string]string{"collection_method": "send_invoice", "auto_advance": "false", "pending_invoice_items_behavior": "exclude"} {
		if c.params[name] != want {
			return nil, oneOf(name, c.params[name], want)
		}
	}
	days, bad := c.params.integer("days_until_due", "days_until_due")
	if bad != nil {
		return nil, bad
	}
	meta, bad := c.params.metadata("metadata")
	if bad != nil {
		return nil, bad
	}
	fields, bad := customFields(c.params)
	if bad != nil {
		return nil, bad
	}
	b := &bill{Days: days, Invoice: invoice{ID: newID("in_"), Object: "invoice", CollectionMethod: "send_invoice", Created: s.now().Unix(),
		Currency: c.params["currency"], Customer: cu.ID, CustomerEmail: cu.Email, CustomerName: cu.Name, Metadata: meta, Status: "draft", CustomFields: fields}}
	if b.Invoice.Currency == "" {
		b.Invoice.Currency = "usd"
	}
	if v := c.params["footer"]; v != "" {
		b.Invoice.Footer = &v
	}
	b.Invoice.Lines = list[invoiceLine]{Object: "list", Data: []invoiceLine{}, URL: "/v1/invoices/" + b.Invoice.ID + "/lines"}
	s.state.Bills = append(s.state.Bills, b)
	s.emit("invoice.created", b.Invoice, &c)
	return b.Invoice, nil
}

// customFields reads what an invoice shows at its head. Without any the member is null.
func customFields(p params) ([]customField, *apiError) {
	items, bad := p.items("custom_fields")
	if bad != nil {
		return nil, bad
	}
	if len(items) > 4 {
		return nil, invalid("custom_fields", "An invoice has at most 4 custom fields.")
	}
	var out []customField
	for i, item := range items {
		at := "custom_fields[" + strconv.Itoa(i) + "]"
		name, bad := item.need("name", at+"[name]", 40)
		if bad != nil {
			return nil, bad
		}
		value, bad := item.need("value", at+"[value]", 140)
		if bad != nil {
			return nil, bad
		}
		out = append(out, customField{name, value})
	}
	return out, nil
}

func (s *Sandbox) createItem(c apiCall) (any, *apiError) {
	b := s.bill(c.params["invoice"])
	if b == nil {
		return nil, noSuch("invoice", c.params["invoice"], "invoice")
	}
	in := &b.Invoice
	if in.Status != "draft" {
		return nil, refused("", "Invoice items can be added to a draft only.")
	}
	if c.params["customer"] != in.Customer {
		return nil, invalid("customer", "The invoice belongs to another customer.")
	}
	if c.params["currency"] != in.Currency {
		return nil, invalid("currency", "The currency is not the invoice's.")
	}
	text, bad := c.params.need("description", "description", 500)
	if bad != nil {
		return nil, bad
	}
	quantity, bad := c.params.integer("quantity", "quantity")
	if bad != nil {
		return nil, bad
	}
	decimal := c.params["unit_amount_decimal"]
	unit, err := strconv.ParseFloat(decimal, 64)
	if err != nil || unit < 0 || unit != float64(int64(unit)) || quantity < 1 {
		return nil, invalid("unit_amount_decimal", "The sandbox takes whole minor units and quantities of at least 1.")
	}
	meta, bad := c.params.metadata("metadata")
	if bad != nil {
		return nil, bad
	}
	l := invoiceLine{ID: newID("il_"), Object: "line_item", Amount: int64(unit) * quantity, Currency: in.Currency, Description: text, Invoice: in.ID,
		Metadata: meta, Pricing: linePricing{"price_details", strconv.FormatInt(int64(unit), 10)}, Quantity: quantity, Subtotal: int64(unit) * quantity}
	in.Lines.Data = append(in.Lines.Data, l)
	in.Total += l.Amount
	in.Subtotal, in.AmountDue, in.AmountRemaining = in.Total, in.Total, in.Total
	item := invoiceItem{ID: newID("ii_"), Object: "invoiceitem", Amount: l.Amount, Currency: l.Currency, Customer: in.Customer, Description: text,
		Invoice: in.ID, Metadata: meta, Quantity: quantity}
	s.emit("invoiceitem.created", item, &c)
	return item, nil
}

func (s *Sandbox) finalizeInvoice(c apiCall) (any, *apiError) {
	b := s.bill(c.id)
	if b == nil {
		return nil, noSuch("invoice", c.id, "invoice")
	}
	in := &b.Invoice
	if in.Status != "draft" {
		return nil, refused("invoice_not_editable", "This invoice is already finalized, you can't re-finalize a non-draft invoice.")
	}
	if len(in.Lines.Data) == 0 {
		return nil, refused("invoice_no_customer_line_items", "Nothing to invoice for customer")
	}
	s.state.Numbered++
	in.Status = "open"
	in.Number = ref(fmt.Sprintf("SANDBOX-%04d", s.state.Numbered))
	in.DueDate = ref(s.now().Add(time.Duration(b.Days) * 24 * time.Hour).Unix())
	in.HostedInvoiceURL = ref(s.options.BaseURL + "/i/" + in.ID)
	s.emit("invoice.finalized", *in, &c)
	return *in, nil
}

func (s *Sandbox) sendInvoice(c apiCall) (any, *apiError) {
	b := s.bill(c.id)
	switch {
	case b == nil:
		return nil, noSuch("invoice", c.id, "invoice")
	case b.Invoice.Status == "draft" || b.Invoice.Status == "void":
		return nil, refused("", "You can only send an invoice that is finalized and not void.")
	case b.Invoice.CustomerEmail == nil:
		return nil, refused("missing_email", "The customer has no email address.")
	}
	s.emit("invoice.sent", b.Invoice, &c)
	return b.Invoice, nil
}

func (s *Sandbox) voidInvoice(c apiCall) (any, *apiError) {
	b := s.bill(c.id)
	if b == nil {
		return nil, noSuch("invoice", c.id, "invoice")
	}
	if !b.open() {
		return nil, refused("", "You can only void an open or uncollectible invoice; this one is "+b.Invoice.Status+".")
	}
	s.void(b, &c)
	return b.Invoice, nil
}

func (s *Sandbox) markUncollectible(c apiCall) (any, *apiError) {
	b := s.bill(c.id)
	if b == nil {
		return nil, noSuch("invoice", c.id, "invoice")
	}
	if b.Invoice.Status != "open" {
		return nil, refused("", "Only an open invoice can be marked uncollectible.")
	}
	b.Invoice.Status = "uncollectible"
	s.emit("invoice.marked_uncollectible", b.Invoice, &c)
	return b.Invoice, nil
}

func (s *Sandbox) payInvoice(c apiCall) (any, *apiError) {
	b := s.bill(c.id)
	if b == nil {
		return nil, noSuch("invoice", c.id, "invoice")
	}
	if !b.open() {
		return nil, refused("invoice_not_open", "Invoice is "+b.Invoice.Status+" and cannot be paid.")
	}
	if c.params["paid_out_of_band"] != "true" {
		return nil, invalid("paid_out_of_band", "The sandbox has no saved card to charge: use the hosted page.")
	}
	s.settleOutOfBand(b, &c)
	return b.Invoice, nil
}

func (s *Sandbox) deleteInvoice(c apiCall) (any, *apiError) {
	b := s.bill(c.id)
	if b == nil {
		return nil, noSuch("invoice", c.id, "invoice")
	}
	if b.Invoice.Status != "draft" {
		return nil, refused("", "You can only delete draft invoices.")
	}
	s.state.Bills = slices.DeleteFunc(s.state.Bills, func(other *bill) bool { return other == b })
	s.emit("invoice.deleted", b.Invoice, &c)
	return deleted{b.Invoice.ID, "invoice", true}, nil
}

func (s *Sandbox) getInvoice(c apiCall) (any, *apiError) {
	if b := s.bill(c.id); b != nil {
		return b.Invoice, nil
	}
	return nil, noSuch("invoice", c.id, "invoice")
}

func (s *Sandbox) listInvoices(c apiCall) (any, *apiError) {
	var fit []invoice
	for _, b := range slices.Backward(s.state.Bills) {
		in := b.Invoice
		if v := c.params["customer"]; v != "" && in.Customer != v {
			continue
		}
		if v := c.params["status"]; v != "" && in.Status != v {
			continue
		}
		fit = append(fit, in)
	}
	return page(fit, c.params, "/v1/invoices", func(in invoice) string { return in.ID })
}

func (s *Sandbox) bill(id string) *bill {
	return find(s.state.Bills, func(b *bill) bool { return b.Invoice.ID == id })
}
