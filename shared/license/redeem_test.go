package license_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/license"
)

func TestAKeyOpensTheHoldersCredential(t *testing.T) {
	t.Parallel()
	f := start(t)
	l, key := f.issue(t, "us")
	now := bought.Add(time.Hour)
	f.Faults.Clear()
	got, err := f.redeem(t, key, 1, now)
	if err != nil || got.Resumed || got.Opening.Product != "us" || got.Opening.Proofing || got.License.State != license.Registered {
		t.Fatalf("redeemed: %+v, %v", got, err)
	}
	if calls := f.Faults.Calls(); len(calls) != 2 { // quality.md 1 row 1, with the session's read
		t.Errorf("calls: %+v, want 2", calls)
	}
	stands := f.find(t, l.Digest)
	if _, ok, _ := f.issuer.Keys.Open(stands); ok || stands.State != license.Registered || *stands.Holder != holder(1) {
		t.Errorf("after redemption: %s, copy %v", stands.State, ok)
	}
	c, err := f.redeemer.Credentials.Find(t.Context(), holder(1))
	if err != nil || c == nil || c.State != credential.Registered || !bytes.Equal(c.License, l.Digest) || !c.ExpiresAt.Equal(bought.AddDate(1, 0, 0)) {
		t.Errorf("credential: %+v, %v", c, err)
	}
	if n, a := len(f.scan(t, "OUTBOX_TABLE")), len(f.scan(t, "AUDIT_TABLE")); n != 1 || a != 1 {
		t.Errorf("%d notices and %d audit entries", n, a)
	}
}

func TestTheHolderResumesAndOthersLearnNothing(t *testing.T) { // K-06
	t.Parallel()
	f := start(t)
	l, key := f.issue(t, "us-proofed")
	if _, err := f.redeem(t, key, 1, bought); err != nil {
		t.Fatal(err)
	}
	for range 12 { // more often than unknown keys may be entered
		got, err := f.redeem(t, strings.ToLower(key), 1, bought)
		if err != nil || !got.Resumed || !got.Opening.Proofing {
			t.Fatalf("resuming: %+v, %v", got, err)
		}
	}
	_, another := f.redeem(t, key, 2, bought)
	_, unknown := f.redeem(t, license.Generate().Shown(), 2, bought)
	if !errors.Is(another, license.ErrUnknown) || another.Error() != unknown.Error() {
		t.Errorf("another's %v, unknown %v", another, unknown)
	}
	if err := f.DB.Commit(t.Context(), f.licenses.Activation(l.Digest, bought)); err != nil {
		t.Fatal(err)
	}
	if got, err := f.redeem(t, key, 1, bought); err != nil || got.License.State != license.Activated {
		t.Errorf("after activation: %+v, %v", got, err)
	}
	for _, state := range []license.State{license.Void, license.Suspended, license.Activated} {
		f.become(t, l.Digest, state)
		if _, err := f.redeem(t, key, 3, bought); !errors.Is(err, license.ErrUnknown) {
			t.Errorf("another's, %s: %v", state, err)
		}
	}
	if len(f.scan(t, "AUDIT_TABLE")) != 1 {
		t.Error("resuming is written down as a redemption")
	}
}

func TestRefusalsChangeNothing(t *testing.T) { // K-07, K-13
	t.Parallel()
	f := start(t)
	if _, first := f.issue(t, "us"); true {
		if _, err := f.redeem(t, first, 1, bought); err != nil {
			t.Fatal(err)
		}
	}
	year := bought.AddDate(1, 0, 0)
	for _, c := range []struct {
		name  string
		who   int
		state license.State
		at    time.Time
		want  error
	}{
		{"void", 2, license.Void, bought, license.ErrVoid},
		{"suspended", 2, license.Suspended, bought, license.ErrSuspended},
		{"not entered in time", 2, license.Issued, year, license.ErrVoid},
		{"a live credential", 1, license.Issued, bought, credential.ErrExists},
		{"in the last millisecond", 2, license.Issued, year.Add(-time.Millisecond), nil},
		{"after the credential has expired", 1, license.Issued, year, license.ErrVoid}, // bought on the same day
	} {
		l, key := f.issue(t, "us")
		f.become(t, l.Digest, c.state)
		before := len(f.scan(t, "AUDIT_TABLE"))
		_, err := f.redeem(t, key, c.who, c.at)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if c.want == nil {
			continue
		}
		if stands := f.find(t, l.Digest); stands.State != c.state || stands.Holder != nil || len(f.scan(t, "AUDIT_TABLE")) != before {
			t.Errorf("%s: now %s", c.name, stands.State)
		}
	}
}

func TestUnknownKeysAreCounted(t *testing.T) { // K-08
	t.Parallel()
	f := start(t)
	_, good := f.issue(t, "us")
	for range 30 { // typing errors cost nothing, not even a call
		f.Faults.Clear()
		if _, err := f.redeem(t, "nonsense", 1, bought); !errors.Is(err, license.ErrTyping) || len(f.Faults.Calls()) != 0 {
			t.Fatalf("typing error: %v, %d calls", err, len(f.Faults.Calls()))
		}
	}
	for i := range 10 {
		if _, err := f.redeem(t, license.Generate().Shown(), 1, bought); !errors.Is(err, license.ErrUnknown) {
			t.Fatalf("unknown key %d: %v", i, err)
		}
	}
	for _, key := range []string{license.Generate().Shown(), good} {
		_, err := f.redeem(t, key, 1, bought.Add(time.Minute))
		if e, ok := fault.Of(err); !ok || !errors.Is(err, license.ErrTooMany) || !e.RetryAt.Equal(bought.Add(time.Hour)) {
			t.Errorf("over the limit: %v", err)
		}
	}
	if _, err := f.redeem(t, good, 1, bought.Add(time.Hour)); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	if _, err := f.redeem(t, good, 1, bought.Add(time.Hour)); err != nil {
		t.Errorf("the holder's own: %v", err)
	}
}

func TestTheAddressHasALimitToo(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.redeemer.PerAddress = 3
	for who := range 3 {
		if _, err := f.redeem(t, license.Generate().Shown(), who, bought); !errors.Is(err, license.ErrUnknown) {
			t.Fatal(err)
		}
	}
	l, good := f.issue(t, "us")
	if _, err := f.redeem(t, good, 9, bought); !errors.Is(err, license.ErrTooMany) {
		t.Errorf("a good key from there: %v", err)
	}
	f.become(t, l.Digest, license.Void)
	if _, err := f.redeem(t, good, 9, bought); !errors.Is(err, license.ErrTooMany) { // the limit comes before the state
		t.Errorf("a void key from there: %v", err)
	}
}

func TestRedeemOnce(t *testing.T) { // K-05, quality.md 2 row 1
	t.Parallel()
	const callers = 100
	f := start(t)
	f.redeemer.PerAddress = 10_000
	l, key := f.issue(t, "us")
	won, lost := make(chan int, callers), make(chan error, callers)
	var wg sync.WaitGroup
	for who := range callers {
		wg.Go(func() {
			if _, err := f.redeem(t, key, who, bought); err == nil {
				won <- who
			} else {
				lost <- err
			}
		})
	}
	wg.Wait()
	close(lost)
	if len(won) != 1 {
		t.Fatalf("%d winners", len(won))
	}
	for err := range lost {
		if !errors.Is(err, license.ErrUnknown) {
			t.Errorf("a loser got %v", err)
		}
	}
	winner := <-won
	if stands := f.find(t, l.Digest); *stands.Holder != holder(winner) || len(f.scan(t, "CREDENTIALS_TABLE")) != 1 || len(f.scan(t, "AUDIT_TABLE")) != 1 {
		t.Error("more than the winner's is written")
	}
}

func TestOneAccountEntersManyKeysAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t)
	keys := make([]string, 20)
	for i := range keys {
		_, keys[i] = f.issue(t, "us")
	}
	won := make(chan int, len(keys))
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			if _, err := f.redeem(t, keys[i], 1, bought); err == nil {
				won <- i
			} else if !errors.Is(err, credential.ErrExists) {
				t.Errorf("key %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d credentials were opened", len(won))
	}
}

func TestLostAnswersAndCrashes(t *testing.T) { // quality.md 2 rows 3 and 4
	t.Parallel()
	for _, kind := range []dynamotest.Fault{dynamotest.CutReply, dynamotest.CutRequest, dynamotest.Conflict, dynamotest.Throttle, dynamotest.ServerFail} {
		for call := range 2 {
			if kind == dynamotest.Conflict && call == 0 {
				continue // only a transaction meets others
			}
			f := start(t)
			_, key := f.issue(t, "us")
			f.Faults.OnCall(call, kind)
			if got, err := f.redeem(t, key, 1, bought); err != nil || got.Resumed {
				t.Errorf("fault %d in call %d: %+v, %v", kind, call, got, err)
			}
			f.Faults.Clear()
			if len(f.scan(t, "AUDIT_TABLE")) != 1 || len(f.scan(t, "OUTBOX_TABLE")) != 1 {
				t.Errorf("fault %d in call %d: written twice", kind, call)
			}
		}
	}
	for call := range 2 { // a crash at each call, then the person tries again
		f := start(t)
		_, key := f.issue(t, "us")
		f.Faults.FromCall(call, dynamotest.CutRequest)
		if _, err := f.redeem(t, key, 1, bought); !errors.Is(err, dynamo.ErrUnavailable) {
			t.Errorf("crash at call %d: %v", call, err)
		}
		f.Faults.Clear()
		if _, err := f.redeem(t, key, 1, bought); err != nil {
			t.Errorf("after the crash at call %d: %v", call, err)
		}
	}
}

func TestKeysOutliveAReplacedMaster(t *testing.T) { // K-10
	t.Parallel()
	f := start(t)
	_, old := f.issue(t, "us")
	f.redeemer.Keys = keyring(t, docTwo)
	if _, err := f.redeem(t, old, 1, bought); err != nil {
		t.Errorf("a key from before: %v", err)
	}
	f.issuer.Keys = f.redeemer.Keys
	if _, fresh := f.issue(t, "us"); true {
		if _, err := f.redeem(t, fresh, 2, bought); err != nil {
			t.Errorf("a fresh key: %v", err)
		}
	}
	f.redeemer.Keys = keyring(t, `{"current":"k2","k2":"`+keyTwo+`"}`)
	if _, err := f.redeem(t, old, 1, bought); !errors.Is(err, license.ErrUnknown) {
		t.Errorf("without the old master: %v", err)
	}
}

func TestTheTableHoldsNoKey(t *testing.T) { // K-12
	t.Parallel()
	f := start(t)
	_, key := f.issue(t, "us")
	if _, err := f.redeem(t, key, 1, bought); err != nil {
		t.Fatal(err)
	}
	plain := strings.ReplaceAll(key, "-", "")
	for _, table := range []string{"LICENSES_TABLE", "CREDENTIALS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "LIMITS_TABLE"} {
		for _, item := range f.scan(t, table) {
			for name, v := range item {
				if s := fmt.Sprintf("%v", v); strings.Contains(s, plain) || strings.Contains(s, key) {
					t.Errorf("%s.%s holds the key", table, name)
				}
			}
		}
	}
}

func TestActivation(t *testing.T) {
	t.Parallel()
	f := start(t)
	l, key := f.issue(t, "us")
	if err := f.DB.Commit(t.Context(), f.licenses.Activation(l.Digest, bought)); err == nil {
		t.Error("a key that was not entered is activated")
	}
	if _, err := f.redeem(t, key, 1, bought); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.DB.Commit(t.Context(), f.licenses.Activation(l.Digest, bought)); err != nil {
			t.Error(err)
		}
	}
	for state, want := range map[license.State]error{license.Void: license.ErrVoid, license.Suspended: license.ErrSuspended} {
		f.become(t, l.Digest, state)
		if err := f.DB.Commit(t.Context(), f.licenses.Activation(l.Digest, bought)); !errors.Is(err, want) {
			t.Errorf("%s: %v", state, err)
		}
	}
}

func TestUnknownStatesAreErrors(t *testing.T) {
	t.Parallel()
	f := start(t)
	l, key := f.issue(t, "us")
	f.become(t, l.Digest, "melted")
	if _, err := f.redeem(t, key, 1, bought); err == nil || errors.Is(err, license.ErrUnknown) {
		t.Errorf("err = %v", err)
	}
}

// TestUnknownAndTakenKeysCostTheSame: a key that nobody bought, somebody else's, and somebody else's that is void are
// answered alike after the same calls, so that time tells nothing (K-06, K-09).
func TestUnknownAndTakenKeysCostTheSame(t *testing.T) {
	t.Parallel()
	f := start(t)
	_, taken := f.issue(t, "us")
	l, void := f.issue(t, "us")
	for _, key := range []string{taken, void} {
		if _, err := f.redeem(t, key, map[string]int{taken: 1, void: 2}[key], bought); err != nil {
			t.Fatal(err)
		}
	}
	f.become(t, l.Digest, license.Void)
	var calls, texts []string
	for _, key := range []string{license.Generate().Shown(), taken, void} {
		f.Faults.Clear()
		_, err := f.redeem(t, key, 3, bought)
		if !errors.Is(err, license.ErrUnknown) {
			t.Fatalf("err = %v", err)
		}
		calls, texts = append(calls, strings.Join(f.Faults.Asked(), " ")), append(texts, err.Error())
	}
	if calls[0] == "" || calls[1] != calls[0] || calls[2] != calls[0] || texts[1] != texts[0] || texts[2] != texts[0] {
		t.Errorf("calls %q, texts %q", calls, texts)
	}
}

// TestADumpAloneValidatesNoGuess: who has the tables and the right key, but not the commerce secret, finds nothing that
// fits (K-10).
func TestADumpAloneValidatesNoGuess(t *testing.T) {
	t.Parallel()
	f := start(t)
	l, key := f.issue(t, "us")
	plain := strings.ReplaceAll(key, "-", "")
	for name, digest := range map[string][32]byte{"SHA-256": sha256.Sum256([]byte(plain)), "SHA-256 as shown": sha256.Sum256([]byte(key))} {
		if bytes.Contains(l.Digest, digest[:]) {
			t.Errorf("the digest is a plain %s", name)
		}
	}
	f.redeemer.Keys = keyring(t, `{"current":"k1","k1":"`+keyTwo+`"}`)
	if _, err := f.redeem(t, key, 1, bought); !errors.Is(err, license.ErrUnknown) {
		t.Errorf("with another secret: %v", err)
	}
}
