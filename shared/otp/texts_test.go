package otp_test

import (
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/otp"
)

func wording(t *testing.T, origin string) otp.Wording {
	t.Helper()
	w, err := otp.NewWording(origin)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestATextIsOneSegment(t *testing.T) {
	for _, origin := range []string{"https://otp.example.org", "http://localhost:8080", "https://" + strings.Repeat("a", 40) + ".example.org"} {
		w := wording(t, origin)
		text := w.Text("012345", "KM").Reveal()
		if len(text) > 160 {
			t.Errorf("%d characters: %s", len(text), text)
		}
		lines := strings.Split(text, "\n")
		host := strings.Split(strings.SplitN(origin, "//", 2)[1], ":")[0]
		if last := lines[len(lines)-1]; last != "@"+host+" #012345" {
			t.Errorf("last line %q", last)
		}
		for i, part := range []string{"012345", "Phone OTP", "KM", "2 minutes", "Never share it"} {
			if !strings.Contains(lines[0], part) {
				t.Errorf("%q is missing", part)
			}
			if i == 0 && !strings.HasPrefix(text, part) {
				t.Error("the code is not first")
			}
		}
	}
	text := wording(t, "https://otp.example.org").Text("012345", "KM").Reveal()
	figures.AtMost(t, 13, "text message, GSM-7 parts", float64((len(text)+159)/160), 1)
	figures.AtMost(t, 13, "text message for otp.example.org, characters", float64(len(text)), 160)
	for _, origin := range []string{"", "otp.example.org", "https://", "https://bücher.example", "https://" + strings.Repeat("a", 90) + ".example"} {
		if _, err := otp.NewWording(origin); err == nil {
			t.Errorf("origin %q is accepted", origin)
		}
	}
}

// TestACallReadsThreeTimesInTime estimates the call from the markup: a spoken symbol 0.45 s and a word
// 0.55 s at the slow rate (measured speech is nearer 0.4 and 0.45), breaks as written.
func TestACallReadsThreeTimesInTime(t *testing.T) {
	ssml := wording(t, "https://otp.example.org").Speech("907213", "KM").Reveal()
	if len(ssml) > 6000 {
		t.Errorf("%d characters, End User Messaging takes 6,000", len(ssml))
	}
	var spoken strings.Builder
	pause := time.Duration(0)
	firstDone := time.Duration(0)
	d := xml.NewDecoder(strings.NewReader(ssml))
	estimate := func() time.Duration {
		total := pause
		for _, w := range strings.Fields(spoken.String()) {
			if len(strings.Trim(w, ".,:")) == 1 {
				total += 450 * time.Millisecond
			} else {
				total += 550 * time.Millisecond
			}
		}
		return total
	}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.CharData:
			spoken.Write(e)
		case xml.StartElement:
			if e.Name.Local == "break" {
				p, err := time.ParseDuration(e.Attr[0].Value)
				if err != nil {
					t.Fatal(err)
				}
				if p >= time.Second && firstDone == 0 {
					firstDone = estimate()
				}
				pause += p
			}
		}
	}
	said := spoken.String()
	if got := regexp.MustCompile(`\d`).FindAllString(said, -1); strings.Join(got, "") != "907213907213907213" {
		t.Errorf("digits spoken: %v", got)
	}
	if regexp.MustCompile(`\d\d`).MatchString(said) {
		t.Errorf("digits run together: %s", said)
	}
	if !strings.Contains(said, "K M") || !strings.Contains(said, "Never share it") {
		t.Errorf("tag or warning is missing: %s", said)
	}
	if total := estimate(); total > otp.LongestCall || total < 15*time.Second {
		t.Errorf("the call takes %v", total)
	} else {
		t.Logf("the call takes about %v, the first reading is done after %v", total, firstDone)
	}
}
