package awsx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

//go:embed roots.pem
var amazonRoots []byte // Amazon Root CA 1 to 4 and Starfield Services Root G2, as AWS's endpoints use

// Account is what a function knows of AWS: its region, its role's credentials, the transport.
type Account struct {
	Region string
	HTTP   *http.Client

	get         func(string) string
	credentials aws.Credentials
}

// callTimeout bounds one try of one call. With two tries a user still has an answer within five seconds
// (quality.md 2 row 7).
const callTimeout = 2 * time.Second

// New reads the standard variables.
func New(get func(string) string) (*Account, error) {
	timeout := callTimeout
	if v := get("AWS_CALL_TIMEOUT"); v != "" {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return nil, fmt.Errorf("AWS_CALL_TIMEOUT is not a duration")
		}
		timeout = d
	}
	a := &Account{
		Region: get("AWS_REGION"), get: get,
		credentials: aws.Credentials{
			AccessKeyID: get("AWS_ACCESS_KEY_ID"), SecretAccessKey: get("AWS_SECRET_ACCESS_KEY"),
			SessionToken: get("AWS_SESSION_TOKEN"), Source: "environment",
		},
	}
	if a.Region == "" || a.credentials.AccessKeyID == "" || a.credentials.SecretAccessKey == "" {
		return nil, fmt.Errorf("AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set")
	}
	a.HTTP = &http.Client{Transport: transport(timeout), Timeout: timeout}
	return a, nil
}

func transport(timeout time.Duration) http.RoundTripper {
	var once sync.Once
	var roots *x509.CertPool
	dialer := &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}
	return plainBodies{&http.Transport{
		DialContext: dialer.DialContext,
		// Parsing certificates costs a million instructions: only where TLS is spoken at all.
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			once.Do(func() {
				roots = x509.NewCertPool()
				roots.AppendCertsFromPEM(amazonRoots)
			})
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			d := tls.Dialer{NetDialer: dialer, Config: &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}}
			return d.DialContext(ctx, network, address)
		},
		MaxIdleConns: 64, MaxIdleConnsPerHost: 64, IdleConnTimeout: 5 * time.Minute,
	}}
}

// plainBodies hides from net/http that the SDK's request bodies can write themselves. They answer io.EOF
// where an io.WriterTo answers nil once they are closed, and the SDK closes them as soon as an answer begins;
// when the answer overtakes net/http's last look at the body, that breaks the connection under an answer
// already made, and the SDK asks again for what is done.
type plainBodies struct{ under http.RoundTripper }

// RoundTrip is http.RoundTripper.
func (p plainBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, writes := r.Body.(io.WriterTo); writes {
		c := *r
		c.Body = struct{ io.ReadCloser }{r.Body}
		r = &c
	}
	return p.under.RoundTrip(r)
}

// Credentials gives the role's credentials to an SDK client. The runtime replaces an environment before
// they expire, so they are constant.
func (a *Account) Credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return a.credentials, nil })
}

// Endpoint returns the endpoint set for a service (as "DYNAMODB", "SNS", "SESV2"), or nil for AWS's own.
func (a *Account) Endpoint(service string) *string {
	for _, name := range []string{"AWS_ENDPOINT_URL_" + service, "AWS_ENDPOINT_URL"} {
		if v := a.get(name); v != "" {
			return aws.String(strings.TrimRight(v, "/"))
		}
	}
	return nil
}

// Retryer makes a second try after throttling, server errors and lost connections. Doers judge what a
// repeat meets (package dynamo).
func (a *Account) Retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 2
		o.MaxBackoff = 300 * time.Millisecond
	})
}

// warmLimit bounds what opening connections may add to the start of an environment.
const warmLimit = 300 * time.Millisecond

// Warm opens a connection to each service in parallel, so that no TLS handshake falls into the first
// request (quality.md 1 row 7). Its failures do not matter: the request will meet them again.
func (a *Account) Warm(ctx context.Context, hosts ...string) {
	ctx, cancel := context.WithTimeout(ctx, warmLimit)
	defer cancel()
	var wg sync.WaitGroup
	for _, host := range hosts {
		wg.Go(func() {
			req, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://"+host+"."+a.Region+".amazonaws.com/", nil)
			if err != nil {
				return
			}
			if res, err := a.HTTP.Do(req); err == nil {
				_ = res.Body.Close()
			}
		})
	}
	wg.Wait()
}
