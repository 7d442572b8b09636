// Command notice-relay hands new notices of the outbox over to the notice queue, and work for the workflows of cases
// to the case queue, as ids and nothing else, and every five minutes those that are still unsent (product.md 10).
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
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
	table, url, cases := e.Need("OUTBOX_TABLE"), e.Need("NOTICE_QUEUE"), e.Need("CASE_QUEUE")
	namespace := e.Need("METRICS_NAMESPACE")
	if err := e.Err(); err != nil {
		return nil, err
	}
	account, err := awsx.New(get)
	if err != nil {
		return nil, err
	}
	return &handler{
		sweeper: notice.NewSweeper(dynamo.New(account.DynamoDB(ctx)), table),
		queue:   newQueue(ctx, account, url),
		cases:   newQueue(ctx, account, cases),
		metrics: metric.Counter{Namespace: namespace},
		now:     time.Now,
	}, nil
}
