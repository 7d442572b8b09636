package voice_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/awsx"
	"phoneotp/shared/phone"
	"phoneotp/shared/telephony"
	"phoneotp/shared/telephony/voice"
	"phoneotp/shared/telephony/voicetest"
)

func caller(t *testing.T, endpoint string) *voice.Caller {
	t.Helper()
	vars := map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK",
		"AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": endpoint, "AWS_CALL_TIMEOUT": "300ms",
	}
	account, err := awsx.New(func(n string) string { return vars[n] })
	if err != nil {
		t.Fatal(err)
	}
	return voice.NewCaller(t.Context(), account, "pool-1")
}

func to(t *testing.T) phone.Number {
	t.Helper()
	n, err := phone.FromE164("+12025550123")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestACallIsPlacedOnce(t *testing.T) {
	s := voicetest.Start(t)
	c := caller(t, s.URL)
	if o := c.Place(t.Context(), to(t), "<speak>1, 2</speak>", 60*time.Second); o != telephony.Accepted {
		t.Fatalf("outcome %s", o)
	}
	if o := c.Place(t.Context(), to(t), "<speak>1</speak>", time.Millisecond); o != telephony.Accepted {
		t.Fatalf("outcome of a short time to live: %s", o)
	}
	calls := s.Calls()
	want := voicetest.Call{To: "+12025550123", SSML: "<speak>1, 2</speak>", From: "pool-1", TimeToLive: 60 * time.Second}
	if len(calls) != 2 || calls[0] != want || calls[1].TimeToLive != voice.MinTimeToLive {
		t.Errorf("calls %+v", calls)
	}
}

func TestWhatCameOfACall(t *testing.T) {
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(old) })
	s := voicetest.Start(t)
	c := caller(t, s.URL)
	for answer, want := range map[voicetest.Answer]struct {
		outcome telephony.Outcome
		placed  int
	}{voicetest.Refuse: {telephony.Failed, 0}, voicetest.CutReply: {telephony.Unknown, 1}, voicetest.ServerFail: {telephony.Unknown, 0}} {
		before := len(s.Calls())
		s.From(answer)
		if o := c.Place(t.Context(), to(t), "<speak>1</speak>", time.Minute); o != want.outcome {
			t.Errorf("answer %d: %s, want %s", answer, o, want.outcome)
		}
		if n := len(s.Calls()) - before; n != want.placed {
			t.Errorf("answer %d: placed %d times", answer, n)
		}
	}
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer silent.Close()
	defer close(release)
	if o := caller(t, silent.URL).Place(t.Context(), to(t), "<speak>1</speak>", time.Minute); o != telephony.Unknown {
		t.Errorf("no answer: %s", o)
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	if o := caller(t, closed.URL).Place(t.Context(), to(t), "<speak>1</speak>", time.Minute); o != telephony.Failed {
		t.Errorf("nobody listens: %s", o)
	}
	if strings.Contains(log.String(), "2025550123") {
		t.Errorf("the log holds the number: %s", log.String())
	}
}
