package password

import (
	"fmt"
	"strings"
	"testing"
)

// Whoever has no account must be compared at the cost of who has one.
func TestTheDecoyCostsWhatANewHashCosts(t *testing.T) {
	want := fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$", memoryKiB, passes, lanes)
	if !strings.HasPrefix(decoy, want) || len(decoy) != len(Hash("x")) {
		t.Errorf("decoy = %s, want the parameters %s", decoy, want)
	}
}
