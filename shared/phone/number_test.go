package phone_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"phoneotp/shared/phone"
)

func number(t *testing.T, e164 string) phone.Number {
	t.Helper()
	n, err := phone.FromE164(e164)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOnlyTheWrittenFormIsStored(t *testing.T) {
	for _, s := range []string{"", "+", "12025550123", "+1 202", "+0123456789", "+1234", "+1234567890123456", "+1202555012x", "+١٢٣٤٥٦"} {
		if _, err := phone.FromE164(s); err == nil {
			t.Errorf("%q is taken for E.164", s)
		}
	}
	if n := number(t, "+123456789012345"); n.E164() != "+123456789012345" || n.Ending() != "2345" {
		t.Errorf("%s", n.Ending())
	}
}

func TestANumberCannotPrint(t *testing.T) {
	type holder struct{ N phone.Number }
	n := number(t, "+12025550123")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "n", n, "h", holder{n})
	all := log.String()
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%d"} {
		all += fmt.Sprintf(verb, n) + fmt.Sprintf(verb, holder{n}) + fmt.Sprintf(verb, &holder{n})
	}
	if b, err := json.Marshal(holder{n}); err == nil {
		t.Errorf("encoded as %s", b)
	}
	if strings.Contains(all, "202555") || strings.Contains(all, "323032353535") {
		t.Errorf("the number printed itself: %s", all)
	}
	if !strings.Contains(all, "ending 0123") {
		t.Errorf("the mask is missing: %s", all)
	}
}

func TestThePolicyMustBeComplete(t *testing.T) {
	for _, file := range []string{``, `{}`, `[{"code":"US"}]`,
		`[{"code":"US","name":"United States","calling":1,"text":"open","voice":"perhaps"}]`,
		`[{"code":"US","name":"United States","calling":1,"text":"open","voice":"open"},{"code":"US","name":"Again","calling":1,"text":"open","voice":"open"}]`,
	} {
		if _, err := phone.ParsePolicy([]byte(file)); err == nil {
			t.Errorf("%s is accepted", file)
		}
	}
	p, err := phone.LoadPolicy()
	if err != nil {
		t.Fatal(err)
	}
	us, ok := p.Country("US")
	if !ok || !us.Open(phone.SMS) || !us.Open(phone.Voice) || us.Open("pigeon") {
		t.Errorf("US is %+v", us)
	}
	if cu, _ := p.Country("CU"); cu.Open(phone.SMS) || cu.Open(phone.Voice) {
		t.Error("a closed country is open")
	}
}

func TestAClosedChannelSaysWhy(t *testing.T) {
	p, err := phone.ParsePolicy([]byte(`[{"code":"GB","name":"United Kingdom","calling":44,"text":"closed","voice":"open"}]`))
	if err != nil {
		t.Fatal(err)
	}
	c := phone.Candidate{Number: number(t, "+447400123456"), Region: "GB", Kind: phone.Mobile}
	w := phone.Wish{Service: phone.InternationalService, Country: "GB", Channel: phone.SMS}
	if err := p.Judge(c, w); err == nil || !strings.Contains(err.Error(), "texts to numbers of United Kingdom") {
		t.Errorf("closed for text: %v", err)
	}
	w.Channel = phone.Voice
	if err := p.Judge(c, w); err != nil {
		t.Errorf("open for voice: %v", err)
	}
	w.Service = "moon"
	if err := p.Judge(c, w); err == nil {
		t.Error("an unknown service serves")
	}
}
