// Command local is the local stack of `make run` and what the other make targets need of it.
//
//	local run              the whole stack in the foreground, at PORT (8080), keeping data in STATE_DIR if set
//	local stop             ends the one at PORT
//	local emulate CMD ...  runs a command beside an emulator, whose endpoint it finds in PHONEOTP_EMULATOR
//	local sam CMD ...      runs a program of the pinned SAM tools, as cfn-lint or sam
//	local sam-local        runs `sam local start-api` against the stack at PORT
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"phoneotp/infra/local/emulator"
	"phoneotp/infra/local/pyenv"
)

//go:embed requirements-sam.txt
var samRequirements []byte

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	if err := command(ctx, os.Args[1:]); err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			os.Exit(max(1, exit.ExitCode()))
		}
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		args = []string{"run"}
	}
	switch name, rest := args[0], args[1:]; {
	case name == "run":
		return run(ctx)
	case name == "stop":
		return stop(ctx)
	case name == "emulate" && len(rest) > 0:
		return emulate(ctx, rest)
	case name == "sam" && len(rest) > 0:
		return sam(ctx, rest)
	case name == "sam-local":
		return samLocal(ctx)
	default:
		return fmt.Errorf("no such command: %s", strings.Join(args, " "))
	}
}

// port reads PORT.
func port() (int, error) {
	text := os.Getenv("PORT")
	if text == "" {
		return 8080, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("PORT is no port: %q", text)
	}
	return n, nil
}

func say(line string) { fmt.Println(line + " ...") }

// emulate runs a command beside an emulator of its own.
func emulate(ctx context.Context, args []string) error {
	e, err := emulator.Start(ctx, emulator.Options{Say: say})
	if err != nil {
		return err
	}
	defer e.Stop()
	return child(ctx, append(os.Environ(), "PHONEOTP_EMULATOR="+e.Endpoint()), args)
}

// sam runs one of the programs of the SAM tools.
func sam(ctx context.Context, args []string) error {
	root, err := pyenv.Root(".")
	if err != nil {
		return err
	}
	env, err := pyenv.Prepare(ctx, root, "sam", samRequirements, say)
	if err != nil {
		return err
	}
	return child(ctx, append(os.Environ(), "SAM_CLI_TELEMETRY=0"), append([]string{env.Bin(args[0])}, args[1:]...))
}

// child runs a command with this program's streams; at the end of ctx it is asked to end.
func child(ctx context.Context, env, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd.Run()
}
