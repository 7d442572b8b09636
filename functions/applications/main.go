// Command applications tells which relying applications there are, and opens them to sessions of the right
// strength (product.md 7).
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/applications"
	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/session"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	e := env.Reader{Get: get}
	sessions, credentials, log := e.Need("SESSIONS_TABLE"), e.Need("CREDENTIALS_TABLE"), e.Need("AUDIT_TABLE")
	vaultARN, origin := e.Need("VAULT_SECRET"), e.Need("PUBLIC_ORIGIN")
	if err := e.Err(); err != nil {
		return nil, err
	}
	account, err := awsx.New(get)
	if err != nil {
		return nil, err
	}
	vault, err := account.Secret(ctx, vaultARN, time.Now())
	if err != nil {
		return nil, err
	}
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return nil, err
	}
	register, err := applications.Load()
	if err != nil {
		return nil, err
	}
	db := dynamo.New(account.DynamoDB(ctx))
	h := &handler{
		register: register, origin: origin, db: db, log: audit.Log{Table: log},
		sessions:    session.Sessions{DB: db, Table: sessions},
		credentials: &credential.Registry{DB: db, Table: credentials, Numbers: numbers},
	}
	return &httpapi.API{Routes: h.routes(), Origin: origin, Now: time.Now}, nil
}
