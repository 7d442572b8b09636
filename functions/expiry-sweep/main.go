// Command expiry-sweep sends, once an hour, the reminders of credentials that expire, and ends the keys that nobody
// entered within their 12 months (product.md 3 and 8). Expiry itself needs no sweep: it is seen by the clock.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/license"
	"phoneotp/shared/metric"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
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
	orders, licenses, credentials, outbox, audit string
	vault, metrics                               string
	grace                                        time.Duration
}

func read(get func(string) string) (settings, error) {
	e := env.Reader{Get: get}
	s := settings{
		orders: e.Need("ORDERS_TABLE"), licenses: e.Need("LICENSES_TABLE"), credentials: e.Need("CREDENTIALS_TABLE"),
		outbox: e.Need("OUTBOX_TABLE"), audit: e.Need("AUDIT_TABLE"), vault: e.Need("VAULT_SECRET"),
		metrics: e.Need("METRICS_NAMESPACE"), grace: e.NeedDays("RENEWAL_GRACE_DAYS"),
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
	vault, err := aws.Secret(ctx, s.vault, time.Now())
	if err != nil {
		return nil, err
	}
	return s.handler(dynamo.New(aws.DynamoDB(ctx)), vault)
}

func (s settings) handler(db *dynamo.DB, vault *secret.Ring) (*handler, error) {
	outbox, err := notice.NewOutbox(nil, s.outbox, vault)
	if err != nil {
		return nil, err
	}
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return nil, err
	}
	log := audit.Log{Table: s.audit}
	orders, licenses := order.Orders{DB: db, Table: s.orders}, license.Licenses{DB: db, Table: s.licenses}
	return &handler{
		now: time.Now, metrics: metric.Counter{Namespace: s.metrics},
		reminders: credential.Reminding{
			Registry: &credential.Registry{DB: db, Table: s.credentials, Numbers: numbers}, Log: log, Outbox: outbox,
			Grace: s.grace, Buyer: order.Buyers{Orders: orders, Licenses: licenses}.Of,
		},
		keys: order.Expirer{Orders: orders, Licenses: licenses, Notices: outbox, Audit: log},
	}, nil
}
