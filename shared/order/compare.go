package order

// difference tells in which way a payment is not what was ordered, or is empty (S-05). Whatever it
// says, nothing is issued.
func (o Order) difference(r receipt, live bool) string {
	switch {
	case r.order != o.Number:
		return "order"
	case r.live != live:
		return "mode"
	case r.total.Currency != o.Total.Currency:
		return "currency"
	case r.total.Amount != o.Total.Amount:
		return "amount"
	case r.voided:
		return "void"
	case r.credited.Amount > 0:
		return "credit"
	case len(r.lines) != len(o.Lines):
		return "lines"
	}
	left := map[string]Line{}
	for _, l := range o.Lines {
		left[l.Product] = l
	}
	for _, l := range r.lines {
		want, ok := left[l.Product]
		switch {
		case !ok:
			return "product"
		case l.Price != want.Price:
			return "price"
		case l.Quantity != want.Quantity:
			return "quantity"
		}
		delete(left, l.Product)
	}
	return ""
}
