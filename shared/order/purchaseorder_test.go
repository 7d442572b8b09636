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

// A renewal that is paid by invoice takes it likewise; asking again while one is open changes nothing of that one.
func TestAPurchaseOrderNumberOfARenewal(t *testing.T) {
	t.Parallel()
	r := startRenewals(t)
	ask := renewing("renew-us", order.Card)
	ask.PurchaseOrder = "PO 4711"
	if _, _, err := r.renewer.Order(t.Context(), ask, r.by("card")); !refusedAt(err, "/purchase_order") {
		t.Errorf("by card: %v", err)
	}
	ask.Payment = order.Invoice
	for _, bad := range []string{strings.Repeat("x", 31), "a\nb", "a\u200bb"} {
		ask.PurchaseOrder = bad
		if _, _, err := r.renewer.Order(t.Context(), ask, r.by("bad")); !refusedAt(err, "/purchase_order") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	ask.PurchaseOrder = " PO <4711> "
	for i := range 2 { // and the same request again
		o, made, err := r.renewer.Order(t.Context(), ask, r.by("good"))
		if err != nil || !made || o.PurchaseOrder != "PO <4711>" {
			t.Fatalf("request %d: %q, %t, %v", i, o.PurchaseOrder, made, err)
		}
	}
	changed := ask
	changed.PurchaseOrder = "PO 4712"
	if _, _, err := r.renewer.Order(t.Context(), changed, r.by("good")); !errors.Is(err, order.ErrKeyReused) {
		t.Errorf("the same key with another number: %v", err)
	}
	o, made, err := r.renewer.Order(t.Context(), changed, r.by("another"))
	if err != nil || made || o.PurchaseOrder != "PO <4711>" || r.view(t, o.Number).Show(r.now).PurchaseOrder != "PO <4711>" {
		t.Errorf("asked again: %q, %t, %v", o.PurchaseOrder, made, err)
	}
	if page := body(t, o.InvoiceURL()); !strings.Contains(page, "PO &lt;4711&gt;") {
		t.Errorf("page: %s", page)
	}
}

// body is a page.
func body(t *testing.T, address string) string {
	t.Helper()
	res, err := http.Get(address)
	fatal(t, err)
	page, err := io.ReadAll(res.Body)
	fatal(t, errors.Join(err, res.Body.Close()))
	return string(page)
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
	if page := body(t, o.InvoiceURL()); !strings.Contains(page, "PO &lt;4711&gt;") {
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
