package support_test

import (
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
)

// Staff stand in the timeline by their user ID, the account that is gone by its id, and nobody else by one.
func TestTheTimelineNamesStaff(t *testing.T) {
	w := start(t)
	a, sam := w.Person(t, "grace", monday), w.Person(t, "sam", monday)
	subject, gone := audit.Account(a.ID.String()), audit.Account("00000000000000000000000000")
	wants := map[string]string{"r1": "sam", "r2": gone, "r3": "holder", "r4": "payment", "r5": "sam", "r6": "a#no id"}
	var writes []dynamo.Write
	for ref, actor := range map[string]string{"r1": audit.Account(sam.ID.String()), "r2": gone, "r3": subject, "r4": audit.Stripe, "r5": audit.Account(sam.ID.String()), "r6": "a#no id"} {
		writes = append(writes, w.Log.Write(audit.Entry{Subject: subject, Actor: actor, What: "codes-unlocked", At: noon.Add(-time.Minute), Ref: ref}))
	}
	fatal(t, w.DB.Commit(t.Context(), writes...))
	seen := 0
	for _, e := range w.of(t, "grace", "", noon).Timeline.Entries {
		if want, ours := wants[e.Ref]; ours {
			seen++
			if e.By != want {
				t.Errorf("%s is by %q, want %q", e.Ref, e.By, want)
			}
		}
	}
	if seen != len(wants) {
		t.Errorf("%d of %d entries", seen, len(wants))
	}
}
