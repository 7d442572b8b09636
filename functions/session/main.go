// Command session signs people in and out, and shows and lists their sessions (product.md 7).
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
	"phoneotp/shared/limit"
	"phoneotp/shared/session"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	e := env.Reader{Get: get}
	accounts, sessions, credentials := e.Need("ACCOUNTS_TABLE"), e.Need("SESSIONS_TABLE"), e.Need("CREDENTIALS_TABLE")
	log, limits := audit.Log{Table: e.Need("AUDIT_TABLE")}, e.Need("LIMITS_TABLE")
	vaultARN, origin, failures := e.Need("VAULT_SECRET"), e.Need("PUBLIC_ORIGIN"), e.NeedInt("SIGN_IN_FAILURES_PER_IDENTIFIER")
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
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return nil, err
	}
	db := dynamo.New(aws.DynamoDB(ctx))
	people := account.Accounts{DB: db, Table: accounts}
	live := session.Sessions{DB: db, Table: sessions}
	h := &handler{
		sessions:    live,
		signIn:      session.SignIn{Sessions: live, Accounts: people, Limits: limit.Counters{DB: db, Table: limits}, Log: log, Failures: failures},
		ender:       session.Ender{Sessions: live, Accounts: people, Log: log},
		credentials: &credential.Registry{DB: db, Table: credentials, Numbers: numbers},
	}
	return &httpapi.API{Routes: h.routes(), Origin: origin, Now: time.Now}, nil
}
