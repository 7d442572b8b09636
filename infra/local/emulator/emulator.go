package emulator

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"phoneotp/infra/local/pyenv"
)

// The identity that clients of the emulator use.
const (
	Region    = "us-east-1"
	AccountID = "000000000000"
	AccessKey = "test"
	SecretKey = "test"
)

//go:embed requirements.txt
var requirements []byte

// Options say how the emulator runs. The zero value serves room tests: a free port, no permissions
// enforced, nothing kept.
type Options struct {
	Root      string            // of the repository; empty: found from the working directory
	Port      int               // on 127.0.0.1; 0: any free one
	Auth      bool              // enforce each caller's IAM policies
	StateDir  string            // keeps the state between clean stops; empty: nothing is kept
	Variables map[string]string // more environment; the functions see it too
	Say       func(string)      // told before work that takes seconds; may be nil
}

// Emulator is one running ministack.
type Emulator struct {
	port int
	run  *runDir
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	stop sync.Once
}

// startLimit is how long a start may take; a third of a second is usual.
const startLimit = 30 * time.Second

// stopLimit is how long the emulator may take to save its state before it is killed.
const stopLimit = 10 * time.Second

// Prepare installs the emulator if it is not there, without starting it.
func Prepare(ctx context.Context, root string, say func(string)) (pyenv.Env, error) {
	return pyenv.Prepare(ctx, root, "emulator", requirements, say)
}

// Start starts an emulator and returns when it answers. It ends with this process, however that ends.
func Start(ctx context.Context, o Options) (*Emulator, error) {
	if o.Root == "" {
		root, err := pyenv.Root(".")
		if err != nil {
			return nil, err
		}
		o.Root = root
	}
	env, err := Prepare(ctx, o.Root, o.Say)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		e, err := start(ctx, env, o)
		// A free port can be taken by somebody else before the emulator has it: then another one.
		if err == nil || o.Port != 0 || try == 3 || ctx.Err() != nil {
			return e, err
		}
	}
}

func start(ctx context.Context, env pyenv.Env, o Options) (*Emulator, error) {
	port := o.Port
	if port == 0 {
		var err error
		if port, err = freePort(); err != nil {
			return nil, err
		}
	}
	if err := free(port); err != nil {
		return nil, err
	}
	run, err := newRunDir(o.Root)
	if err != nil {
		return nil, err
	}
	e := &Emulator{port: port, run: run, done: make(chan struct{})}
	log, err := os.Create(filepath.Join(run.path, "log"))
	if err != nil {
		run.remove()
		return nil, err
	}
	e.cmd = exec.Command(env.Bin("python3"), "-m", "ministack")
	e.cmd.Dir = run.path
	e.cmd.Env = environment(port, run.path, o)
	e.cmd.Stdout, e.cmd.Stderr = log, log
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	err = e.launch()
	_ = log.Close()
	if err != nil {
		run.remove()
		return nil, fmt.Errorf("emulator: %w", err)
	}
	if err := e.await(ctx); err != nil {
		tail := e.Log()
		e.Stop()
		return nil, fmt.Errorf("emulator: %w\n%s", err, tail)
	}
	return e, nil
}

// launch starts the process on a thread that lives as long as the process does: the kernel sends the death
// signal when the thread that started the child ends, not only when the whole parent does.
func (e *Emulator) launch() error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := e.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = e.cmd.Wait()
		close(e.done)
	}()
	return <-started
}

func environment(port int, dir string, o Options) []string {
	vars := map[string]string{
		"PATH":             "/usr/local/bin:/usr/bin:/bin",
		"HOME":             dir,
		"TMPDIR":           dir,
		"LANG":             "C.UTF-8",
		"GATEWAY_PORT":     strconv.Itoa(port),
		"BIND_HOST":        "127.0.0.1",
		"MINISTACK_HOST":   "localhost",
		"MINISTACK_REGION": Region,
		"AWS_ENDPOINT_URL": fmt.Sprintf("http://127.0.0.1:%d", port), // what its functions call
		"IOT_MTLS_ENABLED": "0",
		"LAMBDA_EXECUTOR":  "local",
		"LOG_LEVEL":        "WARNING",
		"S3_DATA_DIR":      filepath.Join(dir, "s3"),
		"STATE_DIR":        filepath.Join(dir, "state"),
	}
	if o.Auth {
		vars["AUTH"] = "true"
	}
	if o.StateDir != "" {
		vars["PERSIST_STATE"] = "1"
		vars["S3_PERSIST"] = "1"
		vars["STATE_DIR"] = o.StateDir
		vars["S3_DATA_DIR"] = filepath.Join(o.StateDir, "s3")
	}
	maps.Copy(vars, o.Variables)
	list := make([]string, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		list = append(list, name+"="+vars[name])
	}
	return list
}

// await returns when the emulator answers its readiness question.
func (e *Emulator) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	pidFile := filepath.Join(e.run.path, fmt.Sprintf("ministack-%d.pid", e.port))
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Endpoint()+"/_ministack/ready", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			// Its own process file says that the answer is not that of another emulator on the same port.
			if _, err := os.Stat(pidFile); err == nil && res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-e.done:
			return errors.New("ended before it was ready")
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Endpoint is the address for every AWS client.
func (e *Emulator) Endpoint() string { return fmt.Sprintf("http://127.0.0.1:%d", e.port) }

// Port is the TCP port on 127.0.0.1.
func (e *Emulator) Port() int { return e.port }

// Done is closed when the process has ended.
func (e *Emulator) Done() <-chan struct{} { return e.done }

// Log is the end of what the emulator printed, at most 4 KiB.
func (e *Emulator) Log() string {
	f, err := os.Open(filepath.Join(e.run.path, "log"))
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	if size, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, size-4096), io.SeekStart)
	}
	tail, _ := io.ReadAll(f)
	return string(tail)
}

// Stop ends the emulator and its functions and removes its files. It may be called more than once.
func (e *Emulator) Stop() {
	e.stop.Do(func() {
		_ = e.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-e.done:
		case <-time.After(stopLimit):
		}
		// The functions that it runs are in its process group; the group outlives its leader.
		_ = syscall.Kill(-e.cmd.Process.Pid, syscall.SIGKILL)
		<-e.done
		e.run.remove()
	})
}

// free says whether nobody listens on the port.
func free(port int) error {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	return l.Close()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
