package pyenv

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Env is a virtual environment that is ready for use.
type Env struct {
	Dir string // absolute
}

// Bin is the path of one of its programs, as "python3".
func (e Env) Bin(name string) string { return filepath.Join(e.Dir, "bin", name) }

// Root finds the repository: the nearest folder at or above dir whose go.mod declares module phoneotp.
func Root(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		mod, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && strings.HasPrefix(string(mod), "module phoneotp\n") {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no go.mod of module phoneotp at or above %s", dir)
		}
	}
}

// Tools is the folder for everything that make installs or runs, created if missing.
func Tools(root string) (string, error) {
	dir := filepath.Join(root, ".tools")
	return dir, os.MkdirAll(dir, 0o755)
}

// Prepare returns the environment called name for these requirements (pip's format, with hashes), made now
// if it is not there. say gets one line before work that takes seconds; it may be nil.
func Prepare(ctx context.Context, root, name string, requirements []byte, say func(string)) (Env, error) {
	tools, err := Tools(root)
	if err != nil {
		return Env{}, err
	}
	sum := sha256.Sum256(requirements)
	env := Env{Dir: filepath.Join(tools, name+"-"+hex.EncodeToString(sum[:6]))}
	if ready(env) {
		return env, nil
	}
	unlock, err := lock(filepath.Join(tools, name+".lock"))
	if err != nil {
		return Env{}, err
	}
	defer unlock()
	if ready(env) {
		return env, nil
	}
	if say != nil {
		say("installing the Python tools " + name + " (once)")
	}
	if err := install(ctx, tools, name, env, requirements); err != nil {
		return Env{}, fmt.Errorf("python tools %s: %w", name, err)
	}
	return env, nil
}

// marker is written last: its presence means that the environment is whole.
func marker(env Env) string { return filepath.Join(env.Dir, "whole") }

func ready(env Env) bool {
	_, err := os.Stat(marker(env))
	return err == nil
}

// install fills the environment in its place, since a virtual environment cannot be moved.
func install(ctx context.Context, tools, name string, env Env, requirements []byte) error {
	old, err := filepath.Glob(filepath.Join(tools, name+"-*"))
	if err != nil {
		return err
	}
	for _, dir := range old {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if err := run(ctx, "python3", "-m", "venv", env.Dir); err != nil {
		return err
	}
	list := filepath.Join(env.Dir, "requirements.txt")
	if err := os.WriteFile(list, requirements, 0o644); err != nil {
		return err
	}
	// --no-deps: the list is complete, so nothing is resolved and nothing unlisted can enter.
	if err := run(ctx, env.Bin("python3"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
		"--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", list); err != nil {
		return err
	}
	return os.WriteFile(marker(env), nil, 0o644)
}

func run(ctx context.Context, name string, args ...string) error {
	// The child ends with this process, so that after a kill nobody writes where the next start makes anew. The
	// kernel watches the thread, hence the lock.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// lock waits for the exclusive lock of a file; the kernel frees it when the process ends, however it ends.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
