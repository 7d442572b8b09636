// Command proofing-step does the own tasks of the proofing workflow, starts and stops it from the case queue, and
// every five minutes looks after open cases (architecture.md 4, Proofing).
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/license"
	"phoneotp/shared/metric"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/taskapi"
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
	accounts, credentials, licenses, cases, slots := e.Need("ACCOUNTS_TABLE"), e.Need("CREDENTIALS_TABLE"), e.Need("LICENSES_TABLE"), e.Need("CASES_TABLE"), e.Need("SLOTS_TABLE")
	outbox, log, vaultARN, machine := e.Need("OUTBOX_TABLE"), audit.Log{Table: e.Need("AUDIT_TABLE")}, e.Need("VAULT_SECRET"), e.Need("WORKFLOW")
	count := metric.Counter{Namespace: e.Need("METRICS_NAMESPACE")}
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
	keys, err := proofing.NewKeys(vault)
	if err != nil {
		return nil, err
	}
	db := dynamo.New(aws.DynamoDB(ctx))
	box, err := notice.NewOutbox(db, outbox, vault)
	if err != nil {
		return nil, err
	}
	desk := proofing.Desk{
		Cases: proofing.Cases{DB: db, Table: cases, Keys: keys}, Accounts: account.Accounts{DB: db, Table: accounts},
		Licenses: license.Licenses{DB: db, Table: licenses}, Credentials: &credential.Registry{DB: db, Table: credentials, Numbers: numbers},
		Outbox: box, Log: log, Workflow: taskapi.NewWorkflow(ctx, aws, machine),
	}
	desk.Release = appointment.Slots{DB: db, Table: slots}.Releaser(desk)
	return &handler{desk: desk, count: count, now: time.Now}, nil
}
