// Command directory keeps the index by which support finds people, from the streams of accounts and credentials
// (product.md 9; package directory).
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"phoneotp/shared/account"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/directory"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	h, err := wire(context.Background(), os.Getenv)
	if err != nil {
		slog.Error("cold start", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(func(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		return h.handle(ctx, e, time.Now())
	})
}

func wire(ctx context.Context, get func(string) string) (*handler, error) {
	e := env.Reader{Get: get}
	accounts, credentials, table := e.Need("ACCOUNTS_TABLE"), e.Need("CREDENTIALS_TABLE"), e.Need("DIRECTORY_TABLE")
	vaultARN := e.Need("VAULT_SECRET")
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
	index, err := directory.NewIndex(db, table, vault)
	if err != nil {
		return nil, err
	}
	return &handler{directory.Writer{
		Index: index, Accounts: account.Accounts{DB: db, Table: accounts},
		Credentials: &credential.Registry{DB: db, Table: credentials, Numbers: numbers},
	}}, nil
}
