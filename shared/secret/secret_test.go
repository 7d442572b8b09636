package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"phoneotp/shared/secret"
)

const (
	one  = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01"
	two  = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba98"
	docA = `{"current":"k1","k1":"` + one + `","stripe_key":"sk_test_1"}`
	docB = `{"current":"k2","k1":"` + one + `","k2":"` + two + `"}`
)

func key(t *testing.T, doc, label string) *secret.Key {
	t.Helper()
	r, err := secret.ParseRing([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	k, err := r.Key(label)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestDigestsAreBoundToKeyLabelAndParts(t *testing.T) {
	k := key(t, docA, "x")
	d := k.Digest([]byte("ab"), []byte("c"))
	if len(d) != secret.DigestSize || !k.Check(d, []byte("ab"), []byte("c")) {
		t.Fatal("a digest does not check")
	}
	if k.Check(d, []byte("a"), []byte("bc")) {
		t.Error("parts may be cut elsewhere")
	}
	if bytes.Equal(d, key(t, docA, "y").Digest([]byte("ab"), []byte("c"))) {
		t.Error("the label does not matter")
	}
	if k.Check(nil) || k.Check(d[:5], []byte("ab"), []byte("c")) {
		t.Error("a short digest checks")
	}
}

func TestAnOldVersionLivesOnAfterAReplacement(t *testing.T) {
	old, both := key(t, docA, "x"), key(t, docB, "x")
	d := old.Digest([]byte("p"))
	if !both.Check(d, []byte("p")) {
		t.Error("an old digest does not check after a replacement")
	}
	if all := both.Digests([]byte("p")); len(all) != 2 || all[0][0] != 2 || !bytes.Equal(all[1], d) {
		t.Error("look-ups do not cover both versions, the current first")
	}
	if old.Check(both.Digest([]byte("p")), []byte("p")) {
		t.Error("an unknown version checks")
	}
	s, err := old.Seal([]byte("plain"), []byte("id"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := both.Open(s, []byte("id")); err != nil || string(p) != "plain" {
		t.Errorf("open = %q, %v", p, err)
	}
}

func TestSealedValuesOpenOnlyInTheirContextAndUnaltered(t *testing.T) {
	k := key(t, docA, "x")
	s, err := k.Seal([]byte("plain"), []byte("id"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(s, []byte("plain")) {
		t.Fatal("sealed in clear")
	}
	if _, err := k.Open(s, []byte("other")); !errors.Is(err, secret.ErrUnreadable) {
		t.Errorf("another context: %v", err)
	}
	for i := range s {
		bad := bytes.Clone(s)
		bad[i] ^= 1
		if _, err := k.Open(bad, []byte("id")); !errors.Is(err, secret.ErrUnreadable) {
			t.Fatalf("byte %d altered: %v", i, err)
		}
		if _, err := k.Open(s[:i], []byte("id")); !errors.Is(err, secret.ErrUnreadable) {
			t.Fatalf("cut to %d: %v", i, err)
		}
	}
}

func TestBrokenDocumentsAreRefusedWithoutRepeatingThem(t *testing.T) {
	for _, doc := range []string{``, `[]`, `{}`, `{"current":"k1"}`, `{"current":"k2","k1":"` + one + `"}`,
		`{"current":"k1","k1":"short-master"}`, `{"current":"x","k1":"` + one + `"}`} {
		_, err := secret.ParseRing([]byte(doc))
		if err == nil {
			t.Errorf("%s is accepted", doc)
		} else if strings.Contains(err.Error(), "short-master") {
			t.Errorf("the error repeats the secret: %v", err)
		}
	}
}

func TestTextCannotPrint(t *testing.T) {
	v := secret.Text("hunter2")
	type holder struct{ V secret.Text }
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v, "h", holder{v}, "p", &holder{v})
	all := log.String()
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%X", "%d"} {
		all += fmt.Sprintf(verb, v) + fmt.Sprintf(verb, holder{v}) + fmt.Sprintf(verb, &holder{v}) + fmt.Sprintf(verb, []secret.Text{v})
	}
	if b, err := json.Marshal(holder{v}); err == nil {
		t.Errorf("encoded as %s", b)
	}
	if strings.Contains(all, "hunter2") || strings.Contains(all, "68756e74657232") {
		t.Errorf("the secret printed itself: %s", all)
	}
	if v.Reveal() != "hunter2" {
		t.Error("Reveal lies")
	}
}
