// Package voicetest speaks the one operation of AWS End User Messaging that the product uses,
// SendVoiceMessage (AWS JSON 1.0), for tests: it checks what AWS would check and remembers the calls.
package voicetest

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Call is one call that was asked for.
type Call struct {
	To, SSML, From string
	TimeToLive     time.Duration
}

// Answer is how the server treats a call.
type Answer int

// The answers.
const (
	Take       Answer = iota // place it
	Refuse                   // 400 ValidationException, nothing is placed
	CutReply                 // placed, the answer is lost
	ServerFail               // 500, nothing is placed
)

// Server is a running stand-in.
type Server struct {
	URL string

	mu     sync.Mutex
	calls  []Call
	answer Answer
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	s := &Server{}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Calls lists what was placed so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// From now on every call is treated so.
func (s *Server) From(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = a
}

// ServeHTTP is http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		DestinationPhoneNumber, OriginationIdentity, MessageBody, MessageBodyTextType, VoiceId, MaxPricePerMinute string
		TimeToLive                                                                                                int
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &in) != nil || r.Header.Get("X-Amz-Target") != "PinpointSMSVoiceV2.SendVoiceMessage" || !strings.Contains(r.Header.Get("Authorization"), "/sms-voice/aws4_request") {
		refuse(w, http.StatusBadRequest, "UnknownOperationException", "not a signed SendVoiceMessage")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.answer == Refuse:
		refuse(w, http.StatusBadRequest, "ValidationException", "the number "+in.DestinationPhoneNumber+" cannot be called")
		return
	case s.answer == ServerFail:
		refuse(w, http.StatusInternalServerError, "InternalServerException", "trouble")
		return
	}
	if err := check(in.DestinationPhoneNumber, in.OriginationIdentity, in.MessageBody, in.MessageBodyTextType, in.TimeToLive); err != nil {
		refuse(w, http.StatusBadRequest, "ValidationException", err.Error())
		return
	}
	s.calls = append(s.calls, Call{To: in.DestinationPhoneNumber, SSML: in.MessageBody, From: in.OriginationIdentity, TimeToLive: time.Duration(in.TimeToLive) * time.Second})
	if s.answer == CutReply {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = fmt.Fprintf(w, `{"MessageId":"call-%d"}`, len(s.calls))
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{4,14}$`)

// check is what AWS validates (API reference, SendVoiceMessage).
func check(to, from, body, kind string, ttl int) error {
	switch {
	case !e164.MatchString(to):
		return errors.New("DestinationPhoneNumber")
	case from == "":
		return errors.New("OriginationIdentity")
	case kind != "SSML" || len(body) == 0 || len(body) > 6000:
		return errors.New("MessageBody")
	case ttl < 5 || ttl > 259200:
		return errors.New("TimeToLive")
	}
	d := xml.NewDecoder(strings.NewReader(body))
	for {
		if _, err := d.Token(); err == io.EOF {
			return nil
		} else if err != nil {
			return errors.New("MessageBody is not SSML")
		}
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message})
}
