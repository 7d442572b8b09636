package order

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
)

// Resender has the key mail sent again.
type Resender struct {
	Orders   Orders
	Licenses license.Licenses
	Limits   limit.Counters
	Notices  *notice.Outbox
	Audit    audit.Log
}

// perOrder is how often the mail of an order may be sent again; product.md 2 gives no number.
var perOrder = limit.Rule{Name: "order-resend", Max: 3, Window: time.Hour}

// Resend mails the purchaser the order's key again, or the link to its page if there are several. It
// returns ErrUnknown, ErrNoKeys if none is left unredeemed, or ErrResendLimit.
func (r Resender) Resend(ctx context.Context, number string, by account.ID, from string, now time.Time) error {
	o, err := r.Orders.own(ctx, number, by)
	if err != nil {
		return err
	}
	return r.resend(ctx, o, audit.Entry{Actor: audit.Account(by.String()), From: from}, now)
}

// ResendFor is Resend for staff, who gives a reason: the mail goes to the purchaser, whoever asked.
func (r Resender) ResendFor(ctx context.Context, number, actor, why, from string, now time.Time) error {
	o, err := r.Orders.get(ctx, number)
	if err != nil {
		return err
	}
	return r.resend(ctx, o, audit.Entry{Actor: actor, Why: why, From: from}, now)
}

// resend sends it; the entry says who asked.
func (r Resender) resend(ctx context.Context, o Order, entry audit.Entry, now time.Time) error {
	left, err := r.unredeemed(ctx, o, now)
	if err != nil {
		return fmt.Errorf("resend keys: %w", err)
	}
	if len(left) == 0 {
		return ErrNoKeys
	}
	if err := r.Limits.Take(ctx, now, limit.Use{Rule: perOrder, Subject: o.Number, Fault: ErrResendLimit}); err != nil {
		return fmt.Errorf("resend keys: %w", err)
	}
	mail := notice.KeysReady(o.Purchaser.String(), o.Number, len(left))
	if len(o.keys) == 1 {
		mail = notice.LicenseKey(o.Purchaser.String(), o.Number, o.Lines[0].Name, left[0].Digest)
	}
	entry.Subject, entry.What, entry.At, entry.Detail = audit.Order(o.Number), EventResent, now, map[string]string{"keys": strconv.Itoa(len(left))}
	err = r.Orders.DB.Commit(ctx, r.Notices.Write(mail, now), r.Audit.Write(entry))
	if err != nil {
		return fmt.Errorf("resend keys: %w", err)
	}
	return nil
}

func (r Resender) unredeemed(ctx context.Context, o Order, now time.Time) ([]license.License, error) {
	if len(o.keys) == 0 {
		return nil, nil
	}
	all, err := r.Licenses.Find(ctx, o.keys...)
	if err != nil {
		return nil, err
	}
	var left []license.License
	for _, l := range all {
		if l.StateAt(now) == license.Issued {
			left = append(left, l)
		}
	}
	return left, nil
}
