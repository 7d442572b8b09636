// Command notice-send takes notices off their queue and sends them, as mail by SES or as text by SNS
// (product.md 10). What it cannot send goes back to the queue, and after five tries to the dead letters.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"phoneotp/shared/account"
	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/license"
	"phoneotp/shared/mail"
	"phoneotp/shared/notice"
	"phoneotp/shared/telephony/outbound"
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
	accounts, licenses, outbox := e.Need("ACCOUNTS_TABLE"), e.Need("LICENSES_TABLE"), e.Need("OUTBOX_TABLE")
	vaultARN, commerceARN := e.Need("VAULT_SECRET"), e.Need("COMMERCE_SECRET")
	from, origin := e.Need("MAIL_FROM"), e.Need("PUBLIC_ORIGIN")
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
	db := dynamo.New(aws.DynamoDB(ctx))
	h := &handler{
		accounts: account.Accounts{DB: db, Table: accounts},
		licenses: license.Licenses{DB: db, Table: licenses},
		mail:     mail.NewSender(ctx, aws, from),
		text:     outbound.New(ctx, aws, ""),
		origin:   origin,
		from:     from,
		now:      time.Now,
	}
	if h.outbox, err = notice.NewOutbox(db, outbox, vault); err != nil {
		return nil, err
	}
	if h.keys, err = license.NewKeyring(commerce); err != nil {
		return nil, err
	}
	return h, nil
}
