// Command renewal tells holders whether their credential can be renewed and takes the orders that renew it
// (product.md 8).
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
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/payment"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

// settings are what the template gives the function.
type settings struct {
	accounts, sessions, orders, credentials, outbox, audit string
	vault, commerce                                        string
	stripe, origin                                         string
	grace                                                  time.Duration
}

func read(get func(string) string) (settings, error) {
	e := env.Reader{Get: get}
	s := settings{
		accounts: e.Need("ACCOUNTS_TABLE"), sessions: e.Need("SESSIONS_TABLE"), orders: e.Need("ORDERS_TABLE"),
		credentials: e.Need("CREDENTIALS_TABLE"), outbox: e.Need("OUTBOX_TABLE"), audit: e.Need("AUDIT_TABLE"),
		vault: e.Need("VAULT_SECRET"), commerce: e.Need("COMMERCE_SECRET"), stripe: e.May("STRIPE_ENDPOINT"), origin: e.Need("PUBLIC_ORIGIN"),
		grace: e.NeedDays("RENEWAL_GRACE_DAYS"),
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
	h.renewer.Cashier.Payment.Warm(ctx)
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
	credentials := &credential.Registry{DB: db, Table: s.credentials, Numbers: numbers}
	return &handler{
		sessions: session.Sessions{DB: db, Table: s.sessions},
		renewer: order.Renewer{
			Orders: orders, Catalog: products, Credentials: credentials, Accounts: accounts, Notices: outbox, Audit: log, Grace: s.grace,
			Cashier:   order.Cashier{Orders: orders, Payment: stripe, Origin: s.origin, Accounts: accounts, Credentials: credentials},
			Canceller: order.Canceller{Orders: orders, Payment: stripe, Audit: log, Credentials: credentials},
		},
	}, nil
}
