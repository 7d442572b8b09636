package bureau

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"phoneotp/shared/secret"
)

// address is where the bureau answers.
const address = "https://us-api.experian.com"

// Credentials are what the bureau gives with the contract.
type Credentials struct {
	Tenant       string
	Domain       string
	Username     string
	Password     secret.Text
	ClientID     string
	ClientSecret secret.Text
	Subscriber   string
	PIDUsername  string
	PIDPassword  secret.Text
}

// CredentialsFrom reads the vault secret's values by the names that doc.go lists, and names every one that is missing.
func CredentialsFrom(value func(name string) secret.Text) (Credentials, error) {
	var wrong []error
	need := func(name string) secret.Text {
		v := value(name)
		if v == "" {
			wrong = append(wrong, fmt.Errorf("bureau: %s is not in the vault secret", name))
		}
		return v
	}
	c := Credentials{
		Tenant: need("bureau_tenant").Reveal(), Domain: need("bureau_domain").Reveal(),
		Username: need("bureau_username").Reveal(), Password: need("bureau_password"),
		ClientID: need("bureau_client_id").Reveal(), ClientSecret: need("bureau_client_secret"),
		Subscriber:  need("bureau_subscriber").Reveal(),
		PIDUsername: need("bureau_pid_username").Reveal(), PIDPassword: need("bureau_pid_password"),
	}
	return c, errors.Join(wrong...)
}

// Client is the adapter. It is safe for concurrent use.
type Client struct {
	credentials Credentials
	endpoint    string
	http        *http.Client

	mu    sync.Mutex // guards token
	token token
}

var _ Bureau = (*Client)(nil)

// NewClient takes the address of a stand-in, empty for the bureau itself.
func NewClient(c Credentials, endpoint string) *Client {
	if endpoint == "" {
		endpoint = address
	}
	return &Client{
		credentials: c, endpoint: strings.TrimSuffix(endpoint, "/"),
		http: &http.Client{
			Transport: &http.Transport{ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: 5 * time.Minute},
			// A redirection would take what is sent to somebody we did not choose.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Start is Bureau's.
func (c *Client) Start(ctx context.Context, a Applicant, ref string, now time.Time) (Step, error) {
	contact, err := written(a)
	if err != nil {
		return Step{}, err
	}
	r, err := c.ask(ctx, c.starting(contact, ref, now), now)
	if err != nil {
		return Step{}, err
	}
	return r.first(ref)
}

// Answer is Bureau's.
func (c *Client) Answer(ctx context.Context, s Session, choices []int, now time.Time) (Step, error) {
	open, err := openSession(s)
	if err != nil {
		return Step{}, err
	}
	if err := open.fits(choices); err != nil {
		return Step{}, err
	}
	r, err := c.ask(ctx, c.answering(open, choices, now), now)
	if err != nil {
		return Step{}, err
	}
	return r.next(open.Ref)
}

// applications is the path of every question and answer.
func (c *Client) applications() string {
	return "/decisionanalytics/crosscore/" + url.PathEscape(c.credentials.Tenant) + "/services/v0/applications/3"
}

// trouble names why the bureau did not help, without any of what was said.
func trouble(why ...error) error {
	return errors.Join(append([]error{ErrUnavailable}, why...)...)
}
