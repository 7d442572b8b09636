package password_test

import (
	"strings"
	"testing"

	"phoneotp/shared/account/password"
	"phoneotp/shared/secret"
)

func TestRefusals(t *testing.T) {
	own := []string{"ada.lovelace", "ada.lovelace@analytical.example", "Ada", "Lovelace"}
	for _, tt := range []struct{ text, want string }{
		{"correct horse battery staple", ""},
		{"violet otter 5f0c1a", ""},
		{"x7#Kp2!mQz9$", ""},
		{"пароль из слов", ""},
		{"👩‍🚀🛰🌍🌕🪐☄️🌌🔭🧑‍🚀🚀✨", ""},
		{"einundzwanzig Hühner", ""},
		{"eleven char", password.TooShort},
		{strings.Repeat("ab1 c", 26), password.TooLong},
		{"ééééééééééé", password.TooShort},                                        // 11 characters, 22 bytes
		{"e\u0301a\u0301o\u0301u\u0301i\u0301n\u0303n\u0303x", password.TooShort}, // 15 code points, 8 after NFC
		{"password1234", password.TooCommon},
		{"P@ssw0rd2026!", password.TooCommon},
		{"Passw0rd!Passw0rd!", password.TooCommon},
		{"welcome2026!!", password.TooCommon},
		{"thisismypassword", password.TooCommon},
		{"!!ThisIsMyPassword99", password.TooCommon},
		{"sunshine-dragon-1", password.TooCommon},
		{"aaaaaaaaaaaa", password.TooRegular},
		{"abcabcabcabc", password.TooRegular},
		{"123456789012", password.TooRegular},
		{"qwertyuiopas", password.TooRegular},
		{"poiuytrewq12", password.TooRegular},
		{"abcdefghijkl", password.TooRegular},
		{"010101011010", password.TooRegular},
		{"adalovelace1815", password.TooPersonal},
		{"Lovelace-Ada-18", password.TooPersonal},
		{"L0vel4ce!!!!!!", password.TooPersonal},
		{"analytical.example", password.TooPersonal},
		{"phoneotp2026!", password.TooOurs},
		{"Phone OTP Phone OTP", password.TooOurs},
		{"my lovelace engine of 1843", ""},
	} {
		if got := password.Refusal(secret.Text(tt.text), own...); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestLengthIsCountedAfterNormalising(t *testing.T) {
	letters := []string{"a\u0308", "o\u0308", "u\u0308", "e\u0301", "i\u0301", "n\u0303", "c\u0327"} // each one character in NFC
	for n, want := range map[int]string{11: password.TooShort, 12: "", 128: "", 129: password.TooLong} {
		var b strings.Builder
		for i := range n {
			b.WriteString(letters[i*i*i/11%len(letters)])
		}
		if got := password.Refusal(secret.Text(b.String())); got != want {
			t.Errorf("%d characters: %q, want %q", n, got, want)
		}
	}
}

func TestHashes(t *testing.T) {
	p := secret.Text("caf\u00e9 au lait 12")
	h := password.Hash(p)
	if !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash = %s", h)
	}
	if h == password.Hash(p) {
		t.Error("two hashes share a salt")
	}
	for text, want := range map[secret.Text]bool{p: true, "cafe\u0301 au lait 12": true, "cafe au lait 12": false, "": false} {
		if got, err := password.Matches(h, text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text.Reveal(), got, err)
		}
	}
	if got, err := password.Matches("", p); err != nil || got {
		t.Errorf("no hash: %v, %v", got, err)
	}
}

func TestTheParametersOfTheHashCount(t *testing.T) {
	cheaper := strings.Replace(password.Hash("violet otter"), "t=2", "t=1", 1)
	if got, err := password.Matches(cheaper, "violet otter"); err != nil || got {
		t.Errorf("matches = %v, %v: the parameters in the hash were ignored", got, err)
	}
}

func TestBrokenHashesAreErrors(t *testing.T) {
	for _, h := range []string{
		"x", "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2E$c3Vtc3Vtc3Vtc3Vtc3Vtc3U", "$argon2id$v=16$m=19456,t=2,p=1$c2FsdA$c3Vtc3Vtc3Vtc3Vtc3Vtc3U",
		"$argon2id$v=19$m=99999999,t=2,p=1$c2FsdA$c3Vtc3Vtc3Vtc3Vtc3Vtc3U", "$argon2id$v=19$m=19456,t=0,p=1$c2FsdA$c3Vtc3Vtc3Vtc3Vtc3Vtc3U",
		"$argon2id$v=19$m=19456,t=2,p=1$*$c3Vtc3Vtc3Vtc3Vtc3Vtc3U", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$c3U", "$argon2id$v=19$nonsense$c2FsdA$c3U",
	} {
		if ok, err := password.Matches(h, "x"); err == nil || ok {
			t.Errorf("%s: %v, %v", h, ok, err)
		}
	}
}
