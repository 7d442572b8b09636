package order_test

import (
	"context"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/secret"
	"phoneotp/shared/sweep"
)

func (f *fixture) expirer() order.Expirer {
	return order.Expirer{Orders: f.cashier.Orders, Licenses: f.reader.Licenses, Notices: f.fulfiller.Notices, Audit: f.fulfiller.Audit}
}

var deadKeys = regexp.MustCompile(`entered (\d+) of the license keys of your order (SO-\w+)`)

// told are the mails that unused keys ended, as "number: count".
func (f *fixture) told(t *testing.T) []string {
	t.Helper()
	ring, err := secret.ParseRing([]byte(document))
	fatal(t, err)
	outbox, err := notice.NewOutbox(f.DB, f.Table("OUTBOX_TABLE"), ring)
	fatal(t, err)
	found, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(f.Table("OUTBOX_TABLE")), ConsistentRead: aws.Bool(true)})
	fatal(t, err)
	var out []string
	for _, item := range found.Items {
		if dynamo.Read(item).Text("k") != string(notice.KindKeysExpired) {
			continue
		}
		taken, err := outbox.Take(t.Context(), dynamo.Read(item).Text("p"), time.Now())
		fatal(t, err)
		if taken.Account() != buyer(1).String() {
			t.Errorf("mailed %s", taken.Account())
		}
		letter, err := notice.Compose(taken, notice.Facts{})
		fatal(t, err)
		found := deadKeys.FindStringSubmatch(letter.Text.Reveal())
		if found == nil {
			t.Fatalf("the mail says %s", letter.Text.Reveal())
		}
		out = append(out, found[2]+": "+found[1])
	}
	slices.Sort(out)
	return out
}

// digest names the first license of an order.
func (f *fixture) digest(t *testing.T, number string) []byte {
	t.Helper()
	return dynamo.Read(dynamo.Item{"k": dynamo.Read(f.item(t, number)).List("ks")[0]}).Bytes("k")
}

// poison gives a license a state that this release does not know.
func (f *fixture) poison(t *testing.T, number string) {
	t.Helper()
	_, err := f.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(f.Table("LICENSES_TABLE")), Key: dynamo.Item{"p": dynamo.B(f.digest(t, number))},
		UpdateExpression: aws.String("SET #st = :v"), ExpressionAttributeNames: map[string]string{"#st": "st"},
		ExpressionAttributeValues: dynamo.Item{":v": dynamo.S("of a later release")},
	})
	fatal(t, err)
}

func TestUnusedKeysEndAfterTwelveMonths(t *testing.T) { // product.md 3
	t.Parallel()
	f := start(t)
	one, several := f.sold(t, order.Card), f.sold(t, order.Card, order.Ask{"us", 2}, order.Ask{"intl", 1})
	f.enter(t, several.Number, false)
	dies := credential.Expiry(several.PlacedAt, 1) // the younger
	if out, err := f.expirer().Sweep(t.Context(), credential.Expiry(one.PlacedAt, 1).Add(-time.Millisecond)); err != nil || out != (sweep.Result{}) {
		t.Errorf("a millisecond early: %+v, %v", out, err)
	}
	results := make(chan sweep.Result, 3)
	for range cap(results) { // several at once, as if the schedule came twice
		go func() {
			out, err := f.expirer().Sweep(context.WithoutCancel(t.Context()), dies)
			if err != nil || out.Failed > 0 {
				t.Errorf("%+v, %v", out, err)
			}
			results <- out
		}()
	}
	for range cap(results) {
		<-results
	}
	f.at(dies)
	f.expect(t, "one", one.Number, order.Fulfilled, license.Void)
	f.expect(t, "several", several.Number, order.Fulfilled, license.Registered, license.Void, license.Void)
	want := []string{one.Number + ": 1", several.Number + ": 2"}
	slices.Sort(want)
	if got := f.told(t); !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
	if got := f.events(t, several.Number); !slices.Equal(got, []audit.Event{order.EventPlaced, order.EventFulfilled, license.EventExpired}) {
		t.Errorf("audit: %v", got)
	}
	if out, err := f.expirer().Sweep(t.Context(), dies.AddDate(0, 0, 1)); err != nil || out != (sweep.Result{}) {
		t.Errorf("again: %+v, %v", out, err)
	}
}

// A crash at any call leaves what is missing to the next sweep; a key that cannot be read keeps no other.
func TestASweepOfKeysThatCrashesIsResumed(t *testing.T) {
	t.Parallel()
	f := start(t)
	broken := f.sold(t, order.Card)
	f.poison(t, broken.Number)
	var want []string
	for range 4 {
		o := f.sold(t, order.Card)
		want = append(want, o.Number+": 1")
	}
	dies := credential.Expiry(f.now, 1)
	for calls, fault := range map[int]dynamotest.Fault{9: dynamotest.CutRequest, 14: dynamotest.CutReply, 18: dynamotest.Throttle} {
		f.Faults.FromCall(calls, fault)
		if out, err := f.expirer().Sweep(t.Context(), dies); err == nil || out.Failed == 0 {
			t.Errorf("after %d calls: %+v, %v", calls, out, err)
		}
	}
	f.Faults.Clear()
	out, err := f.expirer().Sweep(t.Context(), dies)
	if err == nil || out.Failed != 1 || out.Stopped {
		t.Errorf("%+v, %v: want the broken one alone", out, err)
	}
	slices.Sort(want)
	if got := f.told(t); !slices.Equal(got, want) {
		t.Errorf("mailed %v, want %v", got, want)
	}
}

// Of an order of several it tells who entered which, and one license that cannot be read keeps no other.
func TestTheBuyerTellsWhichKeysWereEntered(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.sold(t, order.Card, order.Ask{Product: "us", Quantity: 3})
	for i, key := range f.keys(t, o.Number)[1:] {
		_, err := f.enters(t.Context(), key, buyer(7+i))
		fatal(t, err)
	}
	got, err := order.Buyers{Orders: f.cashier.Orders, Licenses: f.reader.Licenses}.Of(t.Context(), f.digest(t, o.Number))
	fatal(t, err)
	holders := func() (out []string) {
		entered, err := got.Entered(t.Context())
		if err != nil {
			return []string{err.Error()}
		}
		for _, e := range entered {
			if c, err := f.fulfiller.Credentials.Find(t.Context(), e.Holder); err != nil || string(c.License) != string(e.License) {
				t.Errorf("%s did not enter that key: %v", e.Holder, err)
			}
			out = append(out, e.Holder.String())
		}
		return out
	}
	want := []string{buyer(7).String(), buyer(8).String()}
	if all := holders(); !slices.Equal(all, want) {
		t.Errorf("entered by %v, want %v", all, want)
	}
	f.poison(t, o.Number)
	if all := holders(); !slices.Equal(all, want) {
		t.Errorf("one cannot be read: %v, want %v", all, want)
	}
	f.Faults.FromCall(0, dynamotest.Throttle)
	if all, err := got.Entered(t.Context()); err == nil {
		t.Errorf("throttled: %+v", all)
	}
}

func TestTheBuyerOfACredentialIsWhoPlacedTheOrderOfItsKey(t *testing.T) {
	t.Parallel()
	f := start(t)
	o := f.sold(t, order.Card)
	b := order.Buyers{Orders: f.cashier.Orders, Licenses: f.reader.Licenses}
	l, digest := f.view(t, o.Number).Licenses[0], f.digest(t, o.Number)
	f.Faults.Clear()
	got, err := b.Of(t.Context(), digest)
	if err != nil || got == nil || got.Account != buyer(1) || got.Order != o.Number || got.Last4 != l.Last4 {
		t.Errorf("%+v, %v", got, err)
	}
	if calls := f.Faults.Asked(); len(calls) != 2 {
		t.Errorf("it asks %v", calls)
	}
	if got.Entered != nil {
		t.Error("there is no other key to ask for")
	}
	if got, err := b.Of(t.Context(), []byte("no license of ours")); got != nil || err != nil {
		t.Errorf("of no license: %+v, %v", got, err)
	}
}
