package phonebook

import (
	"encoding/base64"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/secret"
)

func TestTokens(t *testing.T) {
	grace := account.IDOf("grace")
	one, two := NewToken(grace), NewToken(grace)
	if one == two || len(one) != 43 {
		t.Errorf("tokens of %d characters, or twice the same", len(one))
	}
	if holder, ok := HolderOf(one); !ok || holder != grace {
		t.Errorf("the token is of %s, %v", holder, ok)
	}
	for _, bad := range []secret.Text{"", "x", one[1:], one + "A", "=" + one[1:], secret.Text(base64.RawURLEncoding.EncodeToString(make([]byte, 31)))} {
		if _, ok := HolderOf(bad); ok {
			t.Errorf("%d characters pass for a token", len(bad))
		}
	}
	changes := []Change{{Number: 1, digest: digest(one)}, {Number: 2, digest: digest(two)}}
	if c, ok := Find(changes, two); !ok || c.Number != 2 {
		t.Errorf("found %d, %v", c.Number, ok)
	}
	if _, ok := Find(changes, NewToken(grace)); ok {
		t.Error("another token is found")
	}
}

func TestALinkIsOver(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	c := Change{At: at}
	if c.Over(at.AddDate(0, 0, 10).Add(-time.Millisecond)) || !c.Over(at.AddDate(0, 0, 10)) {
		t.Error("ten days are not half-open")
	}
	if c.mark = []byte{1}; !c.Over(at) {
		t.Error("a used link is not over")
	}
}

func TestLeads(t *testing.T) {
	// 1 2 3 were made; 2 was taken back (as 4), which made 5 come after 1; 5 was taken back (as 6); 7 came after 1.
	changes := []Change{{Number: 1}, {Number: 2, Before: 1}, {Number: 3, Before: 2}, {Number: 5, Before: 1}, {Number: 7, Before: 1}}
	for _, row := range []struct {
		number, last int64
		leads        bool
	}{
		{1, 3, true}, {2, 3, true}, {3, 3, true},
		{1, 1, true}, {2, 1, false}, {3, 1, false},
		{5, 5, true}, {1, 5, true}, {2, 5, false}, {3, 5, false},
		{7, 7, true}, {5, 7, false}, {1, 7, true},
		{1, 0, false}, {9, 7, false},
	} {
		if got := Leads(changes, Change{Number: row.number}, row.last); got != row.leads {
			t.Errorf("change %d where %d is the last: %v", row.number, row.last, got)
		}
	}
	// The earliest are gone by their lifetime: the later ones still lead.
	if !Leads(changes[2:], Change{Number: 3}, 3) || Leads(changes[2:], Change{Number: 1}, 3) {
		t.Error("a chain whose beginning is gone")
	}
	// What cannot be: a chain that turns back on itself ends.
	if Leads([]Change{{Number: 1, Before: 2}, {Number: 2, Before: 2}}, Change{Number: 1}, 2) {
		t.Error("a circle")
	}
}
