// Command deadletters lists what lies in a stack's dead-letter queues, how old it is and what it is, and replays what
// can be replayed (infra/runbooks/dead-letters.md).
//
//	go run ./infra/deadletters -stack phoneotp-prod                        # list
//	go run ./infra/deadletters -stack phoneotp-prod replay                 # replay all that can be, then list
//	go run ./infra/deadletters -stack phoneotp-prod replay NoticeDeadLetters
//	go run ./infra/deadletters -stack phoneotp-prod drop VoiceDeadLetters  # delete what is worth nothing any more
//
// A letter is deleted once what it stands for has been handed over, so that a stop in between leaves one too many
// and none too few; whatever is replayed twice has no effect twice. It reads AWS_REGION, AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_ENDPOINT_URL.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"phoneotp/infra/stacks"
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

// patience is how long a function may take that is waited for: as long as the template lets it.
const patience = time.Minute

func open(ctx context.Context, account *awsx.Account) *deadLetters {
	return &deadLetters{
		account: account,
		queues: sqs.New(sqs.Options{
			Region: account.Region, Credentials: account.Credentials(), HTTPClient: account.HTTP, Retryer: account.Retryer(), BaseEndpoint: account.Endpoint("SQS"),
		}),
		functions: lambda.New(lambda.Options{
			Region: account.Region, Credentials: account.Credentials(), HTTPClient: &http.Client{Timeout: patience}, BaseEndpoint: account.Endpoint("LAMBDA"),
		}),
		tables: account.DynamoDB(ctx),
		now:    time.Now,
	}
}

var errWords = errors.New("say nothing, replay, replay <queue>, or drop <queue>")

func run(ctx context.Context, account *awsx.Account, stack string, args []string, out io.Writer) error {
	d := open(ctx, account)
	var err error
	if d.names, err = stacks.Names(ctx, account, stack); err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		return d.print(ctx, out)
	case len(args) == 1 && args[0] == "replay":
		// One that cannot be replayed must not keep the others.
		var failed []error
		for _, name := range d.all() {
			failed = append(failed, d.replay(ctx, name, out))
		}
		return errors.Join(append(failed, d.print(ctx, out))...)
	case len(args) == 2 && args[0] == "replay":
		return errors.Join(d.replay(ctx, args[1], out), d.print(ctx, out))
	case len(args) == 2 && args[0] == "drop":
		return errors.Join(d.drop(ctx, args[1], out), d.print(ctx, out))
	}
	return errWords
}
