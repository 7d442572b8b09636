package telephony

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// CallOrder asks voice-call to place one call. The code is sealed for the challenge and the holder.
type CallOrder struct {
	Holder    [16]byte // account id
	Challenge [16]byte
	Sealed    []byte
	Requested time.Time
}

// wireOrder is the message's JSON.
type wireOrder struct {
	Holder    []byte `json:"h"`
	Challenge []byte `json:"c"`
	Sealed    []byte `json:"s"`
	Requested int64  `json:"t"` // ms
}

// Encode is the message of the topic and the queue, which ReadCallOrder reads.
func (o CallOrder) Encode() (string, error) {
	b, err := json.Marshal(wireOrder{Holder: o.Holder[:], Challenge: o.Challenge[:], Sealed: o.Sealed, Requested: o.Requested.UnixMilli()})
	if err != nil {
		return "", fmt.Errorf("telephony: %w", err)
	}
	return string(b), nil
}

// ReadCallOrder reads a message of the voice queue.
func ReadCallOrder(message string) (CallOrder, error) {
	var w wireOrder
	if err := json.Unmarshal([]byte(message), &w); err != nil {
		return CallOrder{}, errors.New("telephony: the message is not a call order")
	}
	if len(w.Holder) != 16 || len(w.Challenge) != 16 || len(w.Sealed) == 0 || w.Requested <= 0 {
		return CallOrder{}, errors.New("telephony: the call order is not complete")
	}
	return CallOrder{Holder: [16]byte(w.Holder), Challenge: [16]byte(w.Challenge), Sealed: w.Sealed, Requested: time.UnixMilli(w.Requested).UTC()}, nil
}
