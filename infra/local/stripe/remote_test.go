package stripe_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// control asks a control route and returns status and body.
func (f *fixture) control(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.url+"/control/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

func TestDeliveriesAreControlledFromOutside(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.open(t, "SO-1")
	for body, want := range map[string]int{
		`{"drop":true}`: http.StatusOK, `{"signature":"odd"}`: http.StatusUnprocessableEntity, `{"lose":true}`: http.StatusBadRequest, `nonsense`: http.StatusBadRequest,
	} {
		if status, answer := f.control(t, http.MethodPost, "deliveries", body); status != want {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
	_ = f.Pay(t.Context(), "SO-1") // kept back, which the error says
	if got := f.shop.types(); len(got) != 0 {
		t.Errorf("taken in: %v", got)
	}
	if _, list := f.control(t, http.MethodGet, "events", ""); strings.Count(list, `"unsent":true`) != 3 {
		t.Errorf("events: %s", list)
	}
	if status, answer := f.control(t, http.MethodDelete, "deliveries?order=newest-first", ""); status != http.StatusOK {
		t.Errorf("released: %d %s", status, answer)
	}
	if got := f.shop.types(); !slices.Equal(got, []string{"checkout.session.completed", "payment_intent.succeeded", "charge.succeeded"}) {
		t.Errorf("taken in: %v", got)
	}
	if status, _ := f.control(t, http.MethodPost, "deliveries/"+f.Events()[0].ID, ""); status != http.StatusOK || len(f.shop.types()) != 4 {
		t.Errorf("once more: %d, %v", status, f.shop.types())
	}
	if status, _ := f.control(t, http.MethodPost, "deliveries/evt_none", ""); status != http.StatusBadGateway {
		t.Errorf("an unknown event: %d", status)
	}
}

func TestFaultsAreControlledFromOutside(t *testing.T) {
	t.Parallel()
	f := start(t)
	if status, answer := f.control(t, http.MethodPost, "faults", `{"kind":"unavailable","method":"POST","path":"/v1/checkout","times":2}`); status != http.StatusOK {
		t.Fatalf("fault: %d %s", status, answer)
	}
	if status, _ := f.control(t, http.MethodPost, "faults", `{"kind":"earthquake"}`); status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown kind: %d", status)
	}
	if _, err := f.client.V1CheckoutSessions.Create(t.Context(), order("SO-1")); err == nil {
		t.Error("it answers")
	}
	if status, _ := f.control(t, http.MethodDelete, "faults", ""); status != http.StatusOK {
		t.Errorf("forgotten: %d", status)
	}
	f.open(t, "SO-1")
}
