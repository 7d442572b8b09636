// Command license-redeem binds a license key to the account that enters it and opens its credential
// (product.md 3).
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
	"phoneotp/shared/proofing"
	"phoneotp/shared/session"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	e := env.Reader{Get: get}
	sessions, licenses, credentials := e.Need("SESSIONS_TABLE"), e.Need("LICENSES_TABLE"), e.Need("CREDENTIALS_TABLE")
	outbox, log, limits := e.Need("OUTBOX_TABLE"), audit.Log{Table: e.Need("AUDIT_TABLE")}, e.Need("LIMITS_TABLE")
	cases, accounts := e.Need("CASES_TABLE"), account.Accounts{Table: e.Need("ACCOUNTS_TABLE")}
	orders := order.Orders{Table: e.Need("ORDERS_TABLE")}
	vaultARN, commerceARN, origin := e.Need("VAULT_SECRET"), e.Need("COMMERCE_SECRET"), e.Need("PUBLIC_ORIGIN")
	perAddress := e.NeedInt("KEYS_PER_ADDRESS")
	if err := e.Err(); err != nil {
		return nil, err
	}
	aws, err := awsx.New(get)
	if err != nil {
		return nil, err
	}
	vault, commerce, err := aws.Secrets(ctx, vaultARN, commerceARN, time.Now())
	if err != nil {
		return nil, err
	}
	box, err := notice.NewOutbox(nil, outbox, vault)
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
	products, err := catalog.Load()
	if err != nil {
		return nil, err
	}
	db := dynamo.New(aws.DynamoDB(ctx))
	sealing, err := proofing.NewKeys(vault)
	if err != nil {
		return nil, err
	}
	registry := &credential.Registry{DB: db, Table: credentials, Numbers: numbers}
	desk := proofing.Desk{Cases: proofing.Cases{DB: db, Table: cases, Keys: sealing}, Accounts: accounts, Credentials: registry, Outbox: box, Log: log}
	h := &handler{
		orders:   orders,
		sessions: session.Sessions{DB: db, Table: sessions}, credentials: registry,
		redeemer: license.Redeemer{
			Licenses: license.Licenses{DB: db, Table: licenses}, Keys: keys, Credentials: registry, Catalog: products,
			Limits: limit.Counters{DB: db, Table: limits}, Notices: box, Audit: log, PerAddress: perAddress,
			Resuming: desk.Reopening,
		},
		desk: desk,
	}
	return &httpapi.API{Routes: h.routes(), Origin: origin, Now: time.Now}, nil
}
