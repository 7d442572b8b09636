package order

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/notice"
)

// Renewer takes the renewal orders of holders (product.md 8).
type Renewer struct {
	Orders      Orders
	Cashier     Cashier
	Canceller   Canceller
	Catalog     *catalog.Catalog
	Credentials *credential.Registry
	Accounts    account.Accounts
	Notices     *notice.Outbox
	Audit       audit.Log
	Grace       time.Duration // after the expiry, in which a renewal may still be ordered (a setting; product.md 8: none)
}

// RenewalRequest is how a holder wants to renew. Its JSON is what the same idempotency key must come with.
type RenewalRequest struct {
	Product string          `json:"product"`
	Payment Method          `json:"payment"`
	Billing account.Billing `json:"billing"`

	PurchaseOrder string `json:"purchase_order,omitempty"` // as Request has it
}

// linkFresh is how old a link may be to be given again as a fresh one, so that two tabs do not close each other's.
const linkFresh = time.Minute

// Renewal is how the renewal of a holder's credential stands.
type Renewal struct {
	Credential  *credential.Credential // nil: none
	Eligibility credential.Eligibility
	Twin        *catalog.Product // what renews it; nil where nothing does
	Open        *Order           // the order that is not paid yet, or held for a person
}

// Standing reads it: one call, two where an order is open.
func (r Renewer) Standing(ctx context.Context, holder account.ID, now time.Time) (Renewal, error) {
	c, err := r.Credentials.Find(ctx, holder)
	if err != nil {
		return Renewal{}, err
	}
	s := Renewal{Credential: c, Eligibility: c.Eligibility(now, r.Grace)}
	if c == nil || c.State == credential.Revoked {
		return s, nil
	}
	twin, err := r.twin(c)
	if err != nil {
		return Renewal{}, err
	}
	s.Twin = &twin
	if c.Renewal != "" {
		o, err := r.Orders.get(ctx, c.Renewal)
		if err != nil {
			return Renewal{}, fmt.Errorf("renewal: %w", err)
		}
		s.Open = &o
	}
	return s, nil
}

// twin is the product that renews a credential: of its region and its variant of proofing.
func (r Renewer) twin(c *credential.Credential) (catalog.Product, error) {
	twin, ok := r.Catalog.Twin(c.Product)
	if !ok || string(twin.Region) != string(c.Service) || twin.Proofing != c.NeedsProofing {
		return catalog.Product{}, fmt.Errorf("renewal: nothing renews product %q of service %q", c.Product, c.Service)
	}
	return twin, nil
}

// Order takes a renewal order and opens its checkout, or sends its invoice. made is true for a new one; while one
// is open, asking again returns that one with a fresh link, whatever was asked for but the product.
//
// It returns fault.ErrInvalid with what is wrong, ErrKeyRequired, ErrKeyReused, ErrKeyInUse, ErrRenewalNotOpen,
// ErrRenewalWrongProduct, ErrNotPayable if the open one is paid or can only lapse, or payment.ErrUnavailable,
// after which the order stands and the same request goes on with it.
func (r Renewer) Order(ctx context.Context, ask RenewalRequest, by By) (o Order, made bool, err error) {
	if !validKey(by.Key) {
		return Order{}, false, ErrKeyRequired
	}
	var c fault.Check
	c.Field(ask.Product != "", "/product", textRequired)
	c.Field(ask.Payment == Card || ask.Payment == Invoice, "/payment", textPayment)
	ask.Billing.Check(&c, "/billing")
	request, err := json.Marshal(ask)
	if err != nil {
		return Order{}, false, fmt.Errorf("renew: %w", err)
	}
	ask.PurchaseOrder = purchaseOrder(&c, ask.PurchaseOrder, ask.Payment)
	if err := c.Err(); err != nil {
		return Order{}, false, err
	}
	hash := sha256.Sum256(request)
	for range tries {
		o, made, err = r.once(ctx, ask, by, hash[:])
		if !moved(err) && !errors.Is(err, errNumberTaken) {
			break
		}
	}
	if moved(err) || errors.Is(err, errNumberTaken) {
		err = dynamo.ErrBusy
	}
	if err != nil {
		return Order{}, false, fmt.Errorf("renew: %w", err)
	}
	return o, made, nil
}

// once looks at the credential and does what its state allows. It returns errors of moved, or errNumberTaken, where
// it must look again.
func (r Renewer) once(ctx context.Context, ask RenewalRequest, by By, hash []byte) (Order, bool, error) {
	c, err := r.Credentials.Find(ctx, by.Account)
	if err != nil {
		return Order{}, false, err
	}
	twin, no := r.allowed(c, ask, by.At)
	if no == nil && c.Renewal == "" {
		o := r.draft(c, twin, ask, by)
		err := r.Orders.DB.Commit(ctx, r.writes(o, c, by, hash)...)
		if seen, ok := errors.AsType[errSeen](err); ok {
			return r.again(ctx, seen, hash, by.At)
		}
		if err != nil {
			return Order{}, false, err
		}
		o, err = r.Cashier.begin(ctx, o, by.At)
		return o, true, err
	}
	seen, known, err := r.Orders.seen(ctx, by)
	switch {
	case err != nil:
		return Order{}, false, err
	case known:
		return r.again(ctx, seen, hash, by.At)
	case no != nil:
		return Order{}, false, no
	}
	return r.reopen(ctx, c, by, hash)
}

// allowed is the product to sell, or why there is none: the rule first, then the product.
func (r Renewer) allowed(c *credential.Credential, ask RenewalRequest, now time.Time) (catalog.Product, error) {
	switch why := c.Eligibility(now, r.Grace); why {
	case credential.Eligible, credential.OrderOpen:
	default:
		return catalog.Product{}, notOpen(c, why)
	}
	twin, err := r.twin(c)
	if err == nil && twin.Code != ask.Product {
		err = ErrRenewalWrongProduct.Because(textRenewalWrong+twin.Name+".").At("/product", textNotSold)
	}
	return twin, err
}

func notOpen(c *credential.Credential, why credential.Eligibility) error {
	f := ErrRenewalNotOpen
	switch why {
	case credential.NotActivated:
		return f.Because(textRenewalInactive).Then("register-phone")
	case credential.TooEarly:
		return f.Because(textRenewalEarly).RetryingAt(c.OpensAt())
	case credential.TooLate, credential.NoCredential:
		return f.Because(textRenewalLate).Then("choose-product")
	case credential.Eligible, credential.OrderOpen, credential.RevokedBefore:
	}
	return f.Because(textRenewalRevoked).Then("contact-support")
}

// draft is the order, with its number.
func (r Renewer) draft(c *credential.Credential, twin catalog.Product, ask RenewalRequest, by By) Order {
	return Order{
		Number: newNumber(), Purchaser: by.Account, State: Placed, Partner: catalog.All, Payment: ask.Payment, Billing: ask.Billing, PurchaseOrder: ask.PurchaseOrder,
		PlacedAt: by.At, Lines: []Line{{Product: twin.Code, Name: twin.Name, Quantity: 1, Price: twin.Price}}, Total: twin.Price,
		attempt: 1, attemptAt: by.At, opening: by.At.Add(openingFor), renews: c.License, term: c.Terms + 1,
	}
}

func (r Renewer) writes(o Order, c *credential.Credential, by By, hash []byte) []dynamo.Write {
	l := o.Lines[0]
	lines := []notice.Line{{Title: l.Name, Quantity: l.Quantity, Price: l.Price.String()}}
	return []dynamo.Write{
		r.Orders.remember(o, by.Key, hash), // judged first: a repeat is told by its key
		r.Orders.create(o),
		r.Credentials.RenewalOrdered(c, o.Number),
		r.Orders.point(o),
		r.Accounts.RememberBilling(o.Purchaser, o.Billing),
		r.Notices.Write(notice.RenewalPlaced(o.Purchaser.String(), o.Number, lines, o.Total.String(), string(o.Payment)), o.PlacedAt),
		r.Audit.Write(audit.Entry{
			Subject: audit.Order(o.Number), Actor: audit.Account(o.Purchaser.String()), What: EventPlaced, At: o.PlacedAt, From: by.From,
			Detail: map[string]string{"total": o.Total.String(), "renews": c.Product, "payment": string(o.Payment)},
		}),
	}
}

// again answers a request whose key was seen before: as it was answered then.
func (r Renewer) again(ctx context.Context, seen errSeen, hash []byte, now time.Time) (Order, bool, error) {
	if string(seen.hash) != string(hash) {
		return Order{}, false, ErrKeyReused
	}
	o, err := r.Orders.get(ctx, seen.number)
	if err != nil {
		return Order{}, false, err
	}
	made := seen.at.Equal(o.PlacedAt)
	if o.State != Placed || o.ready() {
		return o, made, nil
	}
	if o, err = r.Orders.takeUp(ctx, o, now); err != nil {
		return Order{}, false, err
	}
	o, err = r.Cashier.begin(ctx, o, now)
	return o, made, err
}

// reopen answers with the order that is open, and keeps under which key that was. One whose links have ended is
// ended, so that a new one can be made.
func (r Renewer) reopen(ctx context.Context, c *credential.Credential, by By, hash []byte) (Order, bool, error) {
	o, err := r.Orders.get(ctx, c.Renewal)
	switch {
	case err != nil:
		return Order{}, false, err
	case o.State == Paid: // held: a person has it
		return o, false, nil
	case o.State != Placed: // it ended a moment ago
		return Order{}, false, errMoved
	}
	if o.Payment == Card && !by.At.Before(o.PlacedAt.Add(payableFor-lastLink)) {
		without := *c
		if without.Renewal = ""; without.Eligibility(by.At, r.Grace) != credential.Eligible {
			return Order{}, false, ErrNotPayable.Because(textRenewalLapsed)
		}
		if _, err := r.Canceller.Cancel(ctx, o.Number, by.Account, by.From, by.At); err != nil {
			return Order{}, false, err
		}
		return Order{}, false, errMoved
	}
	asked := o
	asked.PlacedAt = by.At
	if err := r.Orders.DB.Commit(ctx, r.Orders.remember(asked, by.Key, hash)); err != nil {
		if seen, ok := errors.AsType[errSeen](err); ok {
			return r.again(ctx, seen, hash, by.At)
		}
		return Order{}, false, err
	}
	if o.CheckoutURL(by.At) != "" && by.At.Sub(o.attemptAt) < linkFresh || o.Payment == Invoice && o.ready() {
		return o, false, nil
	}
	o, err = r.Cashier.again(ctx, o, by.At)
	return o, false, err
}

// moved tells the errors that mean: look again.
func moved(err error) bool { return errors.Is(err, errMoved) || errors.Is(err, credential.ErrMoved) }
