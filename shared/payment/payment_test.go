package payment_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sandbox "phoneotp/infra/local/stripe"
	"phoneotp/shared/catalog"
	"phoneotp/shared/payment"
	"phoneotp/shared/secret"
)

type fixture struct {
	*payment.Client
	stripe *sandbox.Sandbox
	url    string
}

func start(t *testing.T) *fixture {
	t.Helper()
	mux := http.NewServeMux()
	api := httptest.NewServer(mux)
	t.Cleanup(api.Close)
	sb, err := sandbox.New(sandbox.Options{BaseURL: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	mux.Handle("/", sb)
	c, err := payment.NewClient("sk_test_payment", api.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{c, sb, api.URL}
}

func checkout() payment.Checkout {
	usd := func(n int64) catalog.Money { return catalog.Money{Amount: n, Currency: "USD"} }
	return payment.Checkout{
		Order: "SO-00000001", Attempt: 1, ExpiresAt: time.Now().Add(31 * time.Minute),
		SuccessURL: "https://otp.example.test/orders/SO-00000001", CancelURL: "https://otp.example.test/cart",
		Lines: []payment.Line{{"us", "US without proofing", usd(3400), 2}, {"intl", "International", usd(7100), 1}},
	}
}

func TestACheckoutIsReadBackAsItWasAskedFor(t *testing.T) {
	t.Parallel()
	f, want := start(t), checkout()
	made, err := f.CreateCheckout(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	if made.URL == "" || made.Status != payment.Open || made.Paid || made.Live || made.Payment != "" {
		t.Errorf("made: %+v", made)
	}
	if err := f.stripe.Pay(t.Context(), want.Order); err != nil {
		t.Fatal(err)
	}
	got, err := f.GetCheckout(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Payment == "" {
		t.Error("a paid session names no payment")
	}
	got.Payment = ""
	if d := cmp.Diff(payment.Session{
		ID: made.ID, Order: want.Order, Status: payment.Complete, Paid: true, Lines: want.Lines,
		Total: catalog.Money{Amount: 13900, Currency: "USD"}, ExpiresAt: want.ExpiresAt.Truncate(time.Second).UTC(),
	}, got); d != "" {
		t.Errorf("paid session (-want +got):\n%s", d)
	}
	if _, err := f.GetCheckout(t.Context(), "cs_test_unknown"); !errors.Is(err, payment.ErrNoSession) {
		t.Errorf("unknown session: %v", err)
	}
}

func TestAnAttemptIsOneSession(t *testing.T) { // S-12
	t.Parallel()
	f, co := start(t), checkout()
	first, err := f.CreateCheckout(t.Context(), co)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := f.CreateCheckout(t.Context(), co)
		if err != nil || again.ID != first.ID {
			t.Fatalf("again: %s, %v", again.ID, err)
		}
	}
	co.Attempt = 2
	second, err := f.CreateCheckout(t.Context(), co)
	if err != nil || second.ID == first.ID {
		t.Errorf("second attempt: %s, %v", second.ID, err)
	}
	co.Lines[0].Quantity = 3 // a changed cart is another key, not an idempotency error
	if third, err := f.CreateCheckout(t.Context(), co); err != nil || third.ID == second.ID {
		t.Errorf("changed cart: %s, %v", third.ID, err)
	}
}

func TestExpiring(t *testing.T) {
	t.Parallel()
	f, co := start(t), checkout()
	first, err := f.CreateCheckout(t.Context(), co)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := f.ExpireCheckout(t.Context(), first.ID); err != nil || got.Status != payment.Expired || got.URL != "" {
			t.Errorf("expired: %+v, %v", got, err)
		}
	}
	co.Attempt++
	second, err := f.CreateCheckout(t.Context(), co)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.stripe.Pay(t.Context(), co.Order); err != nil {
		t.Fatal(err)
	}
	if got, err := f.ExpireCheckout(t.Context(), second.ID); err != nil || got.Status != payment.Complete || !got.Paid {
		t.Errorf("paid meanwhile: %+v, %v", got, err)
	}
	if _, err := f.ExpireCheckout(t.Context(), "cs_test_unknown"); !errors.Is(err, payment.ErrNoSession) {
		t.Errorf("unknown session: %v", err)
	}
}

func TestTroubleAtStripe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault sandbox.Fault
		want  error
	}{
		"a 500 once":             {sandbox.Fault{Kind: sandbox.ErrorBefore}, nil},
		"a 503 twice":            {sandbox.Fault{Kind: sandbox.Unavailable, Times: 2}, nil},
		"429 once":               {sandbox.Fault{Kind: sandbox.TooMany}, nil},
		"cut before":             {sandbox.Fault{Kind: sandbox.DropBefore}, nil},
		"cut after":              {sandbox.Fault{Kind: sandbox.DropAfter}, nil},
		"a 500 all the time":     {sandbox.Fault{Kind: sandbox.ErrorBefore, Times: 99}, payment.ErrUnavailable},
		"cut all the time":       {sandbox.Fault{Kind: sandbox.DropBefore, Times: 99}, payment.ErrUnavailable},
		"a stored 500":           {sandbox.Fault{Kind: sandbox.ErrorKept}, payment.ErrAttemptSpent},
		"a 500 though it worked": {sandbox.Fault{Kind: sandbox.ErrorAfter}, payment.ErrAttemptSpent},
		"slow for ever":          {sandbox.Fault{Kind: sandbox.Slow, Wait: time.Minute, Times: 99}, payment.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, co := start(t), checkout()
			f.stripe.Inject(c.fault)
			began := time.Now()
			made, err := f.CreateCheckout(t.Context(), co)
			if !errors.Is(err, c.want) || c.want == nil && made.URL == "" {
				t.Fatalf("err = %v, want %v", err, c.want)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("the answer took %v", took)
			}
			if n := len(f.stripe.Sessions(co.Order)); n > 1 || c.want == nil && n != 1 {
				t.Errorf("%d sessions", n)
			}
			if !errors.Is(c.want, payment.ErrAttemptSpent) {
				return
			}
			co.Attempt++
			if _, err := f.CreateCheckout(t.Context(), co); err != nil {
				t.Errorf("the next attempt: %v", err)
			}
		})
	}
}

func TestAnAttemptThatComesTooLateIsSpent(t *testing.T) {
	t.Parallel()
	f, co := start(t), checkout()
	co.ExpiresAt = time.Now().Add(29 * time.Minute)
	if _, err := f.CreateCheckout(t.Context(), co); !errors.Is(err, payment.ErrAttemptSpent) {
		t.Errorf("err = %v", err)
	}
}

func TestReadsAndExpirySurviveTrouble(t *testing.T) {
	t.Parallel()
	f := start(t)
	made, err := f.CreateCheckout(t.Context(), checkout())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []sandbox.FaultKind{sandbox.ErrorBefore, sandbox.DropBefore, sandbox.DropAfter, sandbox.ErrorAfter} {
		f.stripe.Inject(sandbox.Fault{Kind: kind})
		if _, err := f.GetCheckout(t.Context(), made.ID); err != nil {
			t.Errorf("read, fault %d: %v", kind, err)
		}
	}
	f.stripe.Inject(sandbox.Fault{Kind: sandbox.ErrorAfter})
	if got, err := f.ExpireCheckout(t.Context(), made.ID); err != nil || got.Status != payment.Expired {
		t.Errorf("expiry whose answer was a 500: %+v, %v", got, err)
	}
}

func TestKeysAreHeldToTheirForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key      string
		ok, live bool
	}{{"sk_test_1", true, false}, {"sk_live_1", true, true}, {"rk_live_1", true, true}, {"", false, false}, {"sk_test_", false, false}, {"pk_live_1", false, false}, {"whsec_1", false, false}} {
		got, err := payment.NewClient(secret.Text(c.key), "")
		if (err == nil) != c.ok || c.ok && got.Live() != c.live {
			t.Errorf("%s: %v", c.key, err)
		}
	}
	for _, s := range []string{"", " ", "sk_test_1", "whsec_1 nonsense"} {
		if _, err := payment.NewWebhook(secret.Text(s), false); err == nil {
			t.Errorf("webhook secrets %q are taken", s)
		}
	}
}
