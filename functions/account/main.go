// Command account makes accounts, confirms their emails, shows and changes profiles, and changes passwords
// (product.md 1).
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/session"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	e := env.Reader{Get: get}
	accounts, sessions, outbox := e.Need("ACCOUNTS_TABLE"), e.Need("SESSIONS_TABLE"), e.Need("OUTBOX_TABLE")
	log, limits := audit.Log{Table: e.Need("AUDIT_TABLE")}, e.Need("LIMITS_TABLE")
	vaultARN, origin := e.Need("VAULT_SECRET"), e.Need("PUBLIC_ORIGIN")
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
	db := dynamo.New(aws.DynamoDB(ctx))
	box, err := notice.NewOutbox(db, outbox, vault)
	if err != nil {
		return nil, err
	}
	people := account.Accounts{DB: db, Table: accounts}
	counters := limit.Counters{DB: db, Table: limits}
	live := session.Sessions{DB: db, Table: sessions}
	ender := session.Ender{Sessions: live, Accounts: people, Log: log}
	h := &handler{
		accounts:  people,
		registrar: account.Registrar{Accounts: people, Outbox: box, Log: log, Limits: counters},
		profiles:  account.Profiles{Accounts: people, Log: log},
		passwords: account.Passwords{Accounts: people, Outbox: box, Log: log, Limits: counters, End: ender.Ending},
		sessions:  live,
		trail:     audit.Reader{DB: db, Table: log.Table},
	}
	return &httpapi.API{Routes: h.routes(), Origin: origin, Now: time.Now}, nil
}
