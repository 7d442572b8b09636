// Command roles sets the roles of an account: no route does (product.md 1). It ends the person's sessions,
// which bear the old roles, and leaves an audit entry with the stated reason.
//
//	go run ./infra/roles -stack phoneotp-prod -user agnes -why "joined the agents" agent
//	go run ./infra/roles -stack phoneotp-prod -user agnes -why "left"
//
// It reads AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_ENDPOINT_URL.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"phoneotp/infra/stacks"
	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/session"
)

func main() {
	stack := flag.String("stack", "phoneotp", "name of the CloudFormation stack")
	user := flag.String("user", "", "user ID")
	why := flag.String("why", "", "reason, for the audit trail")
	flag.Parse()
	aws, err := awsx.New(os.Getenv)
	if err == nil {
		err = set(context.Background(), aws, *stack, *user, *why, flag.Args())
	}
	if errors.Is(err, account.ErrUnknown) {
		err = fmt.Errorf("nobody has the user ID %q", *user)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "roles:", err)
		os.Exit(1)
	}
	fmt.Printf("%s has the roles %q and must sign in again\n", *user, flag.Args())
}

func set(ctx context.Context, aws *awsx.Account, stack, user, why string, roles []string) error {
	tables, err := stacks.Names(ctx, aws, stack)
	if err != nil {
		return err
	}
	db := dynamo.New(aws.DynamoDB(ctx))
	accounts := account.Accounts{DB: db, Table: tables["AccountsTable"]}
	log := audit.Log{Table: tables["AuditTable"]}
	ender := session.Ender{Sessions: session.Sessions{DB: db, Table: tables["SessionsTable"]}, Accounts: accounts, Log: log}
	return account.Operator{Accounts: accounts, Log: log, End: ender.Ending}.Grant(ctx, user, roles, why, time.Now())
}
