// Command audit-chain links every new audit entry into its subject's hash chain and has the chains signed, from
// the audit table's stream (product.md 10; package chain).
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"phoneotp/shared/audit/chain"
	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/metric"
	"phoneotp/shared/signing"
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
	table, key, namespace := e.Need("CHAINS_TABLE"), e.Need("AUDIT_KEY"), e.Need("METRICS_NAMESPACE")
	if err := e.Err(); err != nil {
		return nil, err
	}
	aws, err := awsx.New(get)
	if err != nil {
		return nil, err
	}
	return &handler{
		sealer: &chain.Sealer{DB: dynamo.New(aws.DynamoDB(ctx)), Table: table, Sign: signing.NewKey(aws, key).Sign},
		count:  metric.Counter{Namespace: namespace},
	}, nil
}
