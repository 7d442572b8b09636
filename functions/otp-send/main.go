// Command otp-send sends one code, by text or call, and tells how far its way is known (product.md 6).
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/limit"
	"phoneotp/shared/otp"
	"phoneotp/shared/session"
	"phoneotp/shared/telephony/outbound"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	e := env.Reader{Get: get}
	sessions, credentials, limits := e.Need("SESSIONS_TABLE"), e.Need("CREDENTIALS_TABLE"), e.Need("LIMITS_TABLE")
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
	db := dynamo.New(aws.DynamoDB(ctx))
	h := &handler{
		sessions: session.Sessions{DB: db, Table: sessions},
		sender: &credential.Sender{
			Registry: &credential.Registry{DB: db, Table: credentials, Numbers: numbers},
			Keys:     keys, Wording: wording, SNS: outbound.New(ctx, aws, topic),
			Gate: credential.Gate{
				Counters: limit.Counters{DB: db, Table: limits}, Stops: limit.NewStops(db, limits, otp.StopsEvery),
				PerAddress: perAddress, DailySpend: dailySpend,
			},
		},
	}
	return &httpapi.API{Routes: h.routes(), Origin: origin, Now: time.Now}, nil
}
