package payment_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/payment"
)

func TestEventsAreListedPageByPage(t *testing.T) {
	t.Parallel()
	f := start(t)
	first, err := f.CreateCheckout(t.Context(), checkout())
	fatal(t, err)
	for range 80 { // two events each
		_ = f.stripe.Fail(t.Context(), checkout().Order)
	}
	from, to := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	var all []payment.Logged
	pages := 0
	for after, more := "", true; more; pages++ {
		var page []payment.Logged
		page, more, err = f.Events(t.Context(), from, to, after)
		fatal(t, err)
		if all = append(all, page...); len(page) > 0 {
			after = page[len(page)-1].ID
		}
	}
	if len(all) != 160 || pages != 2 || all[0].Type != "payment_intent.payment_failed" || all[0].Order != checkout().Order || all[0].At.IsZero() {
		t.Errorf("%d events on %d pages, the newest %+v", len(all), pages, all[0])
	}
	seen := map[string]bool{}
	for _, e := range all {
		if seen[e.ID] {
			t.Errorf("%s twice", e.ID)
		}
		seen[e.ID] = true
	}
	fatal(t, ignoreHeld(f.stripe.Expire(t.Context(), checkout().Order)))
	page, more, err := f.Events(t.Context(), from, to, "")
	if err != nil || !more || page[0].Type != "checkout.session.expired" || page[0].Object != "checkout.session" || page[0].ObjectID != first.ID {
		t.Errorf("the session's: %+v, %v", page[0], err)
	}
	if page, more, err := f.Events(t.Context(), to, to.Add(time.Hour), ""); err != nil || more || len(page) != 0 {
		t.Errorf("later: %d, %v", len(page), err)
	}
	f.stripe.Inject(sandbox.Fault{Kind: sandbox.TooMany, Method: http.MethodGet, Times: 3})
	if _, _, err := f.Events(t.Context(), from, to, ""); !errors.Is(err, payment.ErrUnavailable) {
		t.Errorf("rate limited: %v", err)
	}
}

func TestEventsOfMoreThanThirtyDaysAreGone(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, err := f.CreateCheckout(t.Context(), checkout())
	fatal(t, err)
	fatal(t, ignoreHeld(f.stripe.Expire(t.Context(), checkout().Order)))
	f.stripe.Advance(30*24*time.Hour + time.Minute)
	if page, _, err := f.Events(t.Context(), time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0), ""); err != nil || len(page) != 0 {
		t.Errorf("listed: %+v, %v", page, err)
	}
}

// ignoreHeld leaves out that a delivery was held back or had nowhere to go.
func ignoreHeld(err error) error {
	if errors.Is(err, sandbox.ErrNoCheckout) || errors.Is(err, sandbox.ErrNotOpen) {
		return err
	}
	return nil
}
