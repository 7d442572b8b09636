// Command order-lapse ends, once an hour, the orders that were not paid in time, and fulfils those of them that
// were paid all the same (product.md 2).
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
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
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
	vault, commerce, stripe                      string
}

func read(get func(string) string) (settings, error) {
	e := env.Reader{Get: get}
	s := settings{
		orders: e.Need("ORDERS_TABLE"), licenses: e.Need("LICENSES_TABLE"), credentials: e.Need("CREDENTIALS_TABLE"), outbox: e.Need("OUTBOX_TABLE"), audit: e.Need("AUDIT_TABLE"),
		vault: e.Need("VAULT_SECRET"), commerce: e.Need("COMMERCE_SECRET"), stripe: e.May("STRIPE_ENDPOINT"),
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
	commerce, err := aws.Secret(ctx, s.commerce, time.Now())
	if err != nil {
		return nil, err
	}
	return s.handler(dynamo.New(aws.DynamoDB(ctx)), vault, commerce)
}

func (s settings) handler(db *dynamo.DB, vault, commerce *secret.Ring) (*handler, error) {
	outbox, err := notice.NewOutbox(nil, s.outbox, vault)
	if err != nil {
		return nil, err
	}
	keys, err := license.NewKeyring(commerce)
	if err != nil {
		return nil, err
	}
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return nil, err
	}
	stripe, err := payment.NewClient(commerce.Value("stripe_key"), s.stripe)
	if err != nil {
		return nil, err
	}
	return &handler{now: time.Now, lapser: order.Lapser{Fulfiller: order.Fulfiller{
		Orders: order.Orders{DB: db, Table: s.orders}, Payment: stripe, Notices: outbox, Audit: audit.Log{Table: s.audit},
		Issuer:      license.Issuer{Licenses: license.Licenses{DB: db, Table: s.licenses}, Keys: keys},
		Credentials: &credential.Registry{DB: db, Table: s.credentials, Numbers: numbers},
	}}}, nil
}
