package awsx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/awsx"
)

func vars(more map[string]string) func(string) string {
	all := map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK"}
	for k, v := range more {
		all[k] = v
	}
	return func(n string) string { return all[n] }
}

func TestAnEmptyEndpointIsUnset(t *testing.T) {
	a, err := awsx.New(vars(map[string]string{"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_SNS": "http://one/"}))
	if err != nil {
		t.Fatal(err)
	}
	if a.Endpoint("DYNAMODB") != nil {
		t.Error("an empty endpoint counts")
	}
	if e := a.Endpoint("SNS"); e == nil || *e != "http://one" {
		t.Errorf("endpoint = %v", e)
	}
	both, err := awsx.New(vars(map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_SNS": "http://one"}))
	if err != nil {
		t.Fatal(err)
	}
	if *both.Endpoint("SNS") != "http://one" || *both.Endpoint("DYNAMODB") != "http://all" {
		t.Error("a service's own endpoint does not win")
	}
}

func TestMissingSettingsAreNamed(t *testing.T) {
	if _, err := awsx.New(func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Errorf("err = %v", err)
	}
	if _, err := awsx.New(vars(map[string]string{"AWS_CALL_TIMEOUT": "soon"})); err == nil {
		t.Error("a malformed time-out is accepted")
	}
}

func TestASecretIsReadSignedAndTriedAgain(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		if calls == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"__type":"InternalServiceError"}`)
			return
		}
		if !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/secretsmanager/aws4_request") {
			t.Errorf("authorization = %q", r.Header.Get("Authorization"))
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"SecretString": `{"current":"k1","k1":"` + strings.Repeat("x", 64) + `","stripe_key":"v"}`})
	}))
	defer server.Close()
	a, err := awsx.New(vars(map[string]string{"AWS_ENDPOINT_URL": server.URL}))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := a.Secret(t.Context(), "arn:x", time.Unix(0, 0))
	if err != nil || ring.Value("stripe_key").Reveal() != "v" || calls != 2 {
		t.Errorf("ring = %v, err = %v, calls = %d", ring, err, calls)
	}
}

func TestAForbiddenSecretIsNotTriedAgain(t *testing.T) {
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"AccessDeniedException"}`)
	}))
	defer server.Close()
	a, err := awsx.New(vars(map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": server.URL}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Secret(context.Background(), "arn:x", time.Unix(0, 0)); err == nil || !strings.Contains(err.Error(), "AccessDenied") || calls != 1 {
		t.Errorf("err = %v after %d calls", err, calls)
	}
}

// closedBody is a request body as the SDK leaves it once the answer has begun.
type closedBody struct{ io.Reader }

func (closedBody) Close() error                     { return nil }
func (closedBody) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }

func TestABodyThatIsClosedEarlyDoesNotBreakTheConnection(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %v", body, err)
	}))
	defer server.Close()
	a, err := awsx.New(vars(nil))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, closedBody{strings.NewReader("asked")})
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 5
	res, err := a.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if answer, err := io.ReadAll(res.Body); err != nil || string(answer) != "asked <nil>" {
		t.Errorf("answer = %q, %v", answer, err)
	}
}
