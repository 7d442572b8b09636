package emulator

import (
	"os"
	"path/filepath"
	"syscall"

	"phoneotp/infra/local/pyenv"
)

// runDir is a folder that belongs to one living process: the process holds the lock of its lock file. A
// folder whose lock is free was left by a killed process.
type runDir struct {
	path string
	lock *os.File
}

func newRunDir(root string) (*runDir, error) {
	tools, err := pyenv.Tools(root)
	if err != nil {
		return nil, err
	}
	parent := filepath.Join(tools, "run")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, err
	}
	// Under the parent's lock no folder stands without its own lock being held, so sweeping is safe.
	guard, err := locked(filepath.Join(tools, "run.lock"), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer func() { _ = guard.Close() }()
	sweep(parent)
	dir, err := os.MkdirTemp(parent, "emulator-")
	if err != nil {
		return nil, err
	}
	own, err := locked(filepath.Join(dir, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return nil, err
	}
	return &runDir{path: dir, lock: own}, nil
}

// sweep removes the folders of processes that are gone.
func sweep(parent string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, "emulator-*"))
	for _, dir := range dirs {
		lock, err := locked(filepath.Join(dir, "lock"), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			continue // its owner lives
		}
		_ = os.RemoveAll(dir)
		_ = lock.Close()
	}
}

func (r *runDir) remove() {
	_ = os.RemoveAll(r.path)
	_ = r.lock.Close()
}

func locked(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
