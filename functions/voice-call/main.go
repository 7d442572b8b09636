// Command voice-call takes call orders off the voice queue and places each call once, never late (product.md 6).
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/otp"
	"phoneotp/shared/telephony/voice"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	h, err := wire(context.Background(), os.Getenv)
	if err != nil {
		slog.Error("cold start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(h.handle)
}

func wire(ctx context.Context, get func(string) string) (*handler, error) {
	e := env.Reader{Get: get}
	credentials, codesARN, vaultARN := e.Need("CREDENTIALS_TABLE"), e.Need("CODES_SECRET"), e.Need("VAULT_SECRET")
	origination, origin := e.Need("VOICE_ORIGINATION"), e.Need("PUBLIC_ORIGIN")
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
	registry := &credential.Registry{DB: dynamo.New(aws.DynamoDB(ctx)), Table: credentials, Numbers: numbers}
	return &handler{
		claimer: &credential.Claimer{Registry: registry, Keys: keys}, caller: voice.NewCaller(ctx, aws, origination),
		wording: wording, now: time.Now,
	}, nil
}
