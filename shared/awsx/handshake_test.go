package awsx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/infra/bench/figures"
)

// TestTheFirstRequestShakesNoHands is quality.md 1 row 7: the wiring opened the connection, and the transport keeps it
// for the first request. AWS is a server of this machine; what dials it stands where the trust store is parsed.
func TestTheFirstRequestShakesNoHands(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte(`{}`))
	}))
	defer server.Close()
	set := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK"}
	a, err := New(func(name string) string { return set[name] })
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	var shaken atomic.Int64
	a.HTTP.Transport.(plainBodies).under.(*http.Transport).DialTLSContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		shaken.Add(1)
		d := tls.Dialer{Config: &tls.Config{RootCAs: trusted, ServerName: "example.com", MinVersion: tls.VersionTLS12}}
		return d.DialContext(ctx, network, server.Listener.Addr().String())
	}
	db := a.DynamoDB(t.Context())
	if shaken.Load() == 0 {
		t.Fatal("the wiring opened no connection")
	}
	shaken.Store(0)
	if _, err := db.ListTables(t.Context(), &dynamodb.ListTablesInput{}); err != nil {
		t.Fatal(err)
	}
	figures.Exactly(t, 7, "TLS handshakes and trust-store parses in the first request", float64(shaken.Load()), 0)
}
