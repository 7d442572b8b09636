// Command checkout-webhook takes in Stripe's signed events and fulfils the orders that were paid
// (product.md 2).
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/metric"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/secret"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

// settings are what the template gives the function.
type settings struct {
	tables                                  order.Tables
	slots, vault, commerce, stripe, metrics string
}

func read(get func(string) string) (settings, error) {
	e := env.Reader{Get: get}
	s := settings{
		tables: order.Tables{
			Orders: e.Need("ORDERS_TABLE"), Licenses: e.Need("LICENSES_TABLE"), Credentials: e.Need("CREDENTIALS_TABLE"), Cases: e.Need("CASES_TABLE"),
			Accounts: e.Need("ACCOUNTS_TABLE"), Outbox: e.Need("OUTBOX_TABLE"), Audit: e.Need("AUDIT_TABLE"),
		},
		slots: e.Need("SLOTS_TABLE"), vault: e.Need("VAULT_SECRET"), commerce: e.Need("COMMERCE_SECRET"), stripe: e.May("STRIPE_ENDPOINT"), metrics: e.Need("METRICS_NAMESPACE"),
	}
	return s, e.Err()
}

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	s, err := read(get)
	if err != nil {
		return nil, err
	}
	aws, err := awsx.New(get)
	if err != nil {
		return nil, err
	}
	vault, commerce, err := aws.Secrets(ctx, s.vault, s.commerce, time.Now())
	if err != nil {
		return nil, err
	}
	h, err := s.handler(dynamo.New(aws.DynamoDB(ctx)), vault, commerce)
	if err != nil {
		return nil, err
	}
	h.fulfiller.Payment.Warm(ctx)
	return &httpapi.API{Routes: h.routes(), Raw: true, Now: time.Now}, nil
}

func (s settings) handler(db *dynamo.DB, vault, commerce *secret.Ring) (*handler, error) {
	stripe, err := payment.NewClient(commerce.Value("stripe_key"), s.stripe)
	if err != nil {
		return nil, err
	}
	webhook, err := payment.NewWebhook(commerce.Value("stripe_webhook_secrets"), stripe.Live())
	if err != nil {
		return nil, err
	}
	fulfiller, err := order.NewFulfiller(db, s.tables, vault, commerce, stripe)
	if err != nil {
		return nil, err
	}
	fulfiller.Cases.Release = appointment.Slots{DB: db, Table: s.slots}.Releaser(fulfiller.Cases)
	return &handler{webhook: webhook, metrics: metric.Counter{Namespace: s.metrics}, fulfiller: fulfiller}, nil
}
