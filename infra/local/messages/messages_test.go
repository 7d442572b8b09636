package messages

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func box(t *testing.T, all ...Message) *Box {
	t.Helper()
	at := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	b := &Box{Now: func() time.Time { at = at.Add(time.Second); return at }}
	for _, m := range all {
		b.Add(m)
	}
	return b
}

func TestWhatIsPickedOut(t *testing.T) {
	for name, c := range map[string]struct {
		in    Message
		code  string
		keys  []string
		links []string
	}{
		"text":             {in: Message{Kind: SMS, Body: "048213 is your code KM.\n@otp.example.org #048213"}, code: "048213"},
		"text of a notice": {in: Message{Kind: SMS, Body: "A phone ending 0123 was added on 20261125."}},
		"call":             {in: Message{Kind: Voice, Body: "Your code for K M: 0, 4, 8, 2, 1, 3.\nAgain: 0, 4, 8, 2, 1, 3."}, code: "048213"},
		"call with a row":  {in: Message{Kind: Voice, Body: "Your code is 048213."}, code: "048213"},
		"mail": {
			in:    Message{Kind: Email, Body: "Key 0ABCD-12345-EFGHJ-67890-KMNPQ. Go to https://x.test/confirm#token=a_-b, or https://x.test/help.\nNo code 123456."},
			keys:  []string{"0ABCD-12345-EFGHJ-67890-KMNPQ"},
			links: []string{"https://x.test/confirm#token=a_-b", "https://x.test/help"},
		},
	} {
		m := box(t, c.in).List(Filter{})[0]
		if m.Code != c.code || !slices.Equal(m.LicenseKeys, c.keys) || !slices.Equal(m.Links, c.links) {
			t.Errorf("%s: code %q, keys %q, links %q", name, m.Code, m.LicenseKeys, m.Links)
		}
	}
}

func TestList(t *testing.T) {
	b := box(t, Message{Kind: SMS, To: "+12025550101"}, Message{Kind: Email, To: "Grace@example.test"}, Message{Kind: Voice, To: "+12025550101"})
	second := b.List(Filter{Kinds: []Kind{Email}})[0]
	for name, c := range map[string]struct {
		f    Filter
		want []int
	}{
		"all, newest first":  {Filter{}, []int{3, 2, 1}},
		"a kind":             {Filter{Kinds: []Kind{SMS}}, []int{1}},
		"part of an address": {Filter{To: "grace@"}, []int{2}},
		"later than one":     {Filter{After: second.At}, []int{3}},
		"in the same second": {Filter{After: second.At.Add(-time.Millisecond)}, []int{3, 2}},
		"since a number":     {Filter{Since: 1, To: "+1202"}, []int{3}},
	} {
		var got []int
		for _, m := range b.List(c.f) {
			got = append(got, m.Number)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if r := b.Recipients(); !slices.Equal(r, []string{"+12025550101", "Grace@example.test"}) {
		t.Errorf("recipients %v", r)
	}
	var kept bytes.Buffer
	if err := b.Save(&kept); err != nil {
		t.Fatal(err)
	}
	again := box(t)
	if err := again.Load(&kept); err != nil {
		t.Fatal(err)
	}
	again.Add(Message{Kind: SMS})
	if n := again.List(Filter{})[0].Number; n != 4 {
		t.Errorf("the next number after a load is %d, want 4", n)
	}
}

func TestSpeech(t *testing.T) {
	got, err := Speech(`<speak><prosody rate="slow">Brand. Code for K M: <break time="500ms"/>
		<say-as interpret-as="digits">048</say-as>. <break time="1s"/>Again: 0, <break time="400ms"/> 4 .<p>Bye.</p>Now</prosody></speak>`)
	if want := "Brand. Code for K M: 0 4 8.\nAgain: 0, 4.\nBye.\nNow"; err != nil || got != want {
		t.Errorf("heard %q (%v), want %q", got, err, want)
	}
	for _, bad := range []string{"<speak>1", "<p>1</p>", "1", "<speak><b>1</speak></b>"} {
		if heard, err := Speech(bad); err == nil {
			t.Errorf("%q is heard as %q", bad, heard)
		}
	}
}

func TestReadMail(t *testing.T) {
	raw := strings.ReplaceAll(`From: a@b.test
To: hidden@b.test
Subject: =?UTF-8?q?Gr=C3=BC=C3=9Fe?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: multipart/alternative; boundary=y

--y
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Caf=C3=A9 https://x.test/a#token=3D1
--y
Content-Type: text/html; charset=utf-8

<b>other</b>
--y--
--x
Content-Type: text/calendar; method=REQUEST
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

QkVHSU4=
--x--
`, "\n", "\r\n")
	m, err := ReadMail([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "Grüße" || strings.TrimSpace(m.Body) != "Café https://x.test/a#token=1" || string(m.Raw) != raw {
		t.Errorf("%q %q", m.Subject, m.Body)
	}
	if len(m.Attachments) != 1 || m.Attachments[0].Name != "invite.ics" || string(m.Attachments[0].Content) != "BEGIN" {
		t.Errorf("attachments %+v", m.Attachments)
	}
	if _, err := ReadMail([]byte("no header")); err == nil {
		t.Error("nonsense is a mail")
	}
}
