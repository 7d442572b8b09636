package stripe

import (
	"crypto/rand"
	"encoding/json"
)

// The objects as Stripe shows them, cut to what the product and its pages use. Amounts are integer minor
// units, instants unix seconds; lists are never bare arrays.

type list[T any] struct {
	Object  string `json:"object"`
	Data    []T    `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

type session struct {
	ID                       string            `json:"id"`
	Object                   string            `json:"object"`
	AmountSubtotal           int64             `json:"amount_subtotal"`
	AmountTotal              int64             `json:"amount_total"`
	BillingAddressCollection string            `json:"billing_address_collection"`
	CancelURL                string            `json:"cancel_url"`
	ClientReferenceID        *string           `json:"client_reference_id"`
	Created                  int64             `json:"created"`
	Currency                 string            `json:"currency"`
	CustomerDetails          *customerDetails  `json:"customer_details"`
	CustomerEmail            *string           `json:"customer_email"`
	ExpiresAt                int64             `json:"expires_at"`
	LineItems                *list[lineItem]   `json:"line_items,omitempty"`
	Livemode                 bool              `json:"livemode"`
	Metadata                 map[string]string `json:"metadata"`
	Mode                     string            `json:"mode"`
	PaymentIntent            *string           `json:"payment_intent"`
	PaymentMethodTypes       []string          `json:"payment_method_types"`
	PaymentStatus            string            `json:"payment_status"`
	Status                   string            `json:"status"`
	SuccessURL               string            `json:"success_url"`
	URL                      *string           `json:"url"`
}

type customerDetails struct {
	Email *string `json:"email"`
	Name  *string `json:"name"`
}

type lineItem struct {
	ID             string `json:"id"`
	Object         string `json:"object"`
	AmountSubtotal int64  `json:"amount_subtotal"`
	AmountTotal    int64  `json:"amount_total"`
	Currency       string `json:"currency"`
	Description    string `json:"description"`
	Price          price  `json:"price"`
	Quantity       int64  `json:"quantity"`
}

type price struct {
	ID         string          `json:"id"`
	Object     string          `json:"object"`
	Active     bool            `json:"active"`
	Currency   string          `json:"currency"`
	Livemode   bool            `json:"livemode"`
	Product    json.RawMessage `json:"product"` // an id, or the product when it was expanded
	Type       string          `json:"type"`
	UnitAmount int64           `json:"unit_amount"`
}

type product struct {
	ID       string            `json:"id"`
	Object   string            `json:"object"`
	Active   bool              `json:"active"`
	Livemode bool              `json:"livemode"`
	Metadata map[string]string `json:"metadata"`
	Name     string            `json:"name"`
}

type intent struct {
	ID               string            `json:"id"`
	Object           string            `json:"object"`
	Amount           int64             `json:"amount"`
	AmountReceived   int64             `json:"amount_received"`
	Created          int64             `json:"created"`
	Currency         string            `json:"currency"`
	Description      *string           `json:"description"`
	LastPaymentError *cardError        `json:"last_payment_error"`
	LatestCharge     *string           `json:"latest_charge"`
	Livemode         bool              `json:"livemode"`
	Metadata         map[string]string `json:"metadata"`
	Status           string            `json:"status"`
}

type cardError struct {
	Type        string `json:"type"`
	Code        string `json:"code"`
	DeclineCode string `json:"decline_code"`
	Message     string `json:"message"`
}

type charge struct {
	ID             string            `json:"id"`
	Object         string            `json:"object"`
	Amount         int64             `json:"amount"`
	AmountCaptured int64             `json:"amount_captured"`
	AmountRefunded int64             `json:"amount_refunded"`
	Captured       bool              `json:"captured"`
	Created        int64             `json:"created"`
	Currency       string            `json:"currency"`
	Disputed       bool              `json:"disputed"`
	FailureCode    *string           `json:"failure_code"`
	FailureMessage *string           `json:"failure_message"`
	Livemode       bool              `json:"livemode"`
	Metadata       map[string]string `json:"metadata"`
	Paid           bool              `json:"paid"`
	PaymentIntent  string            `json:"payment_intent"`
	Refunded       bool              `json:"refunded"`
	Refunds        *list[refund]     `json:"refunds,omitempty"` // when expanded
	Status         string            `json:"status"`
}

type refund struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	Amount        int64             `json:"amount"`
	Charge        string            `json:"charge"`
	Created       int64             `json:"created"`
	Currency      string            `json:"currency"`
	Metadata      map[string]string `json:"metadata"`
	PaymentIntent string            `json:"payment_intent"`
	Reason        *string           `json:"reason"`
	Status        string            `json:"status"`
}

type event struct {
	ID              string       `json:"id"`
	Object          string       `json:"object"`
	APIVersion      string       `json:"api_version"`
	Created         int64        `json:"created"`
	Data            eventData    `json:"data"`
	Livemode        bool         `json:"livemode"`
	PendingWebhooks int          `json:"pending_webhooks"`
	Request         eventRequest `json:"request"`
	Type            string       `json:"type"`
}

type eventData struct {
	Object json.RawMessage `json:"object"` // the snapshot taken when it happened
}

type eventRequest struct {
	ID             *string `json:"id"`
	IdempotencyKey *string `json:"idempotency_key"`
}

// newID makes an id of Stripe's look: a prefix and 24 random symbols.
func newID(prefix string) string { return prefix + rand.Text()[:24] }

func ref[T any](v T) *T { return &v }
