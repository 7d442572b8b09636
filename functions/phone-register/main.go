// Command phone-register lists a holder's numbers, adds one and confirms it, replaces and removes them, and takes
// a change back by the link that told of it (product.md 5).
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/session"
	"phoneotp/shared/telephony/outbound"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	e := env.Reader{Get: get}
	sessions, licenses, credentials := e.Need("SESSIONS_TABLE"), e.Need("LICENSES_TABLE"), e.Need("CREDENTIALS_TABLE")
	accounts, book := e.Need("ACCOUNTS_TABLE"), e.Need("PHONEBOOK_TABLE")
	outboxTable, log, limits := e.Need("OUTBOX_TABLE"), audit.Log{Table: e.Need("AUDIT_TABLE")}, e.Need("LIMITS_TABLE")
	codesARN, vaultARN := e.Need("CODES_SECRET"), e.Need("VAULT_SECRET")
	topic, origin := e.Need("VOICE_TOPIC"), e.Need("PUBLIC_ORIGIN")
	perAddress, dailySpend := e.NeedInt("SENDS_PER_ADDRESS"), e.NeedInt("DAILY_SPEND")
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
	wording, err := otp.NewWording(origin)
	if err != nil {
		return nil, err
	}
	countries, err := phone.LoadPolicy()
	if err != nil {
		return nil, err
	}
	db := dynamo.New(aws.DynamoDB(ctx))
	outbox, err := notice.NewOutbox(db, outboxTable, vault)
	if err != nil {
		return nil, err
	}
	raiser, err := session.NewRaiser(session.Sessions{DB: db, Table: sessions}, codes)
	if err != nil {
		return nil, err
	}
	registry := &credential.Registry{DB: db, Table: credentials, Numbers: numbers}
	phones := phonebook.Book{DB: db, Table: book}
	h := &handler{
		raiser: raiser, countries: countries,
		sender: &credential.Sender{
			Registry: registry, Keys: keys, Wording: wording, SNS: outbound.New(ctx, aws, topic),
			Gate: credential.Gate{
				Counters: limit.Counters{DB: db, Table: limits}, Stops: limit.NewStops(db, limits, otp.StopsEvery),
				PerAddress: perAddress, DailySpend: dailySpend,
			},
		},
		confirming: credential.Confirming{
			DB: db, Verifier: &credential.Verifier{Registry: registry, Keys: keys}, Raiser: raiser, Log: log, Outbox: outbox, Book: phones,
			Activation: license.Licenses{DB: db, Table: licenses}.Activation,
		},
		changing: credential.Changing{
			DB: db, Registry: registry, Book: phones, Log: log, Outbox: outbox,
			Ender: session.Ender{Sessions: raiser.Sessions, Accounts: account.Accounts{DB: db, Table: accounts}, Log: log},
		},
	}
	return &httpapi.API{Routes: h.routes(), Origin: origin, Now: time.Now}, nil
}
