package credential_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/otp"
)

// TestWhatBecomesOfCodesIsCounted reads the metrics of the log that the alarms on logins stand on.
func TestWhatBecomesOfCodesIsCounted(t *testing.T) {
	w := gated(t, 1000, 1000) // not parallel: it reads the log
	m, holder := meter(w, 1000), asker("grace").Holder
	sent := credential.Image{Challenge: otp.NewID(), Channel: "s", Target: credential.Target{ID: "p", Country: "US"}, SentAt: noon}
	right, lost, locked := sent, sent, sent
	right.Used = true
	lost.Delivery = credential.DeliveryFailed
	locked.Told, locked.LockedUntil = 10, noon.Add(time.Hour)
	called := sent
	called.Challenge, called.Channel = otp.NewID(), "v"
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	for want, changes := range map[string][]credential.Change{
		`"CodesSent":2`:    {{Holder: holder, At: noon, New: sent}, {Holder: holder, At: noon, Old: sent, New: called}},
		`"CodesRight":1`:   {{Holder: holder, At: noon, Old: sent, New: right}},
		`"CodesNotSent":1`: {{Holder: holder, At: noon, Old: sent, New: lost}},
		`"CodesLocked":1`:  {{Holder: holder, At: noon, Old: sent, New: locked}},
	} {
		log.Reset()
		must(t, m.Count(t.Context(), changes))
		if got := log.String(); !strings.Contains(got, want) || strings.Count(got, `"Codes`) != 2 {
			t.Errorf("want %s alone, logged %s", want, got)
		}
	}
	log.Reset()
	other := sent
	other.Tries++
	must(t, m.Count(t.Context(), []credential.Change{{Holder: holder, At: noon, Old: sent, New: other}}))
	if strings.Contains(log.String(), "Codes") {
		t.Errorf("a wrong code: %s", log.String())
	}
}
