package order

import (
	"phoneotp/shared/payment"
)

// difference tells in which way a paid session is not what was ordered, or is empty (S-05). Whatever it
// says, nothing is issued.
func (o Order) difference(s payment.Session, live bool) string {
	switch {
	case s.Order != o.Number:
		return "order"
	case s.Live != live:
		return "mode"
	case s.Total.Currency != o.Total.Currency:
		return "currency"
	case s.Total.Amount != o.Total.Amount:
		return "amount"
	case len(s.Lines) != len(o.Lines):
		return "lines"
	}
	left := map[string]Line{}
	for _, l := range o.Lines {
		left[l.Product] = l
	}
	for _, l := range s.Lines {
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
