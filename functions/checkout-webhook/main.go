// Command checkout-webhook takes in Stripe's signed events and fulfils the orders that were paid
// (product.md 2).
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/metric"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/secret"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

// settings are what the template gives the function.
type settings struct {
	orders, licenses, credentials, outbox, audit string
	cases, slots, accounts                       string
	vault, commerce, stripe, metrics             string
}

func read(get func(string) string) (settings, error) {
	e := env.Reader{Get: get}
	s := settings{
		orders: e.Need("ORDERS_TABLE"), licenses: e.Need("LICENSES_TABLE"), credentials: e.Need("CREDENTIALS_TABLE"), outbox: e.Need("OUTBOX_TABLE"), audit: e.Need("AUDIT_TABLE"),
		cases: e.Need("CASES_TABLE"), slots: e.Need("SLOTS_TABLE"), accounts: e.Need("ACCOUNTS_TABLE"),
		vault: e.Need("VAULT_SECRET"), commerce: e.Need("COMMERCE_SECRET"), stripe: e.May("STRIPE_ENDPOINT"), metrics: e.Need("METRICS_NAMESPACE"),
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
	outbox, err := notice.NewOutbox(nil, s.outbox, vault)
	if err != nil {
		return nil, err
	}
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return nil, err
	}
	keys, err := license.NewKeyring(commerce)
	if err != nil {
		return nil, err
	}
	stripe, err := payment.NewClient(commerce.Value("stripe_key"), s.stripe)
	if err != nil {
		return nil, err
	}
	webhook, err := payment.NewWebhook(commerce.Value("stripe_webhook_secrets"), stripe.Live())
	if err != nil {
		return nil, err
	}
	log := audit.Log{Table: s.audit}
	cases := proofing.Desk{Cases: proofing.Cases{DB: db, Table: s.cases}, Accounts: account.Accounts{DB: db, Table: s.accounts}, Outbox: outbox, Log: log}
	cases.Release = appointment.Slots{DB: db, Table: s.slots}.Releaser(cases)
	return &handler{webhook: webhook, metrics: metric.Counter{Namespace: s.metrics}, fulfiller: order.Fulfiller{
		Orders: order.Orders{DB: db, Table: s.orders}, Payment: stripe, Notices: outbox, Audit: log,
		Issuer:      license.Issuer{Licenses: license.Licenses{DB: db, Table: s.licenses}, Keys: keys},
		Credentials: &credential.Registry{DB: db, Table: s.credentials, Numbers: numbers}, Cases: cases,
	}}, nil
}
