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

// Checkout is what a person is asked to pay. For one order and attempt it must always be the same.
type Checkout struct {
	Order      string // number; stands on the session and the payment intent
	Attempt    int    // 1 for the first
	Lines      []Line
	ExpiresAt  time.Time // 30 minutes to 24 hours after Stripe makes the session
	SuccessURL string
	CancelURL  string
}

// Line is one line of a checkout.
type Line struct {
	Product  string // code in the catalog
	Name     string
	Price    catalog.Money // of one
	Quantity int
}

// Status is where a session stands.
type Status string

// The statuses of a session, as Stripe names them.
const (
	Open     Status = "open"
	Complete Status = "complete"
	Expired  Status = "expired"
)

// Session is a checkout as Stripe tells it.
type Session struct {
	ID        string
	URL       string // where the person pays; empty unless open
	Order     string // from our metadata
	Status    Status
	Paid      bool // nothing is left to pay
	Live      bool
	Total     catalog.Money
	Lines     []Line // read by GetCheckout only
	Payment   string // payment intent, once somebody tried to pay
	ExpiresAt time.Time
}

// metadataOrder and metadataProduct name our references in Stripe's metadata.
const (
	metadataOrder   = "order"
	metadataProduct = "product"
)

// CreateCheckout opens a session, or finds the one that this attempt opened before. It returns
// ErrAttemptSpent or ErrUnavailable.
func (c *Client) CreateCheckout(ctx context.Context, co Checkout) (Session, error) {
	made, err := retry(ctx, func(ctx context.Context) (*stripe.CheckoutSession, error) {
		p := co.params()
		p.SetIdempotencyKey(co.idempotencyKey())
		return c.api.V1CheckoutSessions.Create(ctx, p)
	})
	if e, ok := errors.AsType[*stripe.Error](err); ok && spent(e) {
		return Session{}, fmt.Errorf("create checkout %s attempt %d: %w: %w", co.Order, co.Attempt, ErrAttemptSpent, err)
	}
	if err != nil {
		return Session{}, fmt.Errorf("create checkout %s attempt %d: %w", co.Order, co.Attempt, err)
	}
	return session(made)
}

// spent tells a failure that this idempotency key will answer for ever, and a session that can no longer
// be as short as we want it.
func spent(e *stripe.Error) bool {
	replayed := e.LastResponse != nil && e.LastResponse.Header.Get("Idempotent-Replayed") == "true"
	return e.HTTPStatusCode >= http.StatusInternalServerError && replayed ||
		e.HTTPStatusCode == http.StatusBadRequest && e.Param == "expires_at"
}

// GetCheckout reads a session with its lines. It returns ErrNoSession or ErrUnavailable.
func (c *Client) GetCheckout(ctx context.Context, id string) (Session, error) {
	got, err := retry(ctx, func(ctx context.Context) (*stripe.CheckoutSession, error) {
		p := &stripe.CheckoutSessionRetrieveParams{}
		p.AddExpand("line_items.data.price.product")
		return c.api.V1CheckoutSessions.Retrieve(ctx, id, p)
	})
	if e, ok := errors.AsType[*stripe.Error](err); ok && e.HTTPStatusCode == http.StatusNotFound {
		return Session{}, fmt.Errorf("get checkout: %w: %w", ErrNoSession, err)
	}
	if err != nil {
		return Session{}, fmt.Errorf("get checkout: %w", err)
	}
	return session(got)
}

// ExpireCheckout closes a session for good. It returns the session as it is afterwards: Expired, or
// Complete if somebody paid first. Closing a closed one is no error.
func (c *Client) ExpireCheckout(ctx context.Context, id string) (Session, error) {
	got, err := retry(ctx, func(ctx context.Context) (*stripe.CheckoutSession, error) {
		return c.api.V1CheckoutSessions.Expire(ctx, id, nil)
	})
	if e, ok := errors.AsType[*stripe.Error](err); ok && (e.HTTPStatusCode == http.StatusBadRequest || e.HTTPStatusCode == http.StatusNotFound) {
		return c.GetCheckout(ctx, id) // it was not open: what is it?
	}
	if err != nil {
		return Session{}, fmt.Errorf("expire checkout: %w", err)
	}
	return session(got)
}

func (co Checkout) params() *stripe.CheckoutSessionCreateParams {
	about := func() map[string]string { return map[string]string{metadataOrder: co.Order} }
	p := &stripe.CheckoutSessionCreateParams{
		Mode:               stripe.String(stripe.CheckoutSessionModePayment),
		ClientReferenceID:  stripe.String(co.Order),
		Metadata:           about(),
		PaymentIntentData:  &stripe.CheckoutSessionCreatePaymentIntentDataParams{Metadata: about(), Description: stripe.String("Order " + co.Order)},
		PaymentMethodTypes: []*string{stripe.String("card")}, // others are paid days later (commerce-proofing.md 1.2)
		ExpiresAt:          stripe.Int64(co.ExpiresAt.Unix()),
		SuccessURL:         stripe.String(co.SuccessURL),
		CancelURL:          stripe.String(co.CancelURL),
	}
	for _, l := range co.Lines {
		p.LineItems = append(p.LineItems, &stripe.CheckoutSessionCreateLineItemParams{
			Quantity: stripe.Int64(int64(l.Quantity)),
			PriceData: &stripe.CheckoutSessionCreateLineItemPriceDataParams{
				Currency: stripe.String(strings.ToLower(l.Price.Currency)), UnitAmount: stripe.Int64(l.Price.Amount),
				ProductData: &stripe.CheckoutSessionCreateLineItemPriceDataProductDataParams{
					Name: stripe.String(l.Name), Metadata: map[string]string{metadataProduct: l.Product},
				},
			},
		})
	}
	return p
}

// idempotencyKey binds a session to its order, attempt and parameters: another release that words a line
// otherwise makes another session instead of an error.
func (co Checkout) idempotencyKey() string {
	var values form.Values
	form.AppendTo(&values, co.params())
	pairs := strings.Split(values.Encode(), "&")
	slices.Sort(pairs) // metadata is a map
	sum := sha256.Sum256([]byte(strings.Join(pairs, "&")))
	return "checkout:" + co.Order + ":" + strconv.Itoa(co.Attempt) + ":" + hex.EncodeToString(sum[:8])
}

func session(s *stripe.CheckoutSession) (Session, error) {
	out := Session{
		ID: s.ID, URL: s.URL, Order: s.Metadata[metadataOrder], Status: Status(s.Status), Live: s.Livemode,
		Total: money(s.AmountTotal, s.Currency), ExpiresAt: time.Unix(s.ExpiresAt, 0).UTC(),
		Paid: s.PaymentStatus == stripe.CheckoutSessionPaymentStatusPaid || s.PaymentStatus == stripe.CheckoutSessionPaymentStatusNoPaymentRequired,
	}
	switch out.Status {
	case Open, Complete, Expired:
	default:
		return Session{}, fmt.Errorf("payment: a session's status is %q", s.Status)
	}
	if s.PaymentIntent != nil {
		out.Payment = s.PaymentIntent.ID
	}
	if s.LineItems == nil {
		return out, nil
	}
	for _, l := range s.LineItems.Data {
		line := Line{Name: l.Description, Quantity: int(l.Quantity)}
		if l.Price != nil {
			line.Price = money(l.Price.UnitAmount, l.Price.Currency)
			if l.Price.Product != nil {
				line.Product = l.Price.Product.Metadata[metadataProduct]
			}
		}
		out.Lines = append(out.Lines, line)
	}
	return out, nil
}

func money(amount int64, currency stripe.Currency) catalog.Money {
	return catalog.Money{Amount: amount, Currency: strings.ToUpper(string(currency))}
}
