package stripe

// The objects of invoicing, cut like the others (objects.go).

type customer struct {
	ID       string            `json:"id"`
	Object   string            `json:"object"`
	Address  *postal           `json:"address"`
	Created  int64             `json:"created"`
	Email    *string           `json:"email"`
	Livemode bool              `json:"livemode"`
	Metadata map[string]string `json:"metadata"`
	Name     *string           `json:"name"`
}

type postal struct {
	City       string `json:"city"`
	Country    string `json:"country"`
	Line1      string `json:"line1"`
	Line2      string `json:"line2"`
	PostalCode string `json:"postal_code"`
	State      string `json:"state"`
}

type invoice struct {
	ID                          string            `json:"id"`
	Object                      string            `json:"object"`
	AmountDue                   int64             `json:"amount_due"`
	AmountOverpaid              int64             `json:"amount_overpaid"`
	AmountPaid                  int64             `json:"amount_paid"`
	AmountRemaining             int64             `json:"amount_remaining"`
	AutoAdvance                 bool              `json:"auto_advance"`
	CollectionMethod            string            `json:"collection_method"`
	Created                     int64             `json:"created"`
	Currency                    string            `json:"currency"`
	CustomFields                []customField     `json:"custom_fields"`
	Customer                    string            `json:"customer"`
	CustomerEmail               *string           `json:"customer_email"`
	CustomerName                *string           `json:"customer_name"`
	DueDate                     *int64            `json:"due_date"`
	Footer                      *string           `json:"footer"`
	HostedInvoiceURL            *string           `json:"hosted_invoice_url"`
	Lines                       list[invoiceLine] `json:"lines"`
	Livemode                    bool              `json:"livemode"`
	Metadata                    map[string]string `json:"metadata"`
	Number                      *string           `json:"number"`
	Status                      string            `json:"status"`
	StatusTransitions           transitions       `json:"status_transitions"`
	PrePaymentCreditNotesAmount int64             `json:"pre_payment_credit_notes_amount"`
	Subtotal                    int64             `json:"subtotal"`
	Total                       int64             `json:"total"`
}

type transitions struct {
	PaidAt   *int64 `json:"paid_at"`
	VoidedAt *int64 `json:"voided_at"`
}

type customField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type invoiceLine struct {
	ID          string            `json:"id"`
	Object      string            `json:"object"`
	Amount      int64             `json:"amount"`
	Currency    string            `json:"currency"`
	Description string            `json:"description"`
	Invoice     string            `json:"invoice"`
	Metadata    map[string]string `json:"metadata"`
	Pricing     linePricing       `json:"pricing"`
	Quantity    int64             `json:"quantity"`
	Subtotal    int64             `json:"subtotal"`
}

type linePricing struct {
	Type              string `json:"type"`
	UnitAmountDecimal string `json:"unit_amount_decimal"`
}

type invoiceItem struct {
	ID          string            `json:"id"`
	Object      string            `json:"object"`
	Amount      int64             `json:"amount"`
	Currency    string            `json:"currency"`
	Customer    string            `json:"customer"`
	Description string            `json:"description"`
	Invoice     string            `json:"invoice"`
	Metadata    map[string]string `json:"metadata"`
	Quantity    int64             `json:"quantity"`
}

type deleted struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Deleted bool   `json:"deleted"`
}

type invoicePayment struct {
	ID         string       `json:"id"`
	Object     string       `json:"object"`
	AmountPaid int64        `json:"amount_paid"`
	Created    int64        `json:"created"`
	Currency   string       `json:"currency"`
	Invoice    string       `json:"invoice"`
	Payment    paymentOfOne `json:"payment"`
	Status     string       `json:"status"`
}

type paymentOfOne struct {
	PaymentIntent string `json:"payment_intent"`
	Type          string `json:"type"`
}

// bill is an invoice with what the API does not show of it.
type bill struct {
	Invoice invoice
	Days    int64 // until due, from finalising
	Intents []intent
}

func (b *bill) open() bool { return b.Invoice.Status == "open" || b.Invoice.Status == "uncollectible" }
