package payment_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"phoneotp/shared/payment"
)

// stripeMock is the release of github.com/stripe/stripe-mock that checks the shape of our calls against
// Stripe's own specification. It is a program of tests, not in go.mod.
const stripeMock = "v0.203.0"

// TestEveryCallFitsStripesSpecification sends each call of the port to stripe-mock, which knows every
// parameter of Stripe's API where the sandbox knows only ours. It keeps no state, so only the acceptance of
// the calls counts.
func TestEveryCallFitsStripesSpecification(t *testing.T) {
	t.Parallel()
	c, err := payment.NewClient("sk_test_contract", startMock(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateCheckout(t.Context(), checkout()); err != nil {
		t.Errorf("create: %v", err)
	}
	if _, err := c.GetCheckout(t.Context(), "cs_test_1"); err != nil {
		t.Errorf("get: %v", err)
	}
	if _, err := c.ExpireCheckout(t.Context(), "cs_test_1"); err != nil {
		t.Errorf("expire: %v", err)
	}
	for _, object := range []string{"charge", "refund", "dispute", "radar.early_fraud_warning"} {
		if _, err := c.ChargeOf(t.Context(), payment.Event{Object: object, ObjectID: "x_1"}); err != nil && !errors.Is(err, payment.ErrNoCharge) {
			t.Errorf("charge of a %s: %v", object, err)
		}
	}
	now := time.Now()
	if page, _, err := c.Events(t.Context(), now.Add(-time.Hour), now, "evt_1"); err != nil || len(page) == 0 || page[0].ID == "" || page[0].Type == "" {
		t.Errorf("events: %+v, %v", page, err)
	}
	if _, err := c.CreditedInvoice(t.Context(), "cn_1"); err != nil && !errors.Is(err, payment.ErrNoInvoice) {
		t.Errorf("credit note: %v", err)
	}
	b := bill()
	_, customer := c.CreateCustomer(t.Context(), b)
	_, draft := c.DraftInvoice(t.Context(), b, "cus_1")
	_, finalize := c.FinalizeInvoice(t.Context(), b, "in_1")
	_, send := c.SendInvoice(t.Context(), b, "in_1")
	_, get := c.GetInvoice(t.Context(), "in_1")
	_, list := c.InvoiceOf(t.Context(), "cus_1")
	_, end := c.EndInvoice(t.Context(), "in_1") // a draft there, so it is deleted
	for name, err := range map[string]error{"customer": customer, "draft": draft, "line": c.AddLine(t.Context(), b, "cus_1", "in_1", b.Lines[0]),
		"finalize": finalize, "send": send, "get invoice": get, "list": list, "end": end} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// startMock runs stripe-mock on two ports of 127.0.0.1; without -https-addr it would open one on all
// interfaces.
func startMock(t *testing.T) string {
	t.Helper()
	program := mockProgram(t)
	plain, tls := freePort(t), freePort(t)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "-http-addr", plain, "-https-addr", tls)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
	})
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if res, err := http.Get("http://" + plain + "/"); err == nil {
			_ = res.Body.Close()
			return "http://" + plain
		}
	}
	t.Fatal("stripe-mock did not start")
	return ""
}

// mockProgram builds stripe-mock once into .tools at the root of the repository.
func mockProgram(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, ".tools", "stripe-mock-"+stripeMock)
	program := filepath.Join(dir, "stripe-mock")
	if _, err := os.Stat(program); err == nil {
		return program
	}
	fresh := fmt.Sprintf("%s-%d", dir, os.Getpid())
	cmd := exec.CommandContext(t.Context(), "go", "install", "github.com/stripe/stripe-mock@"+stripeMock)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOBIN="+fresh, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("install stripe-mock: %v\n%s", err, out)
	}
	if err := os.Rename(fresh, dir); err != nil && !os.IsExist(err) {
		if _, err := os.Stat(program); err != nil { // another test run was not first either
			t.Fatal(err)
		}
	}
	return program
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
