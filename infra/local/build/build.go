package build

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// Program is one built function.
type Program struct {
	Name string // its folder under functions/
	Path string // the binary
}

// Functions builds the functions of these names, or all, for linux and arch (as "amd64") into a folder under
// .tools and returns them by name. Nothing changed costs a third of a second.
func Functions(ctx context.Context, root, arch string, names ...string) ([]Program, error) {
	sources, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		sources = slices.DeleteFunc(sources, func(s string) bool { return !slices.Contains(names, filepath.Base(filepath.Dir(s))) })
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("no functions/*/main.go under %s", root)
	}
	out := filepath.Join(root, ".tools", "functions-"+arch)
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	args := []string{"build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s", "-o", out + string(filepath.Separator)}
	programs := make([]Program, 0, len(sources))
	for _, source := range sources {
		name := filepath.Base(filepath.Dir(source))
		args = append(args, "./functions/"+name)
		programs = append(programs, Program{Name: name, Path: filepath.Join(out, name)})
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if msg, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the functions: %w\n%s", err, msg)
	}
	slices.SortFunc(programs, func(a, b Program) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return programs, nil
}

// Package is a program as Lambda takes it.
type Package struct {
	Zip    []byte
	Digest string // of the binary, hexadecimal, 16 characters: equal code has an equal name
}

// Zip packs a program as the file bootstrap.
func (p Program) Zip() (Package, error) {
	binary, err := os.ReadFile(p.Path)
	if err != nil {
		return Package{}, err
	}
	sum := sha256.Sum256(binary)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	// It goes one hop on this machine: speed before size.
	w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, flate.BestSpeed) })
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	f, err := w.CreateHeader(header)
	if err != nil {
		return Package{}, err
	}
	if _, err := f.Write(binary); err != nil {
		return Package{}, err
	}
	if err := w.Close(); err != nil {
		return Package{}, err
	}
	return Package{Zip: out.Bytes(), Digest: hex.EncodeToString(sum[:8])}, nil
}
