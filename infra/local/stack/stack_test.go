package stack

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"phoneotp/infra/local/demo"
	"phoneotp/infra/local/messages"
)

func signIn(t *testing.T, s *Stack, user string) int {
	t.Helper()
	res, err := http.Post(s.URL()+"/api/session", "application/json", strings.NewReader(`{"user_id":"`+user+`","password":"`+demo.Password+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// A stack with a state folder takes up where it was stopped; a second one at its port or in its folder is
// refused by name.
func TestStateIsKeptBetweenCleanStops(t *testing.T) {
	o := Options{StateDir: t.TempDir()}
	first, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Stop()
	for _, p := range demo.People() {
		if status := signIn(t, first, p.UserID); status != http.StatusOK {
			t.Errorf("%s signs in with %d", p.UserID, status)
		}
	}
	kept, paid := first.Box.Count(), len(first.Payments.Events())
	if kept == 0 || paid == 0 {
		t.Fatalf("%d messages, %d payment events after the demo", kept, paid)
	}
	if _, err := Start(t.Context(), Options{Port: first.listener.Addr().(*net.TCPAddr).Port}); !errors.Is(err, ErrTaken) {
		t.Errorf("a second stack at the port: %v", err)
	}
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "another stack uses the state folder") {
		t.Errorf("a second stack in the folder: %v", err)
	}
	first.Stop()

	second, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Stop()
	if status := signIn(t, second, "holder"); status != http.StatusOK {
		t.Errorf("after the restart the holder signs in with %d", status)
	}
	if n := second.Box.Count(); n < kept || len(second.Box.List(messages.Filter{To: "demo@example.test"})) == 0 {
		t.Errorf("%d messages after the restart, %d before", n, kept)
	}
	if n := len(second.Payments.Events()); n != paid {
		t.Errorf("%d payment events after the restart, %d before", n, paid)
	}
}
