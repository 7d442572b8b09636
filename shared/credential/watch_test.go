package credential_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/otp"
)

// kept reads what is kept of the watch: wrong codes, and when it was flagged.
func kept(t *testing.T, w *credentialtest.World, a credential.Asker) (wrong, flagged int64) {
	t.Helper()
	item, err := w.DB.Get(t.Context(), w.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(a.Holder[:])})
	must(t, err)
	f := dynamo.Read(item)
	return f.MayInt("wn"), f.MayInt("mc")
}

// round types wrong codes of one text, then the right one.
func round(t *testing.T, w *credentialtest.World, a credential.Asker, phoneID string, wrong int, now time.Time) {
	t.Helper()
	ch, err := w.Sender.Send(t.Context(), a, phoneID, "", now)
	must(t, err)
	id := credentialtest.ID(t, ch)
	phone, _ := w.Find(t, a.Holder).Phone(phoneID)
	code := w.Code(t, phone.Number)
	for range wrong {
		if err := try(t, w, a, id, credentialtest.Wrong(code), now); !errors.Is(err, otp.ErrWrong) {
			t.Fatal(err)
		}
	}
	if wrong < otp.Tries {
		must(t, login(t, w, a, id, code, now))
	}
}

// TestSixtyWrongCodesInThirtyDays hides four guesses behind each login of the holder: never a rung of the ladder,
// and flagged at the sixtieth, once a window.
func TestSixtyWrongCodesInThirtyDays(t *testing.T) {
	w, a, phoneID, _ := active(t)
	now := noon
	for day := range 15 {
		if _, flagged := kept(t, w, a); flagged != 0 {
			t.Fatalf("flagged on day %d", day)
		}
		round(t, w, a, phoneID, 4, now)
		if wrong, _ := kept(t, w, a); wrong != int64(4*(day+1)) {
			t.Fatalf("%d wrong codes on day %d", wrong, day)
		}
		now = now.Add(24 * time.Hour)
	}
	first := noon.AddDate(0, 0, 14).UnixMilli()
	if _, flagged := kept(t, w, a); flagged != first || told(t, w, a) != 0 {
		t.Errorf("flagged at %d, want %d", flagged, first)
	}
	round(t, w, a, phoneID, 4, now)
	if wrong, flagged := kept(t, w, a); flagged != first || wrong != 64 {
		t.Errorf("a second time in one window: %d, %d", wrong, flagged)
	}
	// The window began when the credential was opened, an hour before noon.
	edge := noon.Add(-time.Hour).Add(otp.WatchSpan)
	round(t, w, a, phoneID, 2, edge.Add(-time.Millisecond))
	if wrong, _ := kept(t, w, a); wrong != 66 {
		t.Errorf("a millisecond before the window ends: %d", wrong)
	}
	edge = edge.Add(time.Hour)
	round(t, w, a, phoneID, 2, edge)
	if wrong, flagged := kept(t, w, a); wrong != 2 || flagged != first {
		t.Errorf("in the next window: %d, %d", wrong, flagged)
	}
	for day := range 15 {
		round(t, w, a, phoneID, 4, edge.AddDate(0, 0, day+1))
	}
	if _, flagged := kept(t, w, a); flagged <= first {
		t.Error("not flagged in the next window")
	}
}

// TestACrashBeforeItIsFlagged leaves it to the next wrong code.
func TestACrashBeforeItIsFlagged(t *testing.T) {
	w, a, phoneID, n := active(t)
	now := noon
	for range 14 {
		round(t, w, a, phoneID, 4, now)
		now = now.Add(24 * time.Hour)
	}
	ch, err := w.Sender.Send(t.Context(), a, phoneID, "", now)
	must(t, err)
	id, code := credentialtest.ID(t, ch), w.Code(t, n)
	for range 3 {
		_ = try(t, w, a, id, credentialtest.Wrong(code), now)
	}
	w.Faults.FromCall(1, dynamotest.CutRequest)
	if err := try(t, w, a, id, credentialtest.Wrong(code), now); !errors.Is(err, dynamo.ErrUnavailable) {
		t.Fatal(err)
	}
	w.Faults.Clear()
	if wrong, flagged := kept(t, w, a); wrong != 60 || flagged != 0 {
		t.Fatalf("%d wrong codes, flagged at %d", wrong, flagged)
	}
	if err := try(t, w, a, id, credentialtest.Wrong(code), now); !errors.Is(err, otp.ErrWrong) {
		t.Error(err)
	}
	if _, flagged := kept(t, w, a); flagged != now.UnixMilli() {
		t.Errorf("flagged at %d", flagged)
	}
}

// TestAnItemFromBefore has none of the attributes that came with changes of numbers and the watch.
func TestAnItemFromBefore(t *testing.T) {
	o := crowd(t).owner(t, "grace", 1)
	item, err := o.DB.Get(t.Context(), o.Table("CREDENTIALS_TABLE"), dynamo.Item{"p": dynamo.B(o.id[:])})
	must(t, err)
	for _, name := range []string{"wn", "we", "mc", "hn", "hd"} {
		delete(item, name)
	}
	o.put(t, "CREDENTIALS_TABLE", item)
	book := o.Table("PHONEBOOK_TABLE")
	_, err = o.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &book, Key: dynamo.Item{"p": dynamo.B(o.id[:]), "s": dynamo.N(1)}})
	must(t, err)
	a := credential.Asker{Holder: o.id, Session: "s"}
	ch, err := o.Sender.Send(t.Context(), a, o.phoneID(t, o.numbers[0]), "", noon)
	must(t, err)
	if err := try(t, o.World, a, credentialtest.ID(t, ch), credentialtest.Wrong(o.Code(t, o.numbers[0])), noon); !errors.Is(err, otp.ErrWrong) {
		t.Error(err)
	}
	if wrong, _ := kept(t, o.World, a); wrong != 1 {
		t.Errorf("%d wrong codes", wrong)
	}
	now := noon.Add(time.Hour)
	n := credentialtest.Number(t)
	_, err = o.add(t, o.signIn(t, 0, now), n, "", now)
	must(t, err)
	o.has(t, o.numbers[0], n)
}
