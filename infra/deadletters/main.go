// Command deadletters counts what lies in a stack's dead-letter queues and puts dead notices back on their
// queue (infra/runbooks/dead-letters.md).
//
//	go run ./infra/deadletters -stack phoneotp-prod          # count
//	go run ./infra/deadletters -stack phoneotp-prod replay   # replay notices, then count
//
// It reads AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_ENDPOINT_URL.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"phoneotp/shared/awsx"
)

func main() {
	stack := flag.String("stack", "phoneotp", "name of the CloudFormation stack")
	flag.Parse()
	account, err := awsx.New(os.Getenv)
	if err == nil {
		err = run(context.Background(), account, *stack, flag.Args(), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "deadletters:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, account *awsx.Account, stack string, args []string, out io.Writer) error {
	replayNotices := false
	switch {
	case len(args) == 0:
	case len(args) == 1 && args[0] == "replay":
		replayNotices = true
	default:
		return fmt.Errorf("the only word it knows is replay")
	}
	letters := &deadLetters{
		queues: sqs.New(sqs.Options{
			Region: account.Region, Credentials: account.Credentials(), HTTPClient: account.HTTP, Retryer: account.Retryer(), BaseEndpoint: account.Endpoint("SQS"),
		}),
		stacks: cloudformation.New(cloudformation.Options{
			Region: account.Region, Credentials: account.Credentials(), HTTPClient: account.HTTP, Retryer: account.Retryer(), BaseEndpoint: account.Endpoint("CLOUDFORMATION"),
		}),
	}
	if err := letters.find(ctx, stack); err != nil {
		return err
	}
	if replayNotices {
		n, err := letters.replay(ctx, "NoticeDeadLetters", "NoticeQueue")
		_, _ = fmt.Fprintf(out, "%d notices put back on their queue\n", n)
		if err != nil {
			return err
		}
	}
	return letters.print(ctx, out)
}
