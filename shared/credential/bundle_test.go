package credential_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/notice"
)

// team gives a boss's keys to so many people, who activate them, and one to the boss.
func (o *office) team(t *testing.T, n int) (boss account.ID, members []credential.Asker) {
	t.Helper()
	own := o.who("boss")
	o.open(t, own)
	o.buyers[own.Holder] = own.Holder
	for i := range n {
		a := o.who(fmt.Sprintf("holder%02d", i))
		o.open(t, a)
		o.buyers[a.Holder] = own.Holder
		members = append(members, a)
	}
	return own.Holder, members
}

// letters are the mails to somebody about keys that he bought, as subject and text, the oldest first.
func (o *office) letters(t *testing.T, to account.ID, now time.Time) []string {
	t.Helper()
	found, err := o.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(o.Table("OUTBOX_TABLE")), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(found.Items, func(a, b dynamo.Item) int { return int(dynamo.Read(a).Int("at") - dynamo.Read(b).Int("at")) })
	var out []string
	for _, item := range found.Items {
		taken, err := o.Outbox.Take(t.Context(), dynamo.Read(item).Text("p"), now)
		if err != nil {
			t.Fatal(err)
		}
		if taken.Account() != to.String() {
			continue
		}
		letter, err := notice.Compose(taken, notice.Facts{Origin: credentialtest.Origin})
		if err != nil {
			t.Fatal(err)
		}
		if all := letter.Subject + "\n" + strings.Join(strings.Fields(letter.Text.Reveal()), " "); strings.Contains(all, "SO-") {
			out = append(out, all)
		}
	}
	return out
}

// bossGets checks what the mails about an order that is at its end say, one pattern a mail.
func (o *office) bossGets(t *testing.T, name string, boss account.ID, now time.Time, want ...string) {
	t.Helper()
	got := o.letters(t, boss, now)
	if len(got) != len(want) {
		t.Errorf("%s: %d mails, want %d: %q", name, len(got), len(want), got)
		return
	}
	for i, w := range want {
		if !slices.ContainsFunc(got, func(letter string) bool { return strings.Contains(letter, w) }) {
			t.Errorf("%s, mail %d: none says %q: %q", name, i, w, got)
		}
	}
}

// A purchaser of fifty keys gets one mail a reminder, which says for how many it is, and each holder an own one.
func TestAPurchaserOfFiftyKeysGetsOneMailAReminder(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	boss, team := o.team(t, 49)
	for _, a := range team[47:] {
		o.set(t, a.Holder, "aa", dynamo.N(0)) // entered, never activated
		o.set(t, a.Holder, "da", dynamo.Ms(on(365)))
	}
	o.Faults.Clear()
	if got := o.sweep(t, on(305)); len(got) != 47+1+1 || got[0] != "expiring to boss" || got[1] != "expiring to boss" || got[2] != "expiring to holder00" {
		t.Errorf("mailed %v", got)
	}
	together := 0
	for _, c := range o.Faults.Calls() {
		if c.Operation == "BatchGetItem" {
			together++
		}
	}
	if together != 1 {
		t.Errorf("the order's credentials were read %d times", together)
	}
	o.bossGets(t, "before", boss, on(305.1), "47 credentials that you bought expire on 1 June 2027\n")
	if got := o.sweep(t, on(306)); len(got) != 0 {
		t.Errorf("mailed again: %v", got)
	}
	o.sweep(t, on(365))
	letters := o.letters(t, boss, on(365.1))
	if len(letters) != 2 || !strings.Contains(letters[1], "47 credentials that you bought have expired") || !strings.Contains(letters[1], "2 more license keys had been entered") {
		t.Errorf("at the end: %q", letters)
	}
	for _, l := range letters {
		if strings.Contains(l, "holder") || strings.Contains(l, "K7QX") {
			t.Errorf("it names a holder or a key: %q", l)
		}
	}
}

// What ends at another instant, or is not of the order any more, is not counted; another order has its own mail.
func TestAMailToThePurchaserCountsWhatEndsThen(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	boss, team := o.team(t, 9)
	renewed, revoked, replaced, other, gone := team[0].Holder, team[1].Holder, team[2].Holder, team[3].Holder, team[4].Holder
	o.renew(t, renewed, "SO-00000001", on(300), on(300))
	if err := o.DB.Commit(t.Context(), o.World.Registry.Revoking(o.Find(t, revoked))); err != nil {
		t.Fatal(err)
	}
	o.set(t, replaced, "li", dynamo.B([]byte("a license of another order")))
	o.orders[other] = "SO-5678EFGH"
	if _, err := o.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(o.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(gone[:])}}); err != nil {
		t.Fatal(err)
	}
	o.sweep(t, on(305))
	o.bossGets(t, "two orders", boss, on(305.1), "4 Phone OTP credentials that people set up with license keys of your order SO-1234ABCD", "the license key ending K7QX of your order SO-5678EFGH")
}

// Sweeps that come at once, and a straggler of the next hour, find the mail written.
func TestOneMailToThePurchaserOfSeveralSweeps(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	boss, team := o.team(t, 12)
	late := team[0].Holder
	o.set(t, late, "da", dynamo.Ms(on(305.04)))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if out, err := o.Sweep(t.Context(), on(305)); err != nil || out.Failed > 0 {
				t.Errorf("%+v, %v", out, err)
			}
		})
	}
	all.Wait()
	o.bossGets(t, "at once", boss, on(305), "12 credentials that you bought expire")
	if got := o.mails(t, on(305.02)); len(got) != 13+1-1 {
		t.Errorf("mailed %v", got)
	}
	if got := o.sweep(t, on(305.05)); !slices.Equal(got, []string{"expiring to holder00"}) {
		t.Errorf("the straggler: %v", got)
	}
}

// The first of an order to be handled meets trouble at any call; the next sweep finds what is missing, once.
func TestTroubleOfTheFirstOfAnOrder(t *testing.T) {
	t.Parallel()
	for _, fault := range []dynamotest.Fault{dynamotest.CutRequest, dynamotest.CutReply, dynamotest.Throttle} {
		for _, operation := range []string{"GetItem", "BatchGetItem", "TransactWriteItems"} {
			o := openOffice(t)
			boss, _ := o.team(t, 3)
			hit := 0
			o.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
				if c.Operation != operation || hit > 0 {
					return dynamotest.None
				}
				hit++
				return fault
			})
			_, _ = o.Sweep(t.Context(), on(350))
			o.Faults.Clear()
			if hit == 0 {
				t.Errorf("%s was not called", operation)
			}
			if out, err := o.Sweep(t.Context(), on(350.1)); err != nil || out.Failed > 0 {
				t.Errorf("%s, %v, again: %+v, %v", operation, fault, out, err)
			}
			o.bossGets(t, fmt.Sprintf("%s, %v", operation, fault), boss, on(350.1), "3 credentials that you bought expire")
		}
	}
}

// The one whose transaction would have written the mail is renewed in that very moment: another writes it.
func TestARenewalOfTheFirstOfAnOrderLosesNoMail(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	boss, team := o.team(t, 4)
	o.set(t, boss, "da", dynamo.Ms(on(400)))
	var once sync.Once
	ask := o.Reminding.Buyer
	o.Reminding.Buyer = func(ctx context.Context, license []byte) (*credential.Buyer, error) {
		b, err := ask(ctx, license)
		if err != nil || b == nil {
			return b, err
		}
		entered := b.Entered
		b.Entered = func(ctx context.Context) ([]credential.Entered, error) { // asked by the first alone
			once.Do(func() {
				for _, a := range team {
					if string(credentialtest.License(a.Holder)) == string(license) {
						o.renew(t, a.Holder, "SO-00000001", on(350), on(350))
					}
				}
			})
			return entered(ctx)
		}
		return b, nil
	}
	if out, err := o.Sweep(t.Context(), on(350)); err != nil || out.Handled != 3 {
		t.Errorf("%+v, %v", out, err)
	}
	o.bossGets(t, "renewed", boss, on(350), "3 credentials that you bought expire")
}

// One that cannot be read is not counted and keeps no mail about the others.
func TestAnUnreadableCredentialOfAnOrderKeepsNoMail(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	boss, team := o.team(t, 4)
	o.set(t, team[0].Holder, "st", dynamo.S("state of a later release"))
	if out, err := o.Sweep(t.Context(), on(350)); err == nil || out.Failed != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	o.bossGets(t, "one is unreadable", boss, on(350), "3 credentials that you bought expire")
}
