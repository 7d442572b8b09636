// Command credential-stream records what happens to codes from the credentials table's stream, mails a
// holder whose codes were locked, and counts for the breakers (product.md 6 and 10).
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/limit"
	"phoneotp/shared/metric"
	"phoneotp/shared/notice"
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
	limits, dailySpend, metrics := e.Need("LIMITS_TABLE"), e.NeedInt("DAILY_SPEND"), e.Need("METRICS_NAMESPACE")
	outboxTable, log, vaultARN := e.Need("OUTBOX_TABLE"), audit.Log{Table: e.Need("AUDIT_TABLE")}, e.Need("VAULT_SECRET")
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
	outbox, err := notice.NewOutbox(db, outboxTable, vault)
	if err != nil {
		return nil, err
	}
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return nil, err
	}
	return &handler{
		recorder: credential.Recorder{DB: db, Log: log, Outbox: outbox},
		meter: credential.Meter{
			Tallies: limit.Tallies{DB: db, Table: limits}, Numbers: numbers, DailySpend: dailySpend, Metrics: metric.Counter{Namespace: metrics},
		},
	}, nil
}
