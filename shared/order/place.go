package order

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/catalog"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/notice"
)

// Placer takes orders.
type Placer struct {
	Orders   Orders
	Cashier  Cashier
	Catalog  *catalog.Catalog
	Accounts account.Accounts
	Notices  *notice.Outbox
	Audit    audit.Log
}

// Request is what somebody wants to buy. Its JSON is what the same idempotency key must come with.
type Request struct {
	Partner string          `json:"partner"`
	Lines   []Ask           `json:"lines"`
	Payment Method          `json:"payment"`
	Billing account.Billing `json:"billing"`

	PurchaseOrder string `json:"purchase_order,omitempty"` // the buyer's own number, with an invoice only
}

// Ask is one line of it.
type Ask struct {
	Product  string `json:"product"`
	Quantity int    `json:"quantity"`
}

// By tells who asks, from where, when, and under which idempotency key.
type By struct {
	Account account.ID
	Key     string
	From    string
	At      time.Time
}

// Place stores the order and opens its checkout, or sends its invoice. Asked again under the same key it returns the same order,
// and takes up what a crash left: the checkout is opened or the invoice sent then.
//
// It returns fault.ErrInvalid with what is wrong, ErrKeyRequired, ErrKeyReused, ErrKeyInUse, or
// payment.ErrUnavailable, after which the order stands and the same request goes on with it.
func (p *Placer) Place(ctx context.Context, r Request, by By) (Order, error) {
	if !validKey(by.Key) {
		return Order{}, ErrKeyRequired
	}
	o, err := p.draft(r, by)
	if err != nil {
		return Order{}, err
	}
	request, err := json.Marshal(r)
	if err != nil {
		return Order{}, fmt.Errorf("place order: %w", err)
	}
	hash := sha256.Sum256(request)
	for range tries {
		o.Number = newNumber()
		err := p.Orders.DB.Commit(ctx, p.writes(o, by, hash[:])...)
		if seen, ok := errors.AsType[errSeen](err); ok {
			return p.again(ctx, seen, hash[:], by.At)
		}
		if errors.Is(err, errNumberTaken) {
			continue
		}
		if err != nil {
			return Order{}, fmt.Errorf("place order: %w", err)
		}
		return p.Cashier.begin(ctx, o, by.At)
	}
	return Order{}, fmt.Errorf("place order: %w", errNumberTaken)
}

// tries bounds loops that go on because somebody else moved first.
const tries = 4

func (p *Placer) writes(o Order, by By, hash []byte) []dynamo.Write {
	lines := make([]notice.Line, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = notice.Line{Title: l.Name, Quantity: l.Quantity, Price: l.Price.String()}
	}
	return []dynamo.Write{
		p.Orders.remember(o, by.Key, hash), // judged first: a repeat is told by its key
		p.Orders.create(o),
		p.Accounts.RememberBilling(o.Purchaser, o.Billing),
		p.Notices.Write(notice.OrderPlaced(o.Purchaser.String(), o.Number, lines, o.Total.String(), string(o.Payment)), o.PlacedAt),
		p.Audit.Write(audit.Entry{
			Subject: audit.Order(o.Number), Actor: audit.Account(o.Purchaser.String()), What: EventPlaced, At: o.PlacedAt, From: by.From,
			Detail: map[string]string{"total": o.Total.String(), "keys": strconv.Itoa(o.Keys()), "payment": string(o.Payment)},
		}),
	}
}

// again answers a request whose key was seen before.
func (p *Placer) again(ctx context.Context, seen errSeen, hash []byte, now time.Time) (Order, error) {
	if string(seen.hash) != string(hash) {
		return Order{}, ErrKeyReused
	}
	o, err := p.Orders.get(ctx, seen.number)
	if err != nil {
		return Order{}, fmt.Errorf("place order again: %w", err)
	}
	if o.State != Placed || o.ready() {
		return o, nil
	}
	if o, err = p.Orders.takeUp(ctx, o, now); err != nil {
		return Order{}, fmt.Errorf("place order again: %w", err)
	}
	return p.Cashier.begin(ctx, o, now)
}

// draft checks a request and makes the order of it, but for its number.
func (p *Placer) draft(r Request, by By) (Order, error) {
	var c fault.Check
	c.Field(r.Payment == Card || r.Payment == Invoice, "/payment", textPayment)
	c.Field(len(r.Lines) > 0, "/lines", textLinesRequired)
	r.Billing.Check(&c, "/billing")
	r.PurchaseOrder = purchaseOrder(&c, r.PurchaseOrder, r.Payment)
	o := Order{
		Purchaser: by.Account, State: Placed, Partner: r.Partner, Payment: r.Payment, Billing: r.Billing, PlacedAt: by.At, PurchaseOrder: r.PurchaseOrder,
		attempt: 1, attemptAt: by.At, opening: by.At.Add(openingFor),
	}
	offered, err := p.Catalog.Store(r.Partner)
	c.Field(err == nil && r.Partner != "", "/partner", textPartner)
	if err == nil {
		if o.Lines, o.Total, err = fill(&c, offered, r.Lines); err != nil {
			return Order{}, err
		}
	}
	if err := c.Err(); err != nil {
		return Order{}, err
	}
	return o, nil
}

// maxPurchaseOrder is how many characters the buyer's own number may have. Stripe would take 140.
const maxPurchaseOrder = 30

// purchaseOrder checks the buyer's own number and returns it without blanks around it.
func purchaseOrder(c *fault.Check, number string, by Method) string {
	number = strings.TrimSpace(number)
	c.Field(number == "" || by == Invoice, "/purchase_order", textPurchaseOrderInvoice)
	unprintable := strings.ContainsFunc(number, func(char rune) bool { return !unicode.IsPrint(char) || char == utf8.RuneError })
	c.Field(utf8.RuneCountInString(number) <= maxPurchaseOrder && !unprintable, "/purchase_order", textPurchaseOrder)
	return number
}

// fill prices the lines by what is offered and puts those of one product together.
func fill(c *fault.Check, offered []catalog.Product, asked []Ask) (lines []Line, total catalog.Money, err error) {
	keys, at := 0, map[string]int{}
	for i, a := range asked {
		pointer := "/lines/" + strconv.Itoa(i)
		ok := a.Quantity >= 1 && a.Quantity <= MaxKeys
		c.Field(ok, pointer+"/quantity", textQuantity)
		product, sold := find(offered, a.Product)
		c.Field(sold, pointer+"/product", textNotSold)
		if !ok || !sold {
			continue
		}
		keys += a.Quantity
		if total, err = total.Plus(product.Price.Times(a.Quantity)); err != nil {
			return nil, total, err
		}
		if j, seen := at[a.Product]; seen {
			lines[j].Quantity += a.Quantity
			continue
		}
		at[a.Product] = len(lines)
		lines = append(lines, Line{Product: product.Code, Name: product.Name, Quantity: a.Quantity, Price: product.Price})
	}
	c.Field(keys <= MaxKeys, "/lines", textTooMany)
	return lines, total, nil
}

func find(offered []catalog.Product, code string) (catalog.Product, bool) {
	for _, p := range offered {
		if p.Code == code {
			return p, true
		}
	}
	return catalog.Product{}, false
}

// validKey tells whether an idempotency key has 16 to 64 printable characters (api.md).
func validKey(key string) bool {
	if len(key) < 16 || len(key) > 64 {
		return false
	}
	for _, r := range key {
		if r < '!' || r > '~' {
			return false
		}
	}
	return true
}
