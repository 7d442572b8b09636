package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"phoneotp/infra/local/deploy"
	"phoneotp/infra/local/emulator"
	"phoneotp/infra/local/front"
	"phoneotp/infra/local/pyenv"
)

// samPort is where `sam local start-api` serves.
const samPort = 3000

// samLocal runs the built functions in SAM's containers against the stack that serves PORT.
//
// A container reaches this machine by the gateway of the container network alone, and everything of the
// stack listens on 127.0.0.1. So a relay listens on that gateway for as long as this command runs.
func samLocal(ctx context.Context) error {
	root, err := pyenv.Root(".")
	if err != nil {
		return err
	}
	inside, err := runningStack(ctx)
	if err != nil {
		return err
	}
	gateway, err := containerGateway(ctx)
	if err != nil {
		return err
	}
	seen := map[string]string{} // from a container, by the address on this machine
	for _, address := range []string{inside.Endpoint, inside.World} {
		if seen[address], err = relay(ctx, gateway, address); err != nil {
			return err
		}
	}
	variables, err := deploy.Reach(inside.Endpoint).Variables(ctx, inside.Resources)
	if err != nil {
		return err
	}
	for _, function := range variables {
		for name, value := range function {
			function[name] = throughRelay(value, seen)
		}
		function["AWS_ENDPOINT_URL"] = seen[inside.Endpoint]
		function["PUBLIC_ORIGIN"] = fmt.Sprintf("http://localhost:%d", samPort)
	}
	file := filepath.Join(root, ".tools", "sam-env.json")
	if err := writeJSON(file, variables); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": emulator.AccessKey, "AWS_SECRET_ACCESS_KEY": emulator.SecretKey, "AWS_REGION": emulator.Region,
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return sam(ctx, []string{
		"sam", "local", "start-api", "--template", filepath.Join(root, "template.yaml"), "--env-vars", file,
		"--host", "127.0.0.1", "--port", fmt.Sprint(samPort), "--warm-containers", "LAZY", "--parameter-overrides",
		"Stage=local Architecture=" + samArchitecture() + " PublicOrigin=http://localhost:3000 MailFrom=no-reply@phoneotp.localhost VoiceOrigination=phone-local MeetingLink=http://localhost:3000/_local/meetings/{room}",
	})
}

func samArchitecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// throughRelay puts the relay's address where a setting begins with one of the stack's own.
func throughRelay(value string, seen map[string]string) string {
	for address, relayed := range seen {
		if rest, ok := strings.CutPrefix(value, address); ok {
			return relayed + rest
		}
	}
	return value
}

func runningStack(ctx context.Context) (front.Inside, error) {
	var inside front.Inside
	p, err := port()
	if err != nil {
		return inside, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/_local/inside", p), nil)
	if err != nil {
		return inside, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return inside, fmt.Errorf("no stack at port %d: start one with `make run` first", p)
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&inside); err != nil {
		return inside, fmt.Errorf("port %d is no local stack, or it is still starting: %w", p, err)
	}
	return inside, nil
}

func containerGateway(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").Output()
	if err != nil {
		return "", fmt.Errorf("`sam local` needs a container engine, and none answers (without one, `make run` serves): %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// relay listens on host and passes connections on to address (http://127.0.0.1:PORT) until ctx ends. It
// returns its own address in the same form.
func relay(ctx context.Context, host, address string) (string, error) {
	to, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go pass(in, net.JoinHostPort("127.0.0.1", to.Port()))
		}
	}()
	return "http://" + l.Addr().String(), nil
}

func pass(in net.Conn, to string) {
	defer func() { _ = in.Close() }()
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	go func() {
		_, _ = io.Copy(out, in)
		_ = out.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(in, out)
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
