package stack

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
)

// openState takes the state folder for this stack alone.
func (s *Stack) openState() error {
	if s.options.StateDir == "" {
		return nil
	}
	dir, err := filepath.Abs(s.options.StateDir)
	if err != nil {
		return err
	}
	s.options.StateDir = dir
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(s.stateFile("lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return fmt.Errorf("another stack uses the state folder %s", dir)
	}
	s.lock = f
	return nil
}

// load takes up what the last clean stop kept.
func (s *Stack) load() error {
	for name, load := range map[string]func(io.Reader) error{"messages.json": s.Box.Load, "payments.json": s.Payments.Load} {
		if s.stateFile(name) == "" {
			continue
		}
		f, err := os.Open(s.stateFile(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = load(f)
		_ = f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// save keeps messages and payments; the emulator has kept its own at its stop.
func (s *Stack) save() {
	if s.options.StateDir == "" || s.Payments == nil {
		return
	}
	for name, save := range map[string]func(io.Writer) error{"messages.json": s.Box.Save, "payments.json": s.Payments.Save} {
		if err := write(s.stateFile(name), save); err != nil {
			slog.Error("the state is not kept", "file", name, "cause", err)
		}
	}
}

// write replaces a file whole, so that a stop in between leaves the old one.
func write(path string, save func(io.Writer) error) error {
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	if err := errors.Join(save(f), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
