package payment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/form"

	"phoneotp/shared/catalog"
)

// Bill is what a person is asked to pay by invoice. For one order and attempt it must always be the same.
type Bill struct {
	Order   string // number; stands on customer and invoice
	Attempt int    // 1 for the first
	Payer   Payer
	Lines   []Line
	Days    int     // until due, from finalising
	Footer  string  // what the invoice says at its end
	Fields  []Field // what it says at its head; at most 4
}

// Field is a name of at most 40 characters and a value of at most 140.
type Field struct{ Name, Value string }

// Payer is who gets the invoice.
type Payer struct {
	Name, Email                                     string
	Line1, Line2, City, Region, PostalCode, Country string
}

// InvoiceStatus is where an invoice stands.
type InvoiceStatus string

// The statuses of an invoice, as Stripe names them.
const (
	InvoiceDraft         InvoiceStatus = "draft"
	InvoiceOpen          InvoiceStatus = "open"
	InvoicePaid          InvoiceStatus = "paid"
	InvoiceVoid          InvoiceStatus = "void"
	InvoiceUncollectible InvoiceStatus = "uncollectible" // given up; can still be paid or voided
	InvoiceDeleted       InvoiceStatus = "deleted"       // a draft that is gone: our name, Stripe has none
)

// Invoice is an invoice as Stripe tells it.
type Invoice struct {
	ID       string
	Number   string // empty in a draft, as are URL and DueAt
	URL      string // the hosted page
	DueAt    time.Time
	Order    string // from our metadata
	Status   InvoiceStatus
	Live     bool
	Total    catalog.Money
	Paid     catalog.Money // so far
	Left     catalog.Money // to pay
	PaidAt   time.Time     // when it was paid in full
	Voided   bool          // once, whatever it is now
	Overpaid catalog.Money // what came beyond the total
	Credited catalog.Money // what a credit note took off before it was paid
	Lines    []Line        // more than ours are marked by a line without a product
}

// CreateCustomer makes the customer that an order's invoice is sent to. It returns ErrAttemptSpent or
// ErrUnavailable, as all steps do.
func (c *Client) CreateCustomer(ctx context.Context, b Bill) (string, error) {
	p := &stripe.CustomerCreateParams{
		Email: stripe.String(b.Payer.Email), Name: stripe.String(b.Payer.Name), Metadata: map[string]string{metadataOrder: b.Order},
		Address: &stripe.AddressParams{
			Line1: stripe.String(b.Payer.Line1), City: stripe.String(b.Payer.City), PostalCode: stripe.String(b.Payer.PostalCode), Country: stripe.String(b.Payer.Country),
		},
	}
	if b.Payer.Line2 != "" {
		p.Address.Line2 = stripe.String(b.Payer.Line2)
	}
	if b.Payer.Region != "" {
		p.Address.State = stripe.String(b.Payer.Region)
	}
	made, err := step(ctx, b, "customer", p, func(ctx context.Context) (*stripe.Customer, error) { return c.api.V1Customers.Create(ctx, p) })
	if err != nil {
		return "", err
	}
	return made.ID, nil
}

// DraftInvoice makes an empty draft that draws in nothing else of the customer and is never finalised or sent
// by itself.
func (c *Client) DraftInvoice(ctx context.Context, b Bill, customer string) (Invoice, error) {
	p := &stripe.InvoiceCreateParams{
		Customer: stripe.String(customer), CollectionMethod: stripe.String("send_invoice"), DaysUntilDue: stripe.Int64(int64(b.Days)),
		AutoAdvance: stripe.Bool(false), PendingInvoiceItemsBehavior: stripe.String("exclude"),
		Currency: stripe.String(strings.ToLower(b.Lines[0].Price.Currency)),
		Metadata: map[string]string{metadataOrder: b.Order}, Footer: stripe.String(b.Footer),
	}
	for _, f := range b.Fields {
		p.CustomFields = append(p.CustomFields, &stripe.InvoiceCreateCustomFieldParams{Name: stripe.String(f.Name), Value: stripe.String(f.Value)})
	}
	return invoiceStep(ctx, b, "draft", p, func(ctx context.Context) (*stripe.Invoice, error) { return c.api.V1Invoices.Create(ctx, p) })
}

// AddLine puts one line on a draft.
func (c *Client) AddLine(ctx context.Context, b Bill, customer, invoice string, l Line) error {
	p := &stripe.InvoiceItemCreateParams{
		Customer: stripe.String(customer), Invoice: stripe.String(invoice), Description: stripe.String(l.Name),
		Currency: stripe.String(strings.ToLower(l.Price.Currency)), Quantity: stripe.Int64(int64(l.Quantity)),
		UnitAmountDecimal: stripe.Float64(float64(l.Price.Amount)), // whole minor units, far below 2^53
		Metadata:          map[string]string{metadataProduct: l.Product},
	}
	_, err := step(ctx, b, "line", p, func(ctx context.Context) (*stripe.InvoiceItem, error) { return c.api.V1InvoiceItems.Create(ctx, p) })
	return err
}

// FinalizeInvoice opens a draft: it has a number, a due date and a page from then on.
func (c *Client) FinalizeInvoice(ctx context.Context, b Bill, id string) (Invoice, error) {
	p := &stripe.InvoiceFinalizeInvoiceParams{AutoAdvance: stripe.Bool(false)}
	return invoiceStep(ctx, b, "finalize:"+id, p, func(ctx context.Context) (*stripe.Invoice, error) {
		return c.api.V1Invoices.FinalizeInvoice(ctx, id, p)
	})
}

// SendInvoice has Stripe mail an open invoice.
func (c *Client) SendInvoice(ctx context.Context, b Bill, id string) (Invoice, error) {
	p := &stripe.InvoiceSendInvoiceParams{}
	return invoiceStep(ctx, b, "send:"+id, p, func(ctx context.Context) (*stripe.Invoice, error) { return c.api.V1Invoices.SendInvoice(ctx, id, p) })
}

// GetInvoice reads an invoice. It returns ErrNoInvoice or ErrUnavailable.
func (c *Client) GetInvoice(ctx context.Context, id string) (Invoice, error) {
	got, err := retry(ctx, func(ctx context.Context) (*stripe.Invoice, error) { return c.api.V1Invoices.Retrieve(ctx, id, nil) })
	if err != nil {
		return Invoice{}, fmt.Errorf("get invoice: %w", gone(err))
	}
	return invoice(got)
}

// InvoiceOf finds the newest invoice of a customer. It returns ErrNoInvoice or ErrUnavailable.
func (c *Client) InvoiceOf(ctx context.Context, customer string) (Invoice, error) {
	found, err := retry(ctx, func(ctx context.Context) (*stripe.Invoice, error) {
		p := &stripe.InvoiceListParams{Customer: stripe.String(customer)}
		p.Limit = stripe.Int64(1)
		for in, err := range c.api.V1Invoices.List(ctx, p).All(ctx) {
			return in, err
		}
		return nil, nil
	})
	if err != nil {
		return Invoice{}, fmt.Errorf("invoice of a customer: %w", err)
	}
	if found == nil {
		return Invoice{}, ErrNoInvoice
	}
	return invoice(found)
}

// CreditedInvoice reads the invoice that a credit note is about. It returns ErrNoInvoice or ErrUnavailable.
func (c *Client) CreditedInvoice(ctx context.Context, note string) (Invoice, error) {
	got, err := retry(ctx, func(ctx context.Context) (*stripe.CreditNote, error) {
		return c.api.V1CreditNotes.Retrieve(ctx, note, nil)
	})
	if err != nil {
		return Invoice{}, fmt.Errorf("get credit note: %w", gone(err))
	}
	if got.Invoice == nil {
		return Invoice{}, ErrNoInvoice
	}
	return c.GetInvoice(ctx, got.Invoice.ID)
}

// EndInvoice makes sure that nobody can pay an invoice: a draft is deleted, an open one voided. It returns the
// invoice as it is afterwards: paid, if somebody was first. Ending an ended one is no error.
func (c *Client) EndInvoice(ctx context.Context, id string) (Invoice, error) {
	for range 2 { // finalised between our look and our deletion
		in, err := c.GetInvoice(ctx, id)
		switch {
		case errors.Is(err, ErrNoInvoice):
			return Invoice{ID: id, Status: InvoiceDeleted}, nil
		case err != nil:
			return Invoice{}, err
		case in.Status == InvoicePaid || in.Status == InvoiceVoid:
			return in, nil
		}
		got, err := retry(ctx, func(ctx context.Context) (*stripe.Invoice, error) {
			if in.Status == InvoiceDraft {
				return c.api.V1Invoices.Delete(ctx, id, nil)
			}
			return c.api.V1Invoices.VoidInvoice(ctx, id, nil)
		})
		switch e, ok := errors.AsType[*stripe.Error](err); {
		case ok && (e.HTTPStatusCode == http.StatusBadRequest || e.HTTPStatusCode == http.StatusNotFound):
			continue // it is another thing by now: what is it?
		case err != nil:
			return Invoice{}, fmt.Errorf("end invoice: %w", err)
		case got.Deleted:
			return Invoice{ID: id, Order: in.Order, Status: InvoiceDeleted}, nil
		}
		return invoice(got)
	}
	return c.GetInvoice(ctx, id)
}

// keyed is a request that takes an idempotency key.
type keyed interface{ SetIdempotencyKey(string) }

// step makes one call of an invoice's way under its own idempotency key: of order, attempt, step and
// parameters.
func step[T any](ctx context.Context, b Bill, name string, p keyed, call func(context.Context) (T, error)) (T, error) {
	var values form.Values
	form.AppendTo(&values, p)
	pairs := strings.Split(values.Encode(), "&")
	slices.Sort(pairs) // metadata is a map
	sum := sha256.Sum256([]byte(strings.Join(pairs, "&")))
	p.SetIdempotencyKey("invoice:" + b.Order + ":" + strconv.Itoa(b.Attempt) + ":" + name + ":" + hex.EncodeToString(sum[:8]))
	out, err := retry(ctx, call)
	if e, ok := errors.AsType[*stripe.Error](err); ok && spent(e) {
		err = fmt.Errorf("%w: %w", ErrAttemptSpent, err)
	}
	if err != nil {
		return out, fmt.Errorf("invoice of %s attempt %d, %s: %w", b.Order, b.Attempt, name, gone(err))
	}
	return out, nil
}

func invoiceStep(ctx context.Context, b Bill, name string, p keyed, call func(context.Context) (*stripe.Invoice, error)) (Invoice, error) {
	made, err := step(ctx, b, name, p, call)
	if err != nil {
		return Invoice{}, err
	}
	return invoice(made)
}

// gone names what Stripe does not know.
func gone(err error) error {
	if e, ok := errors.AsType[*stripe.Error](err); ok && e.HTTPStatusCode == http.StatusNotFound {
		return fmt.Errorf("%w: %w", ErrNoInvoice, err)
	}
	return err
}

func invoice(in *stripe.Invoice) (Invoice, error) {
	out := Invoice{
		ID: in.ID, Number: in.Number, URL: in.HostedInvoiceURL, Order: in.Metadata[metadataOrder], Status: InvoiceStatus(in.Status), Live: in.Livemode,
		Total: money(in.Total, in.Currency), Overpaid: money(in.AmountOverpaid, in.Currency),
		Paid: money(in.AmountPaid, in.Currency), Left: money(in.AmountRemaining, in.Currency), Credited: money(in.PrePaymentCreditNotesAmount, in.Currency),
	}
	switch out.Status {
	case InvoiceDraft, InvoiceOpen, InvoicePaid, InvoiceVoid, InvoiceUncollectible:
	default:
		return Invoice{}, fmt.Errorf("payment: an invoice's status is %q", in.Status)
	}
	if in.DueDate > 0 {
		out.DueAt = time.Unix(in.DueDate, 0).UTC()
	}
	if at := in.StatusTransitions; at != nil {
		out.Voided = at.VoidedAt > 0
		if at.PaidAt > 0 {
			out.PaidAt = time.Unix(at.PaidAt, 0).UTC()
		}
	}
	if in.Lines == nil {
		return out, nil
	}
	for _, l := range in.Lines.Data {
		line := Line{Name: l.Description, Quantity: int(l.Quantity), Product: l.Metadata[metadataProduct]}
		if l.Pricing != nil {
			line.Price = unit(l.Pricing.UnitAmountDecimal, l.Currency)
		}
		out.Lines = append(out.Lines, line)
	}
	if in.Lines.HasMore {
		out.Lines = append(out.Lines, Line{})
	}
	return out, nil
}

// unit reads a price of whole minor units; another is none of ours and compares with nothing.
func unit(decimal float64, currency stripe.Currency) catalog.Money {
	whole := int64(decimal)
	if float64(whole) != decimal {
		whole = -1
	}
	return money(whole, currency)
}
