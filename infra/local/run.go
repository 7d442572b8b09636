package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"phoneotp/infra/local/pyenv"
	"phoneotp/infra/local/stack"
)

// run serves the stack until a signal comes or the emulator ends.
func run(ctx context.Context) error {
	if os.Getenv("PHONEOTP_WITH_PARENT") != "" {
		if err := endWithParent(); err != nil {
			return err
		}
	}
	p, err := port()
	if err != nil {
		return err
	}
	root, err := pyenv.Root(".")
	if err != nil {
		return err
	}
	mark, err := markRunning(root, p)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return taken(p)
	}
	if err != nil {
		return err
	}
	defer mark.remove() // after the stack's own end, so that `local stop` waits for that
	s, err := stack.Start(ctx, stack.Options{Root: root, Port: p, StateDir: os.Getenv("STATE_DIR"), Say: say})
	if errors.Is(err, stack.ErrTaken) {
		return taken(p)
	}
	if ctx.Err() != nil {
		return nil // interrupted while starting; what had started is ended
	}
	if err != nil {
		return err
	}
	defer s.Stop()
	fmt.Println("ready " + s.URL())
	select {
	case <-ctx.Done():
		fmt.Println("stopping ...")
		return nil
	case <-s.Done():
		return fmt.Errorf("the emulator ended: %s", s.EmulatorLog())
	}
}

func taken(port int) error {
	return fmt.Errorf("port %d is taken: `make stop` ends a stack that was left there, or choose another with PORT=... make run", port)
}

// endWithParent asks the kernel for SIGTERM when the parent (make) ends, however it ends. The request belongs
// to the thread, so the main goroutine keeps it.
func endWithParent() error {
	runtime.LockOSThread()
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0); e != 0 {
		return e
	}
	return nil
}

// mark is the file that says which process serves a port. The process holds its lock, so a file that a killed
// process left is told from a living one's.
type mark struct {
	path string
	file *os.File
}

func markPath(root string, port int) (string, error) {
	tools, err := pyenv.Tools(root)
	if err != nil {
		return "", err
	}
	return filepath.Join(tools, fmt.Sprintf("stack-%d.pid", port)), nil
}

func markRunning(root string, port int) (*mark, error) {
	path, err := markPath(root, port)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid()))); err != nil {
		_ = f.Close()
		return nil, err
	}
	return &mark{path: path, file: f}, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

func (m *mark) remove() {
	_ = os.Remove(m.path)
	_ = m.file.Close()
}

// stopPatience is how long a stack may take to save and end.
const stopPatience = 20 * time.Second

// stop ends the stack of this repository at PORT and waits until it has ended.
func stop(ctx context.Context) error {
	p, err := port()
	if err != nil {
		return err
	}
	root, err := pyenv.Root(".")
	if err != nil {
		return err
	}
	path, err := markPath(root, p)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	for asked := false; ; asked = true {
		pid, alive := serving(path)
		if !alive {
			if !asked {
				fmt.Printf("no stack of this repository runs at port %d\n", p)
			}
			return nil
		}
		if !asked {
			fmt.Printf("stopping the stack at port %d\n", p)
			if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("process %d has not ended within %s", pid, stopPatience)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// serving reads a mark; alive only if somebody holds its lock.
func serving(path string) (pid int, alive bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer func() { _ = f.Close() }()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return 0, false
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	return pid, err == nil && pid > 1
}
