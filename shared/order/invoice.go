package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/catalog"
	"phoneotp/shared/payment"
)

// Step is how far the way to an order's invoice has come. What is not stored is looked for at Stripe before it
// is made a second time.
type Step int

// The steps, in their order.
const (
	stepNone  Step = iota
	stepLined      // all lines are on the draft
	stepFinal      // it has a number
	stepSent       // it was mailed: nothing is left to do
)

// Numbers of product.md 2.
const (
	dueDays   = 30                 // of an invoice
	grace     = 7 * 24 * time.Hour // after the due date it is voided
	stepsKept = 20 * time.Hour     // how old an attempt's steps may be to be repeated under their idempotency keys
)

// InvoiceView is what the purchaser sees of an order's invoice.
type InvoiceView struct {
	Number string
	DueAt  time.Time
	Status payment.InvoiceStatus
	Paid   *catalog.Money // a part that was paid of it, nil if none
	Left   *catalog.Money // what is left then, nil also where it cannot be paid any more
}

// Invoice is the order's invoice, once it has a number.
func (o Order) Invoice() (InvoiceView, bool) {
	v := InvoiceView{Number: o.invoiceNumber, DueAt: o.invoiceDue, Status: o.invoiceStatus}
	if o.invoicePaid > 0 {
		v.Paid = &catalog.Money{Amount: o.invoicePaid, Currency: o.Total.Currency}
	}
	if o.invoiceLeft > 0 {
		v.Left = &catalog.Money{Amount: o.invoiceLeft, Currency: o.Total.Currency}
	}
	return v, o.invoiceNumber != ""
}

// partly is the order with what was paid of its invoice, where that is a part.
func (o Order) partly(in payment.Invoice) Order {
	o.invoicePaid, o.invoiceLeft = in.Paid.Amount, in.Left.Amount
	if o.invoicePaid <= 0 {
		o.invoicePaid, o.invoiceLeft = 0, 0
	}
	return o
}

// InvoiceURL is where the invoice can be seen and paid, or empty.
func (o Order) InvoiceURL() string {
	if o.State != Placed || o.step < stepFinal || o.invoiceStatus == payment.InvoiceVoid {
		return ""
	}
	return o.invoiceLink
}

// ready tells that what the purchaser pays with was made.
func (o Order) ready() bool {
	if o.Payment == Invoice {
		return o.step == stepSent
	}
	return o.session != ""
}

// begin makes what the purchaser pays with, from where a crash left it.
func (c Cashier) begin(ctx context.Context, o Order, now time.Time) (Order, error) {
	if o.Payment == Invoice {
		return c.bill(ctx, o, now)
	}
	return c.open(ctx, o, now)
}

// bill brings the order's invoice to its purchaser. An attempt that cannot succeed any more is followed by the
// next, which looks at what there is before each step.
func (c Cashier) bill(ctx context.Context, o Order, now time.Time) (Order, error) {
	for range tries {
		if now.Sub(o.attemptAt) >= stepsKept { // its idempotency keys may be forgotten
			next, err := c.Orders.raise(ctx, o, now)
			if err != nil {
				return Order{}, err
			}
			o = next
		}
		made, err := c.steps(ctx, o, now)
		switch {
		case err == nil:
			return made, nil
		case errors.Is(err, payment.ErrAttemptSpent):
			if o, err = c.Orders.raise(ctx, made, now); err != nil {
				return Order{}, err
			}
			continue
		case !errors.Is(err, errMoved) && !errors.Is(err, payment.ErrNoInvoice):
			c.Orders.letGo(ctx, o)
			return Order{}, fmt.Errorf("invoice of %s: %w", o.Number, err)
		}
		stands, err := c.Orders.get(ctx, o.Number)
		if err != nil {
			return Order{}, fmt.Errorf("invoice of %s: %w", o.Number, err)
		}
		if stands.State == Cancelled && made.invoice != "" {
			if _, err := c.Payment.EndInvoice(ctx, made.invoice); err != nil { // nobody may pay it
				return Order{}, fmt.Errorf("invoice of %s: %w", o.Number, err)
			}
		}
		if stands.State != Placed {
			return stands, nil
		}
		o = stands
	}
	return Order{}, fmt.Errorf("invoice of %s: %w", o.Number, payment.ErrUnavailable)
}

// steps goes from the step reached to the last. It returns the order as far as it came, also with an error.
func (c Cashier) steps(ctx context.Context, o Order, now time.Time) (Order, error) {
	b, err := c.billOf(ctx, o, now)
	if err != nil {
		return o, err
	}
	for _, next := range []func(context.Context, Order, payment.Bill) (Order, error){c.customer, c.draft, c.lines, c.finalize, c.send} {
		if o, err = next(ctx, o, b); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (c Cashier) customer(ctx context.Context, o Order, b payment.Bill) (Order, error) {
	if o.customer != "" {
		return o, nil
	}
	id, err := c.Payment.CreateCustomer(ctx, b)
	if err != nil {
		return o, err
	}
	o.customer = id
	return c.Orders.reach(ctx, o)
}

func (c Cashier) draft(ctx context.Context, o Order, b payment.Bill) (Order, error) {
	if o.invoice != "" {
		return o, nil
	}
	in, err := payment.Invoice{}, payment.ErrNoInvoice
	if o.attempt > 1 {
		in, err = c.Payment.InvoiceOf(ctx, o.customer)
	}
	if errors.Is(err, payment.ErrNoInvoice) {
		in, err = c.Payment.DraftInvoice(ctx, b, o.customer)
	}
	if err != nil {
		return o, err
	}
	o.invoice, o.invoiceStatus = in.ID, in.Status
	return c.Orders.reach(ctx, o)
}

func (c Cashier) lines(ctx context.Context, o Order, b payment.Bill) (Order, error) {
	if o.step >= stepLined {
		return o, nil
	}
	there := map[string]bool{}
	if o.attempt > 1 {
		in, err := c.Payment.GetInvoice(ctx, o.invoice)
		if err != nil {
			return o, err
		}
		for _, l := range in.Lines {
			there[l.Product] = true
		}
	}
	for _, l := range b.Lines {
		if there[l.Product] {
			continue
		}
		if err := c.Payment.AddLine(ctx, b, o.customer, o.invoice, l); err != nil {
			return o, err
		}
	}
	o.step = stepLined
	return c.Orders.reach(ctx, o)
}

func (c Cashier) finalize(ctx context.Context, o Order, b payment.Bill) (Order, error) {
	if o.step >= stepFinal {
		return o, nil
	}
	in, err := payment.Invoice{Status: payment.InvoiceDraft}, error(nil)
	if o.attempt > 1 {
		in, err = c.Payment.GetInvoice(ctx, o.invoice)
	}
	if err == nil && in.Status == payment.InvoiceDraft {
		in, err = c.Payment.FinalizeInvoice(ctx, b, o.invoice)
	}
	if err != nil {
		return o, err
	}
	o.step, o.invoiceNumber, o.invoiceLink, o.invoiceDue, o.invoiceStatus = stepFinal, in.Number, in.URL, in.DueAt, in.Status
	return c.Orders.reach(ctx, o)
}

func (c Cashier) send(ctx context.Context, o Order, b payment.Bill) (Order, error) {
	if o.step >= stepSent {
		return o, nil
	}
	if _, err := c.Payment.SendInvoice(ctx, b, o.invoice); err != nil {
		return o, err
	}
	o.step = stepSent
	return c.Orders.reach(ctx, o)
}

// billOf is what Stripe is asked for. The address of the mail is the account's at that moment.
func (c Cashier) billOf(ctx context.Context, o Order, now time.Time) (payment.Bill, error) {
	b := payment.Bill{Order: o.Number, Attempt: o.attempt, Days: dueDays, Footer: footer(o), Lines: paymentLines(o)}
	if o.PurchaseOrder != "" {
		b.Fields = []payment.Field{{Name: textPurchaseOrderLabel, Value: o.PurchaseOrder}}
	}
	if o.customer != "" {
		return b, nil // who gets it was told
	}
	who, err := c.Accounts.ByID(ctx, o.Purchaser, now)
	if err != nil {
		return b, fmt.Errorf("purchaser: %w", err)
	}
	a := o.Billing
	b.Payer = payment.Payer{Name: a.Name, Email: who.Email, Line1: a.Line1, Line2: a.Line2, City: a.City, Region: a.Region, PostalCode: a.PostalCode, Country: a.Country}
	return b, nil
}

func footer(o Order) string {
	if o.Renewal() {
		return textRenewalFooter
	}
	return textFooter
}

func paymentLines(o Order) []payment.Line {
	return each(o.Lines, func(l Line) payment.Line {
		return payment.Line{Product: l.Product, Name: l.Name, Price: l.Price, Quantity: l.Quantity}
	})
}
