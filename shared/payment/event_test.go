package payment_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/payment"
	"phoneotp/shared/secret"
)

const (
	current  = "whsec_the_current_one"
	previous = "whsec_the_one_before"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func body(live bool, version string) []byte {
	b, _ := json.Marshal(map[string]any{"id": "evt_1", "object": "event", "api_version": version, "livemode": live,
		"type": "checkout.session.completed", "created": noon.Unix(),
		"data": map[string]any{"object": map[string]any{"id": "cs_1", "object": "checkout.session", "metadata": map[string]any{"order": "SO-1"}, "of": "any shape"}}})
	return b
}

// signature signs as Stripe's page on webhooks says, without its library.
func signature(key string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return hex.EncodeToString(mac.Sum(nil))
}

func header(key string, at time.Time, body []byte) string {
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), signature(key, at, body))
}

func webhooks(t *testing.T, secrets string, live bool) *payment.Webhook {
	t.Helper()
	w, err := payment.NewWebhook(secret.Text(secrets), live)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestSignatures(t *testing.T) { // S-09
	t.Parallel()
	w := webhooks(t, current+","+previous, false)
	good := body(false, "2026-03-25.dahlia")
	var again bytes.Buffer
	if err := json.Indent(&again, good, "", " "); err != nil {
		t.Fatal(err)
	}
	sig := header(current, noon, good)
	_, v1, _ := strings.Cut(sig, "v1=")
	for name, c := range map[string]struct {
		body   []byte
		header string
		ok     bool
	}{
		"right":                         {good, sig, true},
		"no header":                     {good, "", false},
		"only v0":                       {good, strings.Replace(sig, "v1=", "v0=", 1), false},
		"not hexadecimal":               {good, "t=" + fmt.Sprint(noon.Unix()) + ",v1=zz", false},
		"no time":                       {good, "v1=" + v1, false},
		"another secret":                {good, header("whsec_other", noon, good), false},
		"the secret before":             {good, header(previous, noon, good), true},
		"two signatures, one good":      {good, sig + ",v1=" + signature("whsec_other", noon, good), true},
		"a byte changed":                {bytes.Replace(good, []byte("SO-1"), []byte("SO-2"), 1), sig, false},
		"written again":                 {again.Bytes(), sig, false},
		"300 s old":                     {good, header(current, noon.Add(-300*time.Second), good), true},
		"301 s old":                     {good, header(current, noon.Add(-301*time.Second), good), false},
		"300 s ahead":                   {good, header(current, noon.Add(300*time.Second), good), true},
		"301 s ahead":                   {good, header(current, noon.Add(301*time.Second), good), false},
		"two days ahead":                {good, header(current, noon.Add(48*time.Hour), good), false},
		"a space after the comma":       {good, strings.Replace(sig, ",", ", ", 1), false},
		"an old message, a fresh time":  {good, fmt.Sprintf("t=%d,", noon.Unix()) + header(current, noon.Add(-time.Hour), good), false},
		"a fresh time after the old":    {good, header(current, noon.Add(-time.Hour), good) + fmt.Sprintf(",t=%d", noon.Unix()), false},
		"signed, but not an event":      {[]byte(`{"object":"v2.core.event"}`), header(current, noon, []byte(`{"object":"v2.core.event"}`)), false},
		"signed, but not JSON":          {[]byte("hello"), header(current, noon, []byte("hello")), false},
		"signed by nobody, empty body":  {nil, "t=1,v1=00", false},
		"a thousand empty header parts": {good, strings.Repeat(",", 1000), false},
	} {
		e, err := w.Parse(c.body, c.header, noon)
		if (err == nil) != c.ok || !c.ok && !errors.Is(err, payment.ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
		if c.ok && (e.ID != "evt_1" || e.Type != "checkout.session.completed" || e.Object != "checkout.session" || e.ObjectID != "cs_1" || e.Order != "SO-1") {
			t.Errorf("%s: %+v", name, e)
		}
		if c.ok && e.ByOldSecret != (name == "the secret before") {
			t.Errorf("%s: by the old secret: %v", name, e.ByOldSecret)
		}
	}
}

func TestOtherVersionsAreReadForTheirIdsOnly(t *testing.T) { // S-11
	t.Parallel()
	w := webhooks(t, current, false)
	for _, version := range []string{"2026-08-26.dahlia", "2026-01-28.clover", "2024-06-20", ""} {
		b := body(false, version)
		if e, err := w.Parse(b, header(current, noon, b), noon); err != nil || e.ObjectID != "cs_1" {
			t.Errorf("%q: %+v, %v", version, e, err)
		}
	}
}

func TestTheModeMustFit(t *testing.T) {
	t.Parallel()
	for _, live := range []bool{true, false} {
		w := webhooks(t, current, live)
		for _, sent := range []bool{true, false} {
			b := body(sent, "2026-03-25.dahlia")
			if _, err := w.Parse(b, header(current, noon, b), noon); (err == nil) != (live == sent) || err != nil && !errors.Is(err, payment.ErrWrongMode) {
				t.Errorf("live %v, sent %v: %v", live, sent, err)
			}
		}
	}
}

func TestObjectsWithoutOurMetadata(t *testing.T) {
	t.Parallel()
	w := webhooks(t, current, false)
	for _, object := range []string{`{"id":"x","object":"balance"}`, `{"id":"x","metadata":null}`, `{"id":"x","metadata":["a"]}`} {
		b := []byte(`{"id":"evt_1","object":"event","type":"balance.available","livemode":false,"data":{"object":` + object + `}}`)
		if e, err := w.Parse(b, header(current, noon, b), noon); err != nil || e.Order != "" || e.ObjectID != "x" {
			t.Errorf("%s: %+v, %v", object, e, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	good := body(false, "2026-03-25.dahlia")
	f.Add(good, header(current, noon, good))
	f.Add([]byte("{}"), "t=1,v1=")
	w, err := payment.NewWebhook(current, false)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte, h string) {
		if _, err := w.Parse(b, h, noon); err == nil && !bytes.Equal(b, good) {
			t.Errorf("accepted %q with %q", b, h)
		}
	})
}
