package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"phoneotp/infra/audit/trail"
	"phoneotp/shared/audit"
	"phoneotp/shared/audit/chain"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
)

// taken makes 30 entries in real tables, seals the first of them, and exports them; it returns the export and the
// key's file.
func taken(t *testing.T, sealed int, late ...func(*trail.Stack)) (export, key string) {
	t.Helper()
	f := dynamotest.Start(t)
	made, err := kms.New(kms.Options{
		Region: f.Account.Region, Credentials: f.Account.Credentials(), HTTPClient: f.Account.HTTP, BaseEndpoint: f.Account.Endpoint("KMS"),
	}).CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"AuditTable": f.Table("AUDIT_TABLE"), "ChainsTable": f.Table("CHAINS_TABLE")}
	if _, err := trail.In(t.Context(), f.Account, names); err == nil {
		t.Error("a stack without a key has a trail")
	}
	names["AuditKey"] = *made.KeyMetadata.KeyId
	s, err := trail.In(t.Context(), f.Account, names)
	if err != nil {
		t.Fatal(err)
	}
	sealer := chain.Sealer{DB: f.DB, Table: names["ChainsTable"], Sign: s.Key().Sign}
	old := time.Now().Add(-time.Hour)
	var writes []dynamo.Write
	var entries []chain.Entry
	for i := range 30 {
		w := audit.Log{Table: names["AuditTable"]}.Write(audit.Entry{
			Subject: fmt.Sprint("a#", i%3), What: "signed-in", At: old, Why: "ünï \"x\" <&>\u2028", Detail: map[string]string{"n": fmt.Sprint(i)},
		})
		writes = append(writes, w)
		entries = append(entries, chain.Entry{Stream: "2026-11-25T08:00:00.000", Number: fmt.Sprint(i + 1), Item: w.Item.Put.Item})
	}
	if err := f.DB.Commit(t.Context(), writes...); err != nil {
		t.Fatal(err)
	}
	for _, batch := range [][]chain.Entry{entries[:sealed/2], entries[sealed/2 : sealed]} {
		if _, err := sealer.Seal(t.Context(), batch, old); err != nil {
			t.Fatal(err)
		}
	}
	for _, do := range late {
		do(s)
	}
	var out bytes.Buffer
	if err := s.Export(t.Context(), &out, time.Now()); err != nil {
		t.Fatal(err)
	}
	public, err := s.Key().Public(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key = filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, public.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return out.String(), key
}

func verify(export, key, anchor string) (string, error) {
	var out bytes.Buffer
	err := command{key: key, anchor: anchor, in: strings.NewReader(export), out: &out}.run(context.Background(), nil, "verify")
	return out.String(), err
}

func TestAnExportIsVerifiedOffline(t *testing.T) {
	export, key := taken(t, 30)
	said, err := verify(export, key, "")
	if err != nil || !strings.Contains(said, "30 entries as they were sealed, 0 too new to be sealed, 0 findings\nnewest checkpoint 2:") {
		t.Fatalf("%v: %s", err, said)
	}
	anchor := regexp.MustCompile(`2:[0-9a-f]{64}`).FindString(said)
	if said, err := verify(export, key, anchor); err != nil {
		t.Errorf("with its own anchor: %v: %s", err, said)
	}
	if _, err := verify(export, key, "2:"+strings.Repeat("0", 64)); !errors.Is(err, errUnsound) {
		t.Errorf("with another anchor: %v", err)
	}
	for name, change := range map[string]func(string) string{
		"an edit": func(s string) string { return strings.Replace(s, `{"S":"signed-in"}`, `{"S":"signed-out"}`, 1) },
		"a drop": func(s string) string {
			i := strings.Index(s, `{"entry":`)
			return s[:i] + s[i+strings.Index(s[i:], "\n")+1:]
		},
		"a checkpoint dropped": func(s string) string {
			i := strings.Index(s, `{"chain":{"b":`)
			return s[:i] + s[i+strings.Index(s[i:], "\n")+1:]
		},
		"a checkpoint changed": func(s string) string {
			return strings.Replace(s, `{"chain":{"b":{"B":"eyJ`, `{"chain":{"b":{"B":"eyI`, 1)
		},
	} {
		changed := change(export)
		if changed == export {
			t.Fatalf("%s changes nothing", name)
		}
		if said, err := verify(changed, key, ""); !errors.Is(err, errUnsound) {
			t.Errorf("%s is not found: %v: %s", name, err, said)
		}
	}
}

func TestWhatIsNoTrailIsAnError(t *testing.T) {
	export, key := taken(t, 30)
	first, rest, _ := strings.Cut(export, "\n")
	for name, text := range map[string]string{
		"nothing": "", "no first line": rest, "the first line twice": first + "\n" + first + "\n" + rest, "no JSON": first + "\nhello",
	} {
		if _, err := verify(text, key, ""); err == nil || errors.Is(err, errUnsound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := verify(export, "nowhere", ""); err == nil {
		t.Error("without a key")
	}
	for _, anchor := range []string{"2", "x:00", "2:00", ":"} {
		if _, err := verify(export, key, anchor); err == nil || errors.Is(err, errUnsound) {
			t.Errorf("anchor %q: %v", anchor, err)
		}
	}
	if err := (command{}).run(t.Context(), nil, "hello"); err == nil {
		t.Error("a word that it does not know")
	}
}

// What the stream lost is found, sealed late by the command, and sound then; a second time nothing is left.
func TestEntriesThatTheStreamLostAreSealedLate(t *testing.T) {
	export, key := taken(t, 20)
	said, err := verify(export, key, "")
	if !errors.Is(err, errUnsound) || strings.Count(said, string(chain.Added)) != 10 {
		t.Fatalf("%v: %s", err, said)
	}
	var told []int
	export, key = taken(t, 20, func(s *trail.Stack) {
		for range 2 {
			n, err := s.Seal(t.Context(), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			told = append(told, n)
		}
	})
	if !slices.Equal(told, []int{10, 0}) {
		t.Errorf("told %v", told)
	}
	if said, err := verify(export, key, ""); err != nil || !strings.Contains(said, "30 entries as they were sealed") {
		t.Errorf("%v: %s", err, said)
	}
}
