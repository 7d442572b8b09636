// Command otp-verify takes one code in and raises the session (product.md 6 and 7).
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/otp"
	"phoneotp/shared/session"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	e := env.Reader{Get: get}
	sessions, credentials, log := e.Need("SESSIONS_TABLE"), e.Need("CREDENTIALS_TABLE"), audit.Log{Table: e.Need("AUDIT_TABLE")}
	codesARN, vaultARN, origin := e.Need("CODES_SECRET"), e.Need("VAULT_SECRET"), e.Need("PUBLIC_ORIGIN")
	if err := e.Err(); err != nil {
		return nil, err
	}
	aws, err := awsx.New(get)
	if err != nil {
		return nil, err
	}
	codes, vault, err := aws.Secrets(ctx, codesARN, vaultARN, time.Now())
	if err != nil {
		return nil, err
	}
	keys, err := otp.NewKeys(codes)
	if err != nil {
		return nil, err
	}
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return nil, err
	}
	db := dynamo.New(aws.DynamoDB(ctx))
	raiser, err := session.NewRaiser(session.Sessions{DB: db, Table: sessions}, codes)
	if err != nil {
		return nil, err
	}
	h := &handler{raiser: raiser, login: credential.Login{
		DB: db, Raiser: raiser, Log: log,
		Verifier: &credential.Verifier{Registry: &credential.Registry{DB: db, Table: credentials, Numbers: numbers}, Keys: keys},
	}}
	return &httpapi.API{Routes: h.routes(), Origin: origin, Now: time.Now}, nil
}
