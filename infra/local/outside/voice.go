package outside

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"phoneotp/infra/local/messages"
)

// sendVoiceMessage is End User Messaging's call, as far as the stand-in judges it.
type sendVoiceMessage struct {
	DestinationPhoneNumber string
	OriginationIdentity    string
	MessageBody            string
	MessageBodyTextType    string
	TimeToLive             *int
	DryRun                 bool
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)

// The limits of SendVoiceMessage.
const (
	maxSpeech    = 6000 // characters, SSML included
	minTimeToRun = 5    // seconds
	maxTimeToRun = 259200
)

// call answers SendVoiceMessage and keeps what the person hears.
func (w *World) call(out http.ResponseWriter, in *http.Request, body []byte) {
	if in.Header.Get("X-Amz-Target") != "PinpointSMSVoiceV2.SendVoiceMessage" {
		refuse(out, "UnknownOperationException", in.Header.Get("X-Amz-Target"))
		return
	}
	if !strings.Contains(in.Header.Get("Authorization"), "/sms-voice/aws4_request") {
		refuse(out, "AccessDeniedException", "the call is not signed for sms-voice")
		return
	}
	var c sendVoiceMessage
	if err := json.Unmarshal(body, &c); err != nil {
		refuse(out, "ValidationException", err.Error())
		return
	}
	speech, err := c.speech()
	if err != nil {
		refuse(out, "ValidationException", err.Error())
		return
	}
	if !c.DryRun {
		w.box.Add(messages.Message{Kind: messages.Voice, To: c.DestinationPhoneNumber, Body: speech})
	}
	out.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(out).Encode(map[string]string{"MessageId": w.nextCall()})
}

func (c sendVoiceMessage) speech() (string, error) {
	switch {
	case !e164.MatchString(c.DestinationPhoneNumber):
		return "", errors.New("DestinationPhoneNumber is not E.164")
	case c.OriginationIdentity == "":
		return "", errors.New("OriginationIdentity is missing")
	case c.MessageBody == "" || len([]rune(c.MessageBody)) > maxSpeech:
		return "", errors.New("MessageBody must have 1 to 6000 characters")
	case c.TimeToLive != nil && (*c.TimeToLive < minTimeToRun || *c.TimeToLive > maxTimeToRun):
		return "", errors.New("TimeToLive must be 5 to 259200 seconds")
	}
	switch c.MessageBodyTextType {
	case "SSML":
		return messages.Speech(c.MessageBody)
	case "TEXT", "":
		return c.MessageBody, nil
	default:
		return "", errors.New("MessageBodyTextType is TEXT or SSML")
	}
}

// refuse answers in AWS JSON 1.0.
func refuse(out http.ResponseWriter, code, message string) {
	out.Header().Set("Content-Type", "application/x-amz-json-1.0")
	out.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(out).Encode(map[string]string{"__type": code, "message": message})
}
