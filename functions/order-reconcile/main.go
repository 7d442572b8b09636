// Command order-reconcile repairs, every 15 minutes, what lost webhooks left: it goes through Stripe's events since
// its last run and through the open orders, ends those that were not paid in time, and counts for the alarms of
// template.yaml (product.md 2; infra/runbooks/payments.md).
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/metric"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/secret"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	h, err := wire(context.Background(), os.Getenv)
	if err != nil {
		slog.Error("cold start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(h.handle)
}

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

func wire(ctx context.Context, get func(string) string) (*handler, error) {
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
	return s.handler(dynamo.New(aws.DynamoDB(ctx)), vault, commerce)
}

func (s settings) handler(db *dynamo.DB, vault, commerce *secret.Ring) (*handler, error) {
	stripe, err := payment.NewClient(commerce.Value("stripe_key"), s.stripe)
	if err != nil {
		return nil, err
	}
	fulfiller, err := order.NewFulfiller(db, s.tables, vault, commerce, stripe)
	if err != nil {
		return nil, err
	}
	fulfiller.Cases.Release = appointment.Slots{DB: db, Table: s.slots}.Releaser(fulfiller.Cases)
	return &handler{now: time.Now, metrics: metric.Counter{Namespace: s.metrics}, reconciler: order.Reconciler{Fulfiller: fulfiller}}, nil
}
