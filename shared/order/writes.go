package order

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/payment"
)

// fulfilled notes payment and licenses on the order.
func (s Orders) fulfilled(o Order, paidWith string, issued []license.License, now time.Time) dynamo.Write {
	digests := each(issued, func(l license.License) []byte { return l.Digest })
	return paidInvoice(o, s.update(o, "SET #st = :fulfilled, #pi = :pi, #pd = :now, #ff = :now, #ks = :ks REMOVE #ds, #da, #cs, #su, #se, #ru",
		map[string]string{"#pi": "pi", "#pd": "pd", "#ff": "ff", "#ks": "ks", "#ds": "ds", "#da": "da", "#cs": "cs", "#su": "su", "#se": "se", "#ru": "ru"},
		dynamo.Item{":fulfilled": dynamo.S(string(Fulfilled)), ":pi": dynamo.S(paidWith), ":now": dynamo.Ms(now), ":ks": dynamo.L(each(digests, dynamo.B)...)},
		func(there Order) bool { return there.paidWith == paidWith && there.State == Fulfilled }))
}

// held notes a payment that does not fit. The order stays in the index due until a person has dealt with it.
func (s Orders) held(o Order, paidWith, why string, now time.Time) dynamo.Write {
	return paidInvoice(o, s.update(o, "SET #st = :paid, #hd = :why, #pi = :pi, #pd = :now, #ds = :ds, #da = :da REMOVE #cs, #su, #se, #ru",
		map[string]string{"#hd": "hd", "#pi": "pi", "#pd": "pd", "#ds": "ds", "#da": "da", "#cs": "cs", "#su": "su", "#se": "se", "#ru": "ru"},
		dynamo.Item{":paid": dynamo.S(string(Paid)), ":why": dynamo.S(why), ":pi": dynamo.S(paidWith), ":now": dynamo.Ms(now),
			":ds": dynamo.S(shard(o.Number)), ":da": dynamo.Ms(now.Add(keysWithin))},
		func(there Order) bool { return there.paidWith == paidWith && there.State == Paid }))
}

// cancel ends an order whose checkout is still the one that was seen and closed.
func (s Orders) cancel(o Order, now time.Time) dynamo.Write {
	w := s.update(o, "SET #st = :cancelled, #cn = :now REMOVE #ds, #da, #cs, #su, #se, #ru",
		map[string]string{"#cn": "cn", "#ds": "ds", "#da": "da", "#cs": "cs", "#su": "su", "#se": "se", "#ru": "ru"},
		dynamo.Item{":cancelled": dynamo.S(string(Cancelled)), ":now": dynamo.Ms(now)},
		func(there Order) bool {
			return there.State == Cancelled && there.CancelledAt.Equal(now.Truncate(time.Millisecond))
		})
	u, judge := w.Item.Update, w.Judge
	seen := func(field, name, value string) {
		if value == "" {
			*u.ConditionExpression += " AND attribute_not_exists(" + field + ")"
			u.ExpressionAttributeNames[field] = name
			return
		}
		*u.ConditionExpression += " AND " + field + " = :" + name
		u.ExpressionAttributeNames[field], u.ExpressionAttributeValues[":"+name] = name, dynamo.S(value)
	}
	seen("#cs", "cs", o.session)
	seen("#iv", "iv", o.invoice)
	w.Judge = func(stands dynamo.Item) error {
		verdict := judge(stands)
		if f := dynamo.Read(stands); verdict == nil && (f.MayText("cs") != o.session || f.MayText("iv") != o.invoice) {
			return errMoved
		}
		return verdict
	}
	if o.invoice != "" {
		*u.UpdateExpression = strings.Replace(*u.UpdateExpression, "SET ", "SET #is = :void, ", 1)
		u.ExpressionAttributeNames["#is"], u.ExpressionAttributeValues[":void"] = "is", dynamo.S(string(payment.InvoiceVoid))
		if o.invoicePaid > 0 {
			*u.UpdateExpression = strings.Replace(*u.UpdateExpression, "SET ", "SET #ia = :ia, ", 1)
			u.ExpressionAttributeNames["#ia"], u.ExpressionAttributeValues[":ia"] = "ia", dynamo.N(o.invoicePaid)
		}
		*u.UpdateExpression += ", #il"
		u.ExpressionAttributeNames["#il"] = "il"
	}
	return w
}

// paidInvoice adds to a write of payment, which ends with what it removes, that the order's invoice is paid, and not
// in part any more.
func paidInvoice(o Order, w dynamo.Write) dynamo.Write {
	if o.Payment == Invoice {
		u := w.Item.Update
		*u.UpdateExpression = strings.Replace(*u.UpdateExpression, "SET ", "SET #is = :settled, ", 1)
		*u.UpdateExpression += ", #ia, #il"
		u.ExpressionAttributeNames["#is"], u.ExpressionAttributeValues[":settled"] = "is", dynamo.S(string(payment.InvoicePaid))
		u.ExpressionAttributeNames["#ia"], u.ExpressionAttributeNames["#il"] = "ia", "il"
	}
	return w
}

// reach keeps how far the way to the order's invoice has come. It returns errMoved, with what it was given, if
// the order is not placed any more or somebody began another attempt.
func (s Orders) reach(ctx context.Context, o Order) (Order, error) {
	set, drop := "SET #ip = :ip, #ic = :ic", ""
	names := map[string]string{"#ip": "ip", "#ic": "ic", "#st": "st", "#ca": "ca"}
	values := dynamo.Item{":ip": dynamo.N(o.step), ":ic": dynamo.S(o.customer), ":placed": dynamo.S(string(Placed)), ":ca": dynamo.N(o.attempt)}
	if o.invoice != "" {
		set += ", #iv = :iv, #is = :is"
		names["#iv"], names["#is"] = "iv", "is"
		values[":iv"], values[":is"] = dynamo.S(o.invoice), dynamo.S(string(o.invoiceStatus))
	}
	if o.step >= stepFinal {
		set += ", #in = :in, #iu = :iu, #ie = :ie, #da = :da"
		names["#in"], names["#iu"], names["#ie"], names["#da"] = "in", "iu", "ie", "da"
		values[":in"], values[":iu"], values[":ie"], values[":da"] = dynamo.S(o.invoiceNumber), dynamo.S(o.invoiceLink), dynamo.Ms(o.invoiceDue), dynamo.Ms(o.due())
	}
	if o.step == stepSent {
		drop = " REMOVE #ru"
		names["#ru"] = "ru"
	}
	item, err := s.change(ctx, o.Number, set+drop, "#st = :placed AND #ca = :ca", names, values)
	if _, ok := errors.AsType[*dynamo.Refused](err); ok {
		return o, errMoved
	}
	if err != nil {
		return o, err
	}
	return read(item)
}

// noteInvoice keeps what was read of the order's open invoice: where two are at it, what was read last and, at the
// latest, what the next reconciliation reads. It tells whether that was news.
func (s Orders) noteInvoice(ctx context.Context, o Order, in payment.Invoice) (bool, error) {
	then := o.partly(in)
	if o.State != Placed || o.invoice != in.ID || o.invoiceStatus == in.Status && o.invoiceNumber == in.Number && o.invoicePaid == then.invoicePaid && o.invoiceLeft == then.invoiceLeft {
		return false, nil
	}
	o.invoiceDue = in.DueAt
	_, err := s.change(ctx, o.Number, "SET #is = :is, #in = :in, #iu = :iu, #ie = :ie, #da = :da, #ia = :ia, #il = :il", "#st = :placed AND #iv = :iv",
		map[string]string{"#is": "is", "#in": "in", "#iu": "iu", "#ie": "ie", "#da": "da", "#ia": "ia", "#il": "il", "#st": "st", "#iv": "iv"},
		dynamo.Item{
			":is": dynamo.S(string(in.Status)), ":in": dynamo.S(in.Number), ":iu": dynamo.S(in.URL), ":ie": dynamo.Ms(in.DueAt), ":da": dynamo.Ms(o.due()),
			":ia": dynamo.N(then.invoicePaid), ":il": dynamo.N(then.invoiceLeft), ":placed": dynamo.S(string(Placed)), ":iv": dynamo.S(in.ID),
		})
	if _, ok := errors.AsType[*dynamo.Refused](err); ok {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("note invoice: %w", err)
	}
	return true, nil
}

// reversed notes what a refund or dispute made of an order that stands as it was seen.
func (s Orders) reversed(o Order, to State, mark string) dynamo.Write {
	w := s.update(o, "SET #st = :to, #rv = :rv", map[string]string{"#rv": "rv"}, dynamo.Item{":to": dynamo.S(string(to)), ":rv": dynamo.S(mark)},
		func(there Order) bool { return there.State == to && there.reversal == mark })
	u := w.Item.Update
	switch { // one that is held waits in the index due
	case o.State == Paid && to != Paid:
		*u.UpdateExpression += " REMOVE #ds, #da"
		u.ExpressionAttributeNames["#ds"], u.ExpressionAttributeNames["#da"] = "ds", "da"
	case o.State != Paid && to == Paid:
		*u.UpdateExpression += ", #ds = :ds, #da = :da"
		u.ExpressionAttributeNames["#ds"], u.ExpressionAttributeNames["#da"] = "ds", "da"
		u.ExpressionAttributeValues[":ds"], u.ExpressionAttributeValues[":da"] = dynamo.S(shard(o.Number)), dynamo.Ms(o.PaidAt.Add(keysWithin))
	}
	*u.ConditionExpression = "#st = :seen AND #rv = :before"
	if o.reversal == "" {
		*u.ConditionExpression = "#st = :seen AND (attribute_not_exists(#rv) OR #rv = :before)"
	}
	u.ExpressionAttributeValues[":seen"], u.ExpressionAttributeValues[":before"] = dynamo.S(string(o.State)), dynamo.S(o.reversal)
	delete(u.ExpressionAttributeValues, ":placed")
	w.Judge = func(stands dynamo.Item) error {
		there, err := read(stands)
		switch {
		case err != nil:
			return err
		case there.State == to && there.reversal == mark:
			return dynamo.ErrAlready
		case there.State == o.State && there.reversal == o.reversal:
			return nil
		}
		return errMoved
	}
	return w
}
