// Command checkout-webhook takes in Stripe's signed events and fulfils the orders that were paid
// (product.md 2).
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
)

func main() {
	api, err := wire(context.Background(), os.Getenv)
	if err != nil {
		slog.Error("cold start", "error", err.Error())
		os.Exit(1)
	}
	api.Start()
}

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	e := env.Reader{Get: get}
	orders, licenses, outbox := e.Need("ORDERS_TABLE"), e.Need("LICENSES_TABLE"), e.Need("OUTBOX_TABLE")
	log := audit.Log{Table: e.Need("AUDIT_TABLE")}
	vaultARN, commerceARN := e.Need("VAULT_SECRET"), e.Need("COMMERCE_SECRET")
	endpoint := e.May("STRIPE_ENDPOINT")
	if err := e.Err(); err != nil {
		return nil, err
	}
	aws, err := awsx.New(get)
	if err != nil {
		return nil, err
	}
	vault, err := aws.Secret(ctx, vaultARN, time.Now())
	if err != nil {
		return nil, err
	}
	commerce, err := aws.Secret(ctx, commerceARN, time.Now())
	if err != nil {
		return nil, err
	}
	box, err := notice.NewOutbox(nil, outbox, vault)
	if err != nil {
		return nil, err
	}
	keys, err := license.NewKeyring(commerce)
	if err != nil {
		return nil, err
	}
	stripe, err := payment.NewClient(commerce.Value("stripe_key"), endpoint)
	if err != nil {
		return nil, err
	}
	webhook, err := payment.NewWebhook(commerce.Value("stripe_webhook_secrets"), stripe.Live())
	if err != nil {
		return nil, err
	}
	db := dynamo.New(aws.DynamoDB(ctx))
	h := &handler{webhook: webhook, fulfiller: order.Fulfiller{
		Orders: order.Orders{DB: db, Table: orders}, Payment: stripe, Notices: box, Audit: log,
		Issuer: license.Issuer{Licenses: license.Licenses{DB: db, Table: licenses}, Keys: keys},
	}}
	stripe.Warm(ctx)
	return &httpapi.API{Routes: h.routes(), Raw: true, Now: time.Now}, nil
}
