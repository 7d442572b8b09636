package telephony

import (
	"bytes"
	"testing"
	"time"
)

func TestCallOrdersReadBack(t *testing.T) {
	o := CallOrder{Holder: [16]byte{1, 2}, Challenge: [16]byte{3, 4}, Sealed: []byte{5, 6}, Requested: time.UnixMilli(1_795_000_000_123).UTC()}
	text, err := o.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := ReadCallOrder(text)
	if err != nil || back.Holder != o.Holder || back.Challenge != o.Challenge || !bytes.Equal(back.Sealed, o.Sealed) || !back.Requested.Equal(o.Requested) {
		t.Errorf("%+v, %v", back, err)
	}
	for _, bad := range []string{"", "x", "{}", `{"h":"AA==","c":"AA==","s":"AA==","t":1}`, text[:len(text)-2]} {
		if _, err := ReadCallOrder(bad); err == nil {
			t.Errorf("%q is read as an order", bad)
		}
	}
}
