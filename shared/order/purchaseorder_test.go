package order_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"phoneotp/shared/fault"
	"phoneotp/shared/order"
)

func TestAPurchaseOrderNumber(t *testing.T) { // issue 6 item 1
	t.Parallel()
	f := startBilled(t)
	for number, ok := range map[string]bool{
		"": true, "PO-4711": true, "Büro 7/2026 №3": true, strings.Repeat("é", 30): true, "  \t ": true,
		strings.Repeat("x", 31): false, "a\nb": false, "a\x00b": false, "a\u200bb": false, "a\ufffdb": false, "a\u202eb": false,
	} {
		r := byInvoice()
		r.PurchaseOrder = number
		o, err := f.placer.Place(t.Context(), r, f.by(fmt.Sprintf("%x", []byte(number))[:min(2*len(number), 40)]))
		if ok && (err != nil || o.PurchaseOrder != strings.TrimSpace(number)) {
			t.Errorf("%q: %q, %v", number, o.PurchaseOrder, err)
		}
		if !ok && !refusedAt(err, "/purchase_order") {
			t.Errorf("%q: %v", number, err)
		}
	}
	card := request()
	card.PurchaseOrder = "PO-4711"
	if _, err := f.placer.Place(t.Context(), card, f.by("card")); !refusedAt(err, "/purchase_order") {
		t.Errorf("by card: %v", err)
	}
}

func TestThePurchaseOrderNumberStandsOnTheInvoice(t *testing.T) {
	t.Parallel()
	f := startBilled(t)
	r := byInvoice()
	r.PurchaseOrder = " PO <4711> "
	o, err := f.placer.Place(t.Context(), r, f.by("one"))
	fatal(t, err)
	if v := f.view(t, o.Number); v.PurchaseOrder != "PO <4711>" {
		t.Errorf("order: %q", v.PurchaseOrder)
	}
	res, err := http.Get(o.InvoiceURL())
	fatal(t, err)
	page, err := io.ReadAll(res.Body)
	fatal(t, errors.Join(err, res.Body.Close()))
	if !strings.Contains(string(page), "PO &lt;4711&gt;") {
		t.Errorf("page: %s", page)
	}
	r.PurchaseOrder = "PO 4712"
	if _, err := f.placer.Place(t.Context(), r, f.by("one")); !errors.Is(err, order.ErrKeyReused) {
		t.Errorf("the same key with another number: %v", err)
	}
}

// refusedAt tells whether a request was refused because of one member.
func refusedAt(err error, pointer string) bool {
	e, ok := fault.Of(err)
	if !ok || !errors.Is(err, fault.ErrInvalid) {
		return false
	}
	for _, field := range e.Fields {
		if field.Pointer == pointer {
			return true
		}
	}
	return false
}
