// Command checkout shows the catalog, takes orders and shows, pays, cancels and mails them again for their
// purchasers (product.md 2).
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

// settings are what the template gives the function.
type settings struct {
	accounts, sessions, orders, licenses, credentials, outbox, audit, limits string
	vault, commerce                                                          string
	stripe, origin                                                           string
}

func read(get func(string) string) (settings, error) {
	e := env.Reader{Get: get}
	s := settings{
		accounts: e.Need("ACCOUNTS_TABLE"), sessions: e.Need("SESSIONS_TABLE"), orders: e.Need("ORDERS_TABLE"), licenses: e.Need("LICENSES_TABLE"),
		credentials: e.Need("CREDENTIALS_TABLE"), outbox: e.Need("OUTBOX_TABLE"), audit: e.Need("AUDIT_TABLE"), limits: e.Need("LIMITS_TABLE"),
		vault: e.Need("VAULT_SECRET"), commerce: e.Need("COMMERCE_SECRET"), stripe: e.May("STRIPE_ENDPOINT"), origin: e.Need("PUBLIC_ORIGIN"),
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
	h.cashier.Payment.Warm(ctx)
	return &httpapi.API{Routes: h.routes(), Origin: s.origin, Now: time.Now}, nil
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
	products, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	orders, log := order.Orders{DB: db, Table: s.orders}, audit.Log{Table: s.audit}
	accounts := account.Accounts{DB: db, Table: s.accounts}
	licenses := license.Licenses{DB: db, Table: s.licenses}
	credentials := &credential.Registry{DB: db, Table: s.credentials, Numbers: numbers}
	cashier := order.Cashier{Orders: orders, Payment: stripe, Origin: s.origin, Accounts: accounts, Credentials: credentials}
	return &handler{
		sessions: session.Sessions{DB: db, Table: s.sessions}, catalog: products, cashier: cashier,
		credentials: credentials,
		placer: order.Placer{
			Orders: orders, Cashier: cashier, Catalog: products, Notices: outbox, Audit: log, Accounts: accounts,
		},
		canceller: order.Canceller{Orders: orders, Payment: stripe, Audit: log, Credentials: credentials},
		resender:  order.Resender{Orders: orders, Licenses: licenses, Notices: outbox, Audit: log, Limits: limit.Counters{DB: db, Table: s.limits}},
		reader:    order.Reader{Orders: orders, Licenses: licenses, Keyring: keys},
	}, nil
}
