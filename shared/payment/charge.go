package payment

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v85"

	"phoneotp/shared/catalog"
)

// DisputeState is where the bank's question about a charge stands.
type DisputeState string

// The states, over Stripe's eight.
const (
	Undisputed  DisputeState = ""
	DisputeOpen DisputeState = "open" // needs a response, is under review, or the bank warns of one
	DisputeWon  DisputeState = "won"  // closed in our favour, prevented, or a warning that came to nothing
	DisputeLost DisputeState = "lost"
)

// Charge is money that was taken for an order, and what became of it. It is read whole, so that events about it
// may come in any order.
type Charge struct {
	ID         string
	Order      string // empty: not one of ours
	Payment    string // payment intent of a checkout, or the invoice
	Total      catalog.Money
	Refunded   catalog.Money // a refund that failed is not in it
	RefundedAt time.Time     // when the last of them was made
	Dispute    DisputeState
}

// Whole tells whether everything was given back.
func (c Charge) Whole() bool { return c.Refunded.Amount > 0 && c.Refunded.Amount >= c.Total.Amount }

// ErrNoCharge: Stripe knows no such charge, refund or dispute.
var ErrNoCharge = errors.New("payment: no such charge")

// ChargeOf finds the charge that an event of a charge, refund, dispute or fraud warning is about. It returns ErrNoCharge or
// ErrUnavailable.
func (c *Client) ChargeOf(ctx context.Context, e Event) (Charge, error) {
	id := e.ObjectID
	var about *stripe.Charge
	var err error
	switch e.Object {
	case "charge":
		return c.charge(ctx, id)
	case "refund":
		var re *stripe.Refund
		re, err = retry(ctx, func(ctx context.Context) (*stripe.Refund, error) { return c.api.V1Refunds.Retrieve(ctx, id, nil) })
		if err == nil {
			about = re.Charge
		}
	case "dispute":
		var d *stripe.Dispute
		d, err = retry(ctx, func(ctx context.Context) (*stripe.Dispute, error) { return c.api.V1Disputes.Retrieve(ctx, id, nil) })
		if err == nil {
			about = d.Charge
		}
	case "radar.early_fraud_warning":
		var w *stripe.RadarEarlyFraudWarning
		w, err = retry(ctx, func(ctx context.Context) (*stripe.RadarEarlyFraudWarning, error) {
			return c.api.V1RadarEarlyFraudWarnings.Retrieve(ctx, id, nil)
		})
		if err == nil {
			about = w.Charge
		}
	}
	if err != nil {
		return Charge{}, fmt.Errorf("charge of a %s: %w", e.Object, noCharge(err))
	}
	if about == nil {
		return Charge{}, ErrNoCharge
	}
	return c.charge(ctx, about.ID)
}

func (c *Client) charge(ctx context.Context, id string) (Charge, error) {
	got, err := retry(ctx, func(ctx context.Context) (*stripe.Charge, error) {
		p := &stripe.ChargeRetrieveParams{}
		p.AddExpand("refunds")
		return c.api.V1Charges.Retrieve(ctx, id, p)
	})
	if err != nil {
		return Charge{}, fmt.Errorf("get charge: %w", noCharge(err))
	}
	out := Charge{ID: got.ID, Order: got.Metadata[metadataOrder], Total: money(got.Amount, got.Currency), Refunded: money(got.AmountRefunded, got.Currency)}
	if got.PaymentIntent != nil {
		out.Payment = got.PaymentIntent.ID
	}
	if got.Refunds != nil {
		for _, re := range got.Refunds.Data {
			if at := time.Unix(re.Created, 0).UTC(); re.Status != stripe.RefundStatusFailed && re.Status != stripe.RefundStatusCanceled && at.After(out.RefundedAt) {
				out.RefundedAt = at
			}
		}
	}
	if out.Order == "" && out.Payment != "" {
		if err := c.byInvoice(ctx, &out); err != nil {
			return Charge{}, err
		}
	}
	if got.Disputed {
		out.Dispute, err = c.dispute(ctx, id)
	}
	return out, err
}

// byInvoice finds the invoice that a charge without our metadata has paid.
func (c *Client) byInvoice(ctx context.Context, out *Charge) error {
	id, err := retry(ctx, func(ctx context.Context) (string, error) {
		p := &stripe.InvoicePaymentListParams{Payment: &stripe.InvoicePaymentListPaymentParams{
			Type: stripe.String("payment_intent"), PaymentIntent: stripe.String(out.Payment),
		}}
		for paid, err := range c.api.V1InvoicePayments.List(ctx, p).All(ctx) {
			if err != nil || paid.Invoice == nil {
				return "", err
			}
			return paid.Invoice.ID, nil
		}
		return "", nil
	})
	if err != nil || id == "" {
		return err
	}
	in, err := c.GetInvoice(ctx, id)
	if err != nil {
		return err
	}
	out.Order, out.Payment = in.Order, in.ID
	return nil
}

// dispute reads the newest dispute of a charge.
func (c *Client) dispute(ctx context.Context, charge string) (DisputeState, error) {
	d, err := retry(ctx, func(ctx context.Context) (*stripe.Dispute, error) {
		p := &stripe.DisputeListParams{Charge: stripe.String(charge)}
		p.Limit = stripe.Int64(1)
		for d, err := range c.api.V1Disputes.List(ctx, p).All(ctx) {
			return d, err
		}
		return nil, nil
	})
	if err != nil || d == nil {
		return Undisputed, err
	}
	switch d.Status {
	case stripe.DisputeStatusNeedsResponse, stripe.DisputeStatusUnderReview, stripe.DisputeStatusWarningNeedsResponse, stripe.DisputeStatusWarningUnderReview:
		return DisputeOpen, nil
	case stripe.DisputeStatusWon, stripe.DisputeStatusWarningClosed, stripe.DisputeStatusPrevented:
		return DisputeWon, nil
	case stripe.DisputeStatusLost:
		return DisputeLost, nil
	}
	return Undisputed, fmt.Errorf("payment: a dispute's status is %q", d.Status)
}

func noCharge(err error) error {
	if e, ok := errors.AsType[*stripe.Error](err); ok && e.HTTPStatusCode == http.StatusNotFound {
		return fmt.Errorf("%w: %w", ErrNoCharge, err)
	}
	return err
}
