package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/audit/chain"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
)

// trail makes 30 entries in real tables, seals the first of them, and exports them; it returns the export and the
// key's file.
func trail(t *testing.T, sealed int, late ...func(*stack, chain.Sign)) (export, key string) {
	t.Helper()
	f := dynamotest.Start(t)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(_ context.Context, digest [32]byte) ([]byte, error) {
		return ecdsa.SignASN1(rand.Reader, private, digest[:])
	}
	sealer := chain.Sealer{DB: f.DB, Table: f.Table("CHAINS_TABLE"), Sign: sign}
	old := time.Now().Add(-time.Hour)
	var writes []dynamo.Write
	var entries []dynamo.Item
	for i := range 30 {
		w := audit.Log{Table: f.Table("AUDIT_TABLE")}.Write(audit.Entry{
			Subject: fmt.Sprint("a#", i%3), What: "signed-in", At: old, Why: "ünï \"x\" <&>\u2028", Detail: map[string]string{"n": fmt.Sprint(i)},
		})
		writes, entries = append(writes, w), append(entries, w.Item.Put.Item)
	}
	if err := f.DB.Commit(t.Context(), writes...); err != nil {
		t.Fatal(err)
	}
	for _, batch := range [][]dynamo.Item{entries[:sealed/2], entries[sealed/2 : sealed]} {
		if _, err := sealer.Seal(t.Context(), batch, old); err != nil {
			t.Fatal(err)
		}
	}
	s := &stack{api: f.Client, names: map[string]string{"AuditTable": f.Table("AUDIT_TABLE"), "ChainsTable": f.Table("CHAINS_TABLE")}}
	for _, do := range late {
		do(s, sign)
	}
	var out bytes.Buffer
	if err := s.export(t.Context(), &out, time.Now()); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	key = filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return out.String(), key
}

func verify(trail, key, anchor string) (string, error) {
	var out bytes.Buffer
	err := command{key: key, anchor: anchor, in: strings.NewReader(trail), out: &out}.run(context.Background(), nil, "verify")
	return out.String(), err
}

func TestAnExportIsVerifiedOffline(t *testing.T) {
	export, key := trail(t, 30)
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
		"another number in a link": func(s string) string { return strings.Replace(s, `"n":{"N":"1"}`, `"n":{"N":"2"}`, 1) },
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
	export, key := trail(t, 30)
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
	export, key := trail(t, 20)
	said, err := verify(export, key, "")
	if !errors.Is(err, errUnsound) || strings.Count(said, string(chain.Added)) != 10 {
		t.Fatalf("%v: %s", err, said)
	}
	var told bytes.Buffer
	export, key = trail(t, 20, func(s *stack, sign chain.Sign) {
		for range 2 {
			if err := s.sealWith(t.Context(), sign, &told, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	})
	if told.String() != "10 entries sealed late\n0 entries sealed late\n" {
		t.Errorf("told %q", &told)
	}
	if said, err := verify(export, key, ""); err != nil || !strings.Contains(said, "30 entries as they were sealed") {
		t.Errorf("%v: %s", err, said)
	}
}
