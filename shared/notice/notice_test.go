package notice_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
)

var now = time.Date(2026, 11, 25, 18, 30, 0, 0, time.UTC)

const token = secret.Text("dG9rZW4tdG9rZW4tdG9rZW4")

type fixture struct {
	*dynamotest.Fixture
	outbox  *notice.Outbox
	sweeper *notice.Sweeper
}

func ring(t testing.TB) *secret.Ring {
	t.Helper()
	r, err := secret.ParseRing([]byte(`{"current":"k1","k1":"` + strings.Repeat("v", 64) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func start(t testing.TB) fixture {
	t.Helper()
	f := dynamotest.Start(t)
	o, err := notice.NewOutbox(f.DB, f.Table("OUTBOX_TABLE"), ring(t))
	if err != nil {
		t.Fatal(err)
	}
	return fixture{f, o, notice.NewSweeper(f.DB, f.Table("OUTBOX_TABLE"))}
}

// write puts a notice into the outbox and returns its id.
func (f fixture) write(t testing.TB, n notice.Notice, at time.Time) string {
	t.Helper()
	w := f.outbox.Write(n, at)
	if err := f.DB.Commit(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	return dynamo.Read(w.Key).Text("p")
}

func (f fixture) item(t testing.TB, id string) *dynamo.Fields {
	t.Helper()
	item, err := f.DB.Get(t.Context(), f.Table("OUTBOX_TABLE"), dynamo.Item{"p": dynamo.S(id)})
	if err != nil {
		t.Fatal(err)
	}
	return dynamo.Read(item)
}

func TestTableHoldsNothingInClear(t *testing.T) {
	f := start(t)
	f.write(t, notice.ConfirmAccount("grace@example.test", "grace", "Grace", token), now)
	f.write(t, notice.PhoneAddedText(must(phone.FromE164("+12025550101")), "0199", token), now)
	f.write(t, notice.LicenseKey("account7", "SO-1234ABCD", "Phone Based OTP", []byte{1, 2, 3}), now)
	out, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: ptr(f.Table("OUTBOX_TABLE"))})
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, item := range out.Items {
		for name, v := range item {
			fmt.Fprintf(&all, "%s=%s ", name, must(json.Marshal(v)))
		}
	}
	for _, clear := range []string{"grace", "Grace", token.Reveal(), "2025550101", "0199", "account7", "SO-1234ABCD"} {
		if strings.Contains(all.String(), clear) {
			t.Errorf("the table shows %q", clear)
		}
	}
}

func TestTakenNoticeIsTheOneWritten(t *testing.T) {
	f := start(t)
	id := f.write(t, notice.ConfirmAccount("grace@example.test", "grace", "Grace", token), now)
	taken, err := f.outbox.Take(t.Context(), id, now)
	if err != nil {
		t.Fatal(err)
	}
	address, name := taken.Address()
	if taken.Kind != notice.KindConfirmAccount || address != "grace@example.test" || name != "Grace" || taken.Account() != "" || !must(taken.Number()).Zero() {
		t.Errorf("got %v to %q (%q)", taken.Kind, address, name)
	}
	if other, err := notice.NewOutbox(f.DB, f.Table("OUTBOX_TABLE"), must(secret.ParseRing([]byte(`{"current":"k1","k1":"`+strings.Repeat("w", 64)+`"}`)))); err != nil {
		t.Fatal(err)
	} else if _, err := other.Take(t.Context(), id, now.Add(time.Hour)); !errors.Is(err, secret.ErrUnreadable) {
		t.Errorf("another vault opens it: %v", err)
	}
}

func TestLicenseTravelsAsDigest(t *testing.T) {
	f := start(t)
	want := []byte{1, 0, 255, 7}
	taken := must(f.outbox.Take(t.Context(), f.write(t, notice.LicenseKey("a", "SO-1", "p", want), now), now))
	if got, err := taken.License(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	other := must(f.outbox.Take(t.Context(), f.write(t, notice.PasswordChanged("a", now), now), now))
	if got, err := other.License(); err != nil || got != nil {
		t.Errorf("another kind has a license: %v, %v", got, err)
	}
}

func TestTextGoesToItsNumber(t *testing.T) {
	f := start(t)
	want := must(phone.FromE164("+12025550101"))
	taken := must(f.outbox.Take(t.Context(), f.write(t, notice.PhoneAddedText(want, "0199", ""), now), now))
	if got := must(taken.Number()); got != want || taken.Account() != "" {
		t.Errorf("got %v, account %q", got, taken.Account())
	}
}

func TestOneSenderAtATime(t *testing.T) {
	f := start(t)
	id := f.write(t, notice.PasswordChanged("a", now), now)
	var wg sync.WaitGroup
	won := make(chan notice.Taken, 50)
	for range cap(won) {
		wg.Go(func() {
			taken, err := f.outbox.Take(t.Context(), id, now)
			if err == nil {
				won <- taken
			} else if !errors.Is(err, notice.ErrTaken) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Fatalf("%d senders took one notice", len(won))
	}
	if _, err := f.outbox.Take(t.Context(), id, now.Add(50*time.Second-time.Millisecond)); !errors.Is(err, notice.ErrTaken) {
		t.Errorf("before the 50 s are over: %v", err)
	}
	second, err := f.outbox.Take(t.Context(), id, now.Add(50*time.Second))
	if err != nil {
		t.Fatalf("after them: %v", err)
	}
	// The first sender comes back late: it must not take the notice out of the second one's hands.
	if err := f.outbox.Release(t.Context(), <-won); err != nil {
		t.Fatal(err)
	}
	if _, err := f.outbox.Take(t.Context(), id, now.Add(51*time.Second)); !errors.Is(err, notice.ErrTaken) {
		t.Errorf("a late release freed another's notice: %v", err)
	}
	if err := f.outbox.Release(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if _, err := f.outbox.Take(t.Context(), id, now.Add(51*time.Second)); err != nil {
		t.Errorf("after its release: %v", err)
	}
}

func TestEndedNoticeIsGone(t *testing.T) {
	f := start(t)
	for how, end := range map[string]func(notice.Taken) error{
		"sent":    func(x notice.Taken) error { return f.outbox.MarkSent(t.Context(), x, now) },
		"refused": func(x notice.Taken) error { return f.outbox.MarkRefused(t.Context(), x, now) },
	} {
		id := f.write(t, notice.PasswordChanged("a", now), now)
		taken := must(f.outbox.Take(t.Context(), id, now))
		for range 2 { // marking twice is success
			if err := end(taken); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := f.outbox.Take(t.Context(), id, now.Add(time.Hour)); !errors.Is(err, notice.ErrGone) {
			t.Errorf("%s: taken again: %v", how, err)
		}
		item := f.item(t, id)
		if item.Text("e") != how || item.Has("v") || item.Has("ds") || item.Has("da") || item.Int("x") != now.Add(30*24*time.Hour).Unix() {
			t.Errorf("%s: the item is not put to rest", how)
		}
	}
	if _, err := f.outbox.Take(t.Context(), "nothing", now); !errors.Is(err, notice.ErrGone) {
		t.Errorf("a notice that never was: %v", err)
	}
}

func TestLostAnswersOfTakingAndMarking(t *testing.T) {
	f := start(t)
	id := f.write(t, notice.PasswordChanged("a", now), now)
	f.Faults.OnCall(0, dynamotest.CutReply)
	taken, err := f.outbox.Take(t.Context(), id, now)
	if err != nil {
		t.Fatalf("our own taking is held against us: %v", err)
	}
	f.Faults.OnCall(0, dynamotest.CutReply)
	if err := f.outbox.MarkSent(t.Context(), taken, now); err != nil {
		t.Fatal(err)
	}
	if n := len(f.Faults.Calls()); n != 2 {
		t.Errorf("%d calls, want the lost one and its repeat", n)
	}
}

func TestNamedNoticeIsWrittenOnce(t *testing.T) {
	f := start(t)
	once := func(name string, wrong int, at time.Time) string {
		t.Helper()
		w := f.outbox.WriteOnce(notice.CodesLocked("a", wrong, at), name, at)
		if err := f.DB.Commit(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		return dynamo.Read(w.Key).Text("p")
	}
	first := once("a-rung1", 10, now)
	if second := once("a-rung1", 10, now.Add(time.Minute)); second != first {
		t.Fatalf("ids %s and %s", first, second)
	}
	if at := f.item(t, first).Time("at"); !at.Equal(now) {
		t.Errorf("written again at %v", at)
	}
	if other := once("a-rung2", 20, now); other == first {
		t.Error("another name gave the same notice")
	}
}

// A notice that several causes share is written by the first of them; a later one's transaction does nothing.
func TestOnlyTheFirstOfSeveralCausesWritesANotice(t *testing.T) {
	t.Parallel()
	f := start(t)
	cause := func(at time.Time) error {
		t.Helper()
		return f.DB.Commit(t.Context(), f.outbox.Write(notice.PasswordChanged("holder", at), at), f.outbox.WriteFirst(notice.KeysExpired("boss", "SO-1234ABCD", 1), "SO-1234ABCD#1", at))
	}
	if err := cause(now); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := cause(now.Add(time.Minute)); !errors.Is(err, notice.ErrWritten) {
			t.Errorf("a later cause: %v", err)
		}
	}
	if at := f.item(t, "keys-expired#SO-1234ABCD#1").Time("at"); !at.Equal(now) {
		t.Errorf("written again at %v", at)
	}
	found, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(f.Table("OUTBOX_TABLE")), ConsistentRead: aws.Bool(true)})
	if err != nil || len(found.Items) != 2 {
		t.Errorf("%d notices, %v", len(found.Items), err)
	}
}

func ptr[T any](v T) *T { return &v }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
