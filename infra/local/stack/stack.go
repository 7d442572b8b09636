package stack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"golang.org/x/sync/errgroup"

	"phoneotp/infra/local/build"
	"phoneotp/infra/local/bureau"
	"phoneotp/infra/local/deploy"
	"phoneotp/infra/local/emulator"
	"phoneotp/infra/local/front"
	"phoneotp/infra/local/messages"
	"phoneotp/infra/local/outside"
	"phoneotp/infra/local/pyenv"
	"phoneotp/infra/local/stripe"
)

// Options say how a stack runs.
type Options struct {
	Root     string       // of the repository; empty: found from the working directory
	Port     int          // on 127.0.0.1; 0: any free one
	StateDir string       // keeps everything between clean stops; empty: nothing is kept
	Say      func(string) // told before each step; may be nil
}

// Stack is a running local stack.
type Stack struct {
	Box      *messages.Box   // what went out to people
	Payments *stripe.Sandbox // the payment sandbox
	Bureau   *bureau.Bureau  // the credit bureau
	World    *outside.World  // SNS, SES and End User Messaging
	Cloud    *deploy.Cloud   // the emulator's administrator
	Deployed *deploy.Stack   // names of the deployed resources

	options       Options
	origin        string
	webhookSecret string
	listener      net.Listener
	server        *http.Server
	front         front.Front
	emulator      *emulator.Emulator
	lock          *os.File
}

// ErrTaken means that somebody listens on the port already.
var ErrTaken = errors.New("port is taken")

// senderDomain is where local mails come from.
const senderDomain = "phoneotp.localhost"

// Start brings a stack up and returns when its first request will succeed.
func Start(ctx context.Context, o Options) (*Stack, error) {
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.Root == "" {
		root, err := pyenv.Root(".")
		if err != nil {
			return nil, err
		}
		o.Root = root
	}
	s := &Stack{options: o, Box: &messages.Box{Now: time.Now}, Bureau: &bureau.Bureau{}}
	if err := s.start(ctx); err != nil {
		if s.emulator != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w\n%s", err, s.emulator.Log())
		}
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context) error {
	if err := s.listen(); err != nil {
		return err
	}
	if err := s.openState(); err != nil {
		return err
	}
	programs, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	if err := s.openWorld(); err != nil {
		return err
	}
	s.options.Say("deploying template.yaml")
	s.Cloud = deploy.Reach(s.emulator.Endpoint())
	if s.Deployed, err = s.Cloud.Deploy(ctx, deploy.Options{
		Root: s.options.Root, Programs: programs, Parameters: s.parameters(),
	}); err != nil {
		return err
	}
	if err := s.operate(ctx); err != nil {
		return err
	}
	return s.open(ctx)
}

// listen takes the port; until the stack is open it answers 503.
func (s *Stack) listen() error {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", s.options.Port))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w: %d", ErrTaken, s.options.Port)
	}
	if err != nil {
		return err
	}
	s.listener = l
	s.origin = fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	s.server = &http.Server{Handler: &s.front, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(l) }()
	return nil
}

// prepare builds the functions and starts the emulator, side by side.
func (s *Stack) prepare(ctx context.Context) ([]build.Program, error) {
	var programs []build.Program
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		s.options.Say("building the functions")
		programs, err = build.Functions(ctx, s.options.Root, runtime.GOARCH)
		return err
	})
	g.Go(func() (err error) {
		s.options.Say("starting the emulator")
		s.emulator, err = emulator.Start(ctx, emulator.Options{
			Root: s.options.Root, Auth: true, StateDir: s.stateFile("emulator"), Say: s.options.Say,
			// A loaded machine answers later than AWS: not a second try of every call because of that.
			Variables: map[string]string{"AWS_CALL_TIMEOUT": "6s"},
		})
		return err
	})
	return programs, g.Wait()
}

func (s *Stack) openWorld() (err error) {
	s.webhookSecret = "whsec_" + rand.Text()
	s.Payments, err = stripe.New(stripe.Options{
		BaseURL: s.origin + "/_local/stripe", WebhookURL: s.origin + "/api/webhooks/stripe",
		WebhookSecret: s.webhookSecret,
	})
	if err != nil {
		return err
	}
	if s.World, err = outside.Open(s.emulator.Endpoint(), s.Box, s.Payments, s.Bureau); err != nil {
		return err
	}
	return s.load()
}

// parameters are template.yaml's, for this stack. Limits that count a client's address are high, since
// everybody comes from 127.0.0.1 (design/api.md).
func (s *Stack) parameters() map[string]string {
	return map[string]string{
		"Stage":                       "local",
		"Architecture":                map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH],
		"PublicOrigin":                s.origin,
		"MailFrom":                    "no-reply@" + senderDomain,
		"VoiceOrigination":            "phone-local",
		"SignInFailuresPerIdentifier": "1000",
		"KeysPerAddress":              "100000",
		"SendsPerAddress":             "100000",
		"DailySpend":                  "100000",
		"SealingWindow":               "1",
		"MeetingLink":                 s.origin + "/_local/meetings/{room}",
		"StripeEndpoint":              s.World.URL(),
		"BureauEndpoint":              s.World.URL(),
		"MailEndpoint":                s.World.URL(),
		"TextEndpoint":                s.World.URL(),
		"VoiceEndpoint":               s.World.URL(),
	}
}

// operate does what an operator does by hand once a stage (infra/runbooks/deploy.md).
func (s *Stack) operate(ctx context.Context) error {
	commerce, err := s.Deployed.Name("CommerceSecret")
	if err != nil {
		return err
	}
	if err := s.Cloud.AmendSecret(ctx, commerce, map[string]string{
		"stripe_key": "sk_test_local", "stripe_webhook_secrets": s.webhookSecret,
	}); err != nil {
		return fmt.Errorf("putting in Stripe's keys: %w", err)
	}
	vault, err := s.Deployed.Name("VaultSecret")
	if err != nil {
		return err
	}
	if err := s.Cloud.AmendSecret(ctx, vault, map[string]string{
		"bureau_tenant": "local", "bureau_domain": senderDomain, "bureau_subscriber": "0000000",
		"bureau_username": "local", "bureau_password": rand.Text(), "bureau_client_id": "local", "bureau_client_secret": rand.Text(),
		"bureau_pid_username": "local", "bureau_pid_password": rand.Text(),
	}); err != nil {
		return fmt.Errorf("putting in the bureau's keys: %w", err)
	}
	_, err = sesv2.NewFromConfig(s.Cloud.Config()).CreateEmailIdentity(ctx, &sesv2.CreateEmailIdentityInput{
		EmailIdentity: aws.String(senderDomain),
	})
	if _, exists := errors.AsType[*sestypes.AlreadyExistsException](err); err != nil && !exists {
		return fmt.Errorf("verifying the sender: %w", err)
	}
	return nil
}

// open lets requests in, makes sure that one is answered, and makes the demo people.
func (s *Stack) open(ctx context.Context) error {
	api, err := s.Deployed.Name("Api")
	if err != nil {
		return err
	}
	if err := s.front.Open(front.Parts{
		Inside: front.Inside{
			Origin: s.origin, Endpoint: s.emulator.Endpoint(), World: s.World.URL(), Region: emulator.Region,
			Resources: s.Deployed.Names(),
		},
		APIHost: fmt.Sprintf("%s.execute-api.localhost:%d", api, s.emulator.Port()),
		Box:     s.Box, Payments: payments{s.Payments}, Outage: s.World.Outage,
		Sweep: func(ctx context.Context) error { return s.Cloud.RunSchedules(ctx, s.Deployed) },
		Age:   s.age,
		Begin: s.begin, Meeting: s.meeting,
	}); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.listener.Addr().String()+"/", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the first page answers %s", res.Status)
	}
	// Who looks for what is wrong with a function needs the stack more than the demo people.
	if err := s.people(ctx); err != nil && ctx.Err() == nil {
		slog.Error("the demo people are not complete", "cause", err)
	}
	return ctx.Err()
}

// URL is the stack's own address, as http://localhost:8080.
func (s *Stack) URL() string { return s.origin }

// Done is closed when the emulator has ended, which ends the stack's usefulness.
func (s *Stack) Done() <-chan struct{} { return s.emulator.Done() }

// EmulatorLog is the end of what the emulator printed.
func (s *Stack) EmulatorLog() string { return s.emulator.Log() }

// stopLimit is how long requests under way may take at a stop.
const stopLimit = 5 * time.Second

// Stop ends everything and saves what is kept. It may be called at any stage of a start.
func (s *Stack) Stop() {
	if s.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		if s.server.Shutdown(ctx) != nil {
			_ = s.server.Close()
		}
	}
	if s.Payments != nil {
		s.Payments.Close()
	}
	if s.World != nil {
		s.World.Close()
	}
	if s.emulator != nil {
		s.emulator.Stop()
	}
	s.save()
	if s.lock != nil {
		_ = s.lock.Close()
	}
}

// stateFile is a path in the state folder, or empty without one.
func (s *Stack) stateFile(name string) string {
	if s.options.StateDir == "" {
		return ""
	}
	return filepath.Join(s.options.StateDir, name)
}
