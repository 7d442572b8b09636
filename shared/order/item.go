package order

import (
	"errors"
	"fmt"

	"phoneotp/shared/account"
	"phoneotp/shared/catalog"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/payment"
)

// item is a new order as the table has it.
func (s Orders) item(o Order) dynamo.Item {
	b := o.Billing
	lines := each(o.Lines, func(l Line) dynamo.Item {
		return dynamo.Item{"p": dynamo.S(l.Product), "n": dynamo.S(l.Name), "q": dynamo.N(l.Quantity), "a": dynamo.N(l.Price.Amount)}
	})
	item := dynamo.Item{
		"p": dynamo.S(o.Number), "by": dynamo.B(o.Purchaser[:]), "at": dynamo.Ms(o.PlacedAt), "st": dynamo.S(string(o.State)),
		"pa": dynamo.S(o.Partner), "pm": dynamo.S(string(o.Payment)), "ln": dynamo.L(each(lines, dynamo.M)...),
		"tt": dynamo.N(o.Total.Amount), "cu": dynamo.S(o.Total.Currency),
		"bi": dynamo.M(dynamo.Item{"n": dynamo.S(b.Name), "l1": dynamo.S(b.Line1), "l2": dynamo.S(b.Line2), "c": dynamo.S(b.City),
			"r": dynamo.S(b.Region), "z": dynamo.S(b.PostalCode), "k": dynamo.S(b.Country)}),
		"ca": dynamo.N(o.attempt), "ct": dynamo.Ms(o.attemptAt), "ru": dynamo.Ms(o.opening),
		"ds": dynamo.S(shard(o.Number)), "da": dynamo.Ms(o.due()),
	}
	if o.PurchaseOrder != "" {
		item["po"] = dynamo.S(o.PurchaseOrder)
	}
	if o.Renewal() {
		item["rw"], item["tm"] = dynamo.B(o.renews), dynamo.N(o.term)
	}
	return item
}

var errNoItem = errors.New("order: there is no item")

func read(item dynamo.Item) (Order, error) {
	if item == nil {
		return Order{}, errNoItem
	}
	f := dynamo.Read(item)
	currency := f.Text("cu")
	o := Order{
		Number: f.Text("p"), State: State(f.Text("st")), HeldBecause: f.MayText("hd"), Partner: f.Text("pa"), Payment: Method(f.Text("pm")),
		Total:    catalog.Money{Amount: f.Int("tt"), Currency: currency},
		PlacedAt: f.Time("at"), PaidAt: f.MayTime("pd"), FulfilledAt: f.MayTime("ff"), CancelledAt: f.MayTime("cn"),
		attempt: int(f.Int("ca")), attemptAt: f.Time("ct"), opening: f.MayTime("ru"),
		session: f.MayText("cs"), link: f.MayText("su"), linkEnds: f.MayTime("se"), paidWith: f.MayText("pi"), reversal: f.MayText("rv"),
		customer: f.MayText("ic"), invoice: f.MayText("iv"), step: Step(f.MayInt("ip")), invoiceNumber: f.MayText("in"), invoiceLink: f.MayText("iu"),
		invoiceDue: f.MayTime("ie"), invoiceStatus: payment.InvoiceStatus(f.MayText("is")), PurchaseOrder: f.MayText("po"),
		invoicePaid: f.MayInt("ia"), invoiceLeft: f.MayInt("il"),
		renews: f.MayBytes("rw"), term: int(f.MayInt("tm")), taken: f.Flag("tk"),
	}
	by, err := account.IDFromBytes(f.Bytes("by"))
	if err != nil {
		return Order{}, fmt.Errorf("order: purchaser: %w", errors.Join(err, f.Err()))
	}
	o.Purchaser = by
	o.Billing = readBilling(f.Map("bi"))
	errs := []error{f.Err()}
	for _, v := range f.List("ln") {
		l := dynamo.Read(dynamo.Item{"l": v}).Map("l")
		o.Lines = append(o.Lines, Line{
			Product: l.Text("p"), Name: l.Text("n"), Quantity: int(l.Int("q")), Price: catalog.Money{Amount: l.Int("a"), Currency: currency},
		})
		errs = append(errs, l.Err())
	}
	if f.Has("ks") {
		for _, v := range f.List("ks") {
			k := dynamo.Read(dynamo.Item{"k": v})
			o.keys = append(o.keys, k.Bytes("k"))
			errs = append(errs, k.Err())
		}
	}
	for name, into := range map[string]*[]string{"xp": &o.extra, "tl": &o.told} {
		if !f.Has(name) {
			continue
		}
		for _, v := range f.List(name) {
			x := dynamo.Read(dynamo.Item{"x": v})
			*into = append(*into, x.Text("x"))
			errs = append(errs, x.Err())
		}
	}
	return o, errors.Join(append(errs, known(o.State))...)
}

func readBilling(f *dynamo.Fields) account.Billing {
	return account.Billing{
		Name: f.MayText("n"), Line1: f.MayText("l1"), Line2: f.MayText("l2"), City: f.MayText("c"), Region: f.MayText("r"),
		PostalCode: f.MayText("z"), Country: f.MayText("k"),
	}
}

func known(s State) error {
	switch s {
	case Placed, Paid, Fulfilled, Cancelled, Refunded, Disputed:
		return nil
	}
	return fmt.Errorf("order: unknown state %q", s)
}

func each[T, V any](all []T, of func(T) V) []V {
	out := make([]V, len(all))
	for i, v := range all {
		out[i] = of(v)
	}
	return out
}
