package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/account"
	"phoneotp/shared/license"
	"phoneotp/shared/mail"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
	"phoneotp/shared/telephony"
	"phoneotp/shared/telephony/outbound"
)

type handler struct {
	accounts account.Accounts
	licenses license.Licenses
	keys     *license.Keyring
	outbox   *notice.Outbox
	mail     *mail.Sender
	text     *outbound.SNS
	origin   string
	from     string
	now      func() time.Time
}

// handle sends the notices of a batch in parallel: one that hangs holds up no other. What fails goes back to
// the queue alone.
func (h *handler) handle(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed events.SQSEventResponse
	)
	for _, r := range e.Records {
		wg.Go(func() {
			if !h.record(ctx, r) {
				mu.Lock()
				defer mu.Unlock()
				failed.BatchItemFailures = append(failed.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
			}
		})
	}
	wg.Wait()
	return failed, nil
}

// record handles one message and tells whether the queue may forget it.
func (h *handler) record(ctx context.Context, r events.SQSMessage) (done bool) {
	var m notice.Message
	if err := json.Unmarshal([]byte(r.Body), &m); err != nil || m.ID == "" {
		slog.Error("notice not sent", "message", r.MessageId, "error", "the message names no notice")
		return false
	}
	start := h.now()
	kind, err := h.send(ctx, m.ID)
	log := slog.With("notice", m.ID, "kind", string(kind), "sweep", m.Sweep, "ms", h.now().Sub(start).Milliseconds())
	switch {
	case err == nil:
		log.Info("notice sent")
		return true
	case errors.Is(err, notice.ErrGone), errors.Is(err, notice.ErrTaken):
		log.Info("notice passed over", "why", err.Error())
		return true
	}
	log.Error("notice not sent", "error", err.Error())
	return m.Sweep // the next sweep brings it again
}

// send takes one notice, sends it and marks it. A notice that can never arrive is marked as refused.
func (h *handler) send(ctx context.Context, id string) (notice.Kind, error) {
	taken, err := h.outbox.Take(ctx, id, h.now())
	if err != nil {
		return "", err
	}
	err = h.deliver(ctx, taken)
	if never := (*undeliverable)(nil); errors.As(err, &never) {
		slog.Error("notice refused", "notice", id, "kind", string(taken.Kind), "error", never.Error())
		return taken.Kind, h.outbox.MarkRefused(ctx, taken, h.now())
	}
	if err != nil {
		return taken.Kind, errors.Join(err, h.outbox.Release(context.WithoutCancel(ctx), taken))
	}
	// It is out. Forgetting that would send it again: so this is tried harder than anything else.
	for try := 0; ; try++ {
		err := h.outbox.MarkSent(context.WithoutCancel(ctx), taken, h.now())
		if err == nil || try == markTries {
			return taken.Kind, err
		}
	}
}

// markTries is how often marking is repeated, each of them two tries of the SDK.
const markTries = 3

// undeliverable tells that a notice can never arrive, and why.
type undeliverable struct{ why string }

// Error is for the log.
func (u *undeliverable) Error() string { return u.why }

func (h *handler) deliver(ctx context.Context, taken notice.Taken) error {
	facts := notice.Facts{Origin: h.origin, From: h.from}
	number, err := taken.Number()
	if err != nil {
		return err
	}
	if !number.Zero() {
		letter, err := notice.Compose(taken, facts)
		if err != nil {
			return err
		}
		switch d := h.text.Text(ctx, number, letter.Text); {
		case d.OptedOut():
			return &undeliverable{"the number takes no texts from us"}
		case d.Outcome != telephony.Accepted:
			return fmt.Errorf("the text is %s", d.Outcome)
		}
		return nil
	}
	address, err := h.receiver(ctx, taken, &facts)
	if err != nil {
		return err
	}
	if err := h.addKey(ctx, taken, &facts); err != nil {
		return err
	}
	letter, err := notice.Compose(taken, facts)
	if err != nil {
		return err
	}
	err = h.mail.Send(ctx, mail.Message{ID: taken.ID, To: address, Subject: letter.Subject, Text: letter.Text, Attachments: letter.Attachments}, h.now())
	if errors.Is(err, mail.ErrRefused) {
		return &undeliverable{err.Error()}
	}
	return err
}

// receiver is the address to mail, and notes whom to greet.
func (h *handler) receiver(ctx context.Context, taken notice.Taken, facts *notice.Facts) (string, error) {
	if taken.Account() == "" {
		address, name := taken.Address()
		facts.GivenName, facts.Address = name, address
		return address, nil
	}
	id, err := account.ParseID(taken.Account())
	if err != nil {
		return "", err
	}
	owner, err := h.accounts.ByID(ctx, id, h.now())
	if errors.Is(err, account.ErrUnknown) {
		return "", &undeliverable{"the account is gone"}
	}
	if err != nil {
		return "", err
	}
	facts.GivenName, facts.Name, facts.Address = owner.GivenName, owner.Name(), owner.Email
	return owner.Email, nil
}

// addKey opens the license key that the mail shows, if it shows one and the key is still there to be entered
// (product.md 3).
func (h *handler) addKey(ctx context.Context, taken notice.Taken, facts *notice.Facts) error {
	digest, err := taken.License()
	if err != nil || digest == nil {
		return err
	}
	found, err := h.licenses.Find(ctx, digest)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("notice %s: there is no such license", taken.ID)
	}
	switch state := found[0].StateAt(h.now()); state {
	case license.Issued:
		key, ok, err := h.keys.Open(found[0])
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("notice %s: the license has no sealed copy", taken.ID)
		}
		facts.LicenseKey = secret.Text(key.Shown())
		return nil
	case license.Registered, license.Activated:
		return nil
	case license.Suspended, license.Void:
		facts.LicenseVoid = true
		return nil
	default:
		return fmt.Errorf("notice %s: the license is %q", taken.ID, state)
	}
}
