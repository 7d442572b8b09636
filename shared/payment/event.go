package payment

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"phoneotp/shared/secret"
)

// tolerance is how far a signature's time may lie from ours, either way. Stripe's library checks only the
// past.
const tolerance = 300 * time.Second

// Event is what is taken from a webhook: enough to read the object again.
type Event struct {
	ID       string
	Type     string // as "checkout.session.completed"
	Object   string // the object's type, as "checkout.session"
	ObjectID string
	Order    string // number by the object's metadata, if it has one: a hint
	// ByOldSecret tells that the signature fits only a secret that is being replaced.
	ByOldSecret bool
}

// Webhook checks what comes in on the webhook route.
type Webhook struct {
	secrets []secret.Text
	live    bool
}

// NewWebhook takes the secrets as the commerce secret holds them (see the package's comment) and whether
// events must be live ones.
func NewWebhook(secrets secret.Text, live bool) (*Webhook, error) {
	w := &Webhook{live: live}
	for _, s := range strings.FieldsFunc(secrets.Reveal(), func(r rune) bool { return r == ' ' || r == ',' }) {
		if !strings.HasPrefix(s, "whsec_") {
			return nil, errors.New("payment: stripe_webhook_secrets holds something that is no webhook secret")
		}
		w.secrets = append(w.secrets, secret.Text(s))
	}
	if len(w.secrets) == 0 {
		return nil, errors.New("payment: stripe_webhook_secrets is empty: put it into the commerce secret")
	}
	return w, nil
}

// Parse checks the exact bytes of a request and its Stripe-Signature header. It returns ErrBadSignature or
// ErrWrongMode.
func (w *Webhook) Parse(body []byte, header string, now time.Time) (Event, error) {
	which, err := w.signer(body, header, now)
	if err != nil {
		return Event{}, err
	}
	var in struct {
		ID       string `json:"id"`
		Object   string `json:"object"`
		Type     string `json:"type"`
		Livemode bool   `json:"livemode"`
		Data     struct {
			Object json.RawMessage `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Object != "event" || in.ID == "" || in.Type == "" {
		return Event{}, ErrBadSignature.Because("The message is no event")
	}
	if in.Livemode != w.live {
		return Event{}, ErrWrongMode
	}
	e := Event{ID: in.ID, Type: in.Type, ByOldSecret: which > 0}
	e.about(in.Data.Object)
	return e, nil
}

// signer finds the secret that signed the body.
func (w *Webhook) signer(body []byte, header string, now time.Time) (int, error) {
	at, ok := stamp(header)
	if !ok {
		return 0, ErrBadSignature.Because("There is no signature")
	}
	if age := now.Sub(at); age > tolerance || age < -tolerance {
		return 0, fmt.Errorf("signed %s from now: %w", -age, ErrBadSignature.Because("The signature is not of this time"))
	}
	for i, s := range w.secrets {
		if webhook.ValidatePayloadIgnoringTolerance(body, header, s.Reveal()) == nil {
			return i, nil
		}
	}
	return 0, ErrBadSignature
}

// stamp reads the time that the header claims. It must be the one that the library puts under the
// signature, so a header with two is refused: it takes the last.
func stamp(header string) (at time.Time, ok bool) {
	for part := range strings.SplitSeq(header, ",") {
		v, isTime := strings.CutPrefix(part, "t=")
		if !isTime {
			continue
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || ok {
			return time.Time{}, false
		}
		at, ok = time.Unix(n, 0), true
	}
	return at, ok
}
