package payment_test

import (
	"errors"
	"net/http"
	"testing"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/catalog"
	"phoneotp/shared/payment"
)

func bill() payment.Bill {
	usd := func(n int64) catalog.Money { return catalog.Money{Amount: n, Currency: "USD"} }
	return payment.Bill{
		Order: "SO-00000002", Attempt: 1, Days: 30, Footer: "Void 7 days after it is due.", Fields: []payment.Field{{Name: "Purchase order", Value: "PO 4711"}},
		Payer: payment.Payer{Name: "Grace Hopper", Email: "grace@example.test", Line1: "1 Navy Way", Line2: "B", City: "Arlington", Region: "VA", PostalCode: "22201", Country: "US"},
		Lines: []payment.Line{{"us", "US without proofing", usd(3400), 2}, {"intl", "International", usd(7100), 1}},
	}
}

// issue goes through all steps.
func issue(t *testing.T, c *payment.Client, b payment.Bill) payment.Invoice {
	t.Helper()
	customer, err := c.CreateCustomer(t.Context(), b)
	fatal(t, err)
	in, err := c.DraftInvoice(t.Context(), b, customer)
	fatal(t, err)
	for _, l := range b.Lines {
		fatal(t, c.AddLine(t.Context(), b, customer, in.ID, l))
	}
	_, err = c.FinalizeInvoice(t.Context(), b, in.ID)
	fatal(t, err)
	in, err = c.SendInvoice(t.Context(), b, in.ID)
	fatal(t, err)
	return in
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnInvoiceIsReadBackAsItWasAskedFor(t *testing.T) {
	t.Parallel()
	f, b := start(t), bill()
	first := issue(t, f.Client, b)
	again := issue(t, f.Client, b) // every step under its key
	if all := f.stripe.Invoices(b.Order); len(all) != 1 || again.ID != first.ID {
		t.Fatalf("invoices: %v", all)
	}
	got, err := f.GetInvoice(t.Context(), first.ID)
	fatal(t, err)
	if got.Order != b.Order || got.Status != payment.InvoiceOpen || got.Number == "" || got.URL == "" || got.DueAt.IsZero() || got.Live ||
		got.Total.Amount != 13900 || got.Total.Currency != "USD" || len(got.Lines) != 2 || got.Lines[0] != b.Lines[0] || got.Lines[1] != b.Lines[1] {
		t.Errorf("read back: %+v", got)
	}
	if _, err := f.GetInvoice(t.Context(), "in_nobody"); !errors.Is(err, payment.ErrNoInvoice) {
		t.Errorf("unknown: %v", err)
	}
	ended, err := f.EndInvoice(t.Context(), first.ID)
	if err != nil || ended.Status != payment.InvoiceVoid {
		t.Errorf("ended: %+v, %v", ended, err)
	}
	if ended, err = f.EndInvoice(t.Context(), first.ID); err != nil || ended.Status != payment.InvoiceVoid {
		t.Errorf("ended twice: %+v, %v", ended, err)
	}
}

func TestEndingADraftAndAPaidInvoice(t *testing.T) { // S-15
	t.Parallel()
	f, b := start(t), bill()
	customer, err := f.CreateCustomer(t.Context(), b)
	fatal(t, err)
	if _, err := f.InvoiceOf(t.Context(), customer); !errors.Is(err, payment.ErrNoInvoice) {
		t.Errorf("before: %v", err)
	}
	draft, err := f.DraftInvoice(t.Context(), b, customer)
	fatal(t, err)
	if found, err := f.InvoiceOf(t.Context(), customer); err != nil || found.ID != draft.ID || found.Status != payment.InvoiceDraft {
		t.Errorf("found: %+v, %v", found, err)
	}
	for range 2 {
		if ended, err := f.EndInvoice(t.Context(), draft.ID); err != nil || ended.Status != payment.InvoiceDeleted {
			t.Errorf("ended: %+v, %v", ended, err)
		}
	}
	b.Order = "SO-00000003"
	in := issue(t, f.Client, b)
	fatal(t, f.stripe.MarkPaidOutOfBand(t.Context(), b.Order))
	if ended, err := f.EndInvoice(t.Context(), in.ID); err != nil || ended.Status != payment.InvoicePaid {
		t.Errorf("paid first: %+v, %v", ended, err)
	}
}

func TestAStoredFailureOfAStepIsTold(t *testing.T) { // S-12
	t.Parallel()
	f, b := start(t), bill()
	f.stripe.Inject(sandbox.Fault{Kind: sandbox.ErrorAfter, Method: http.MethodPost, Path: "/v1/customers", Times: 1})
	if _, err := f.CreateCustomer(t.Context(), b); !errors.Is(err, payment.ErrAttemptSpent) {
		t.Errorf("a stored 500: %v", err)
	}
	b.Attempt++
	if _, err := f.CreateCustomer(t.Context(), b); err != nil {
		t.Errorf("the next attempt: %v", err)
	}
}
