// Command audit takes the audit trail out of a stack and holds it against its signatures (package chain;
// infra/runbooks/audit.md). Only verify says whether the trail is sound, and it asks nobody: it needs the export,
// the public key, and an anchor, all kept where those cannot write who run the stack.
//
//	go run ./infra/audit -stack phoneotp-prod key > audit-key.pem
//	go run ./infra/audit -stack phoneotp-prod export > trail.jsonl
//	go run ./infra/audit -key audit-key.pem -anchor 1042:9f0c... verify < trail.jsonl
//	go run ./infra/audit -stack phoneotp-prod seal
//
// verify ends with 1 if anything is wrong. It prints the newest checkpoint, which is the next anchor. seal links what
// the stream has lost, which verify calls "never linked". key, export and seal read AWS_REGION, AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_ENDPOINT_URL.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"phoneotp/infra/audit/trail"
	"phoneotp/infra/stacks"
	"phoneotp/shared/audit/chain"
	"phoneotp/shared/awsx"
	"phoneotp/shared/signing"
)

func main() {
	c := command{in: os.Stdin, out: os.Stdout}
	flag.StringVar(&c.stack, "stack", "phoneotp", "name of the CloudFormation stack (key, export, seal)")
	flag.StringVar(&c.key, "key", "", "file with the public key (verify)")
	flag.StringVar(&c.anchor, "anchor", "", "checkpoint that must be in the trail, as number:hash (verify)")
	flag.Parse()
	if err := c.run(context.Background(), os.Getenv, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

type command struct {
	stack, key, anchor string
	in                 io.Reader
	out                io.Writer
}

var errUnsound = errors.New("the trail is not what was sealed")

func (c command) run(ctx context.Context, get func(string) string, word string) error {
	switch word {
	case "verify":
		return c.verify()
	case "key", "export", "seal":
	default:
		return errors.New("say key, export, verify or seal")
	}
	account, err := awsx.New(get)
	if err != nil {
		return err
	}
	names, err := stacks.Names(ctx, account, c.stack)
	if err != nil {
		return err
	}
	s, err := trail.In(ctx, account, names)
	if err != nil {
		return err
	}
	switch word {
	case "export":
		buffered := bufio.NewWriter(c.out)
		if err := s.Export(ctx, buffered, time.Now()); err != nil {
			return err
		}
		return buffered.Flush()
	case "seal":
		n, err := s.Seal(ctx, time.Now())
		_, _ = fmt.Fprintf(c.out, "%d entries sealed late\n", n)
		return err
	}
	public, err := s.Key().Public(ctx)
	if err != nil {
		return err
	}
	_, err = c.out.Write(public.PEM())
	return err
}

func (c command) verify() error {
	text, err := os.ReadFile(c.key)
	if err != nil {
		return fmt.Errorf("the public key: %w", err)
	}
	public, err := signing.ParsePublic(text)
	if err != nil {
		return err
	}
	anchor, err := parseAnchor(c.anchor)
	if err != nil {
		return err
	}
	record, taken, err := trail.Read(c.in)
	if err != nil {
		return err
	}
	verified, findings := record.Verify(public, anchor, taken)
	for _, f := range findings {
		_, _ = fmt.Fprintln(c.out, f)
	}
	_, _ = fmt.Fprintf(c.out, "%d entries as they were sealed, %d too new to be sealed, %d findings\nnewest checkpoint %d:%s\n",
		verified.Entries, verified.Pending, len(findings), verified.Newest.N, verified.Newest.Hash)
	if len(findings) > 0 {
		return errUnsound
	}
	return nil
}

// parseAnchor reads number:hash; nothing is no anchor.
func parseAnchor(text string) (a chain.Anchor, err error) {
	if text == "" {
		return a, nil
	}
	n, hash, _ := strings.Cut(text, ":")
	if a.N, err = strconv.ParseInt(n, 10, 64); err == nil {
		err = a.Hash.UnmarshalText([]byte(hash))
	}
	if err != nil {
		return a, fmt.Errorf("an anchor is number:hash: %w", err)
	}
	return a, nil
}
