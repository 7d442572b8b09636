package credential_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/phone"
	"phoneotp/shared/sweep"
)

// Several sweeps at once, each of them like the schedule coming twice: every mail once.
func TestParallelSweepsSendOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for i := range 20 {
		a := o.who(fmt.Sprintf("holder%d", i))
		o.open(t, a)
	}
	results := make(chan sweep.Result, 4)
	for range cap(results) {
		go func() {
			out, err := o.Sweep(t.Context(), on(365))
			if err != nil {
				t.Error(err)
			}
			results <- out
		}()
	}
	handled := 0
	for range cap(results) {
		handled += (<-results).Handled
	}
	if got := o.mails(t, on(365)); len(got) != 20 || len(slices.Compact(got)) != 20 || handled < 20 {
		t.Errorf("%d handled, mailed %v", handled, got)
	}
	if got := o.sweep(t, on(366)); len(got) > 0 {
		t.Errorf("mailed again: %v", got)
	}
}

// A crash at any call, a lost answer of any call: the next sweep sends what is missing, nothing is sent twice.
func TestASweepThatCrashesIsResumed(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	const holders = 6
	for i := range holders {
		a := o.who(fmt.Sprintf("holder%d", i))
		o.open(t, a)
		o.buyers[a.Holder] = o.who("boss").Holder
	}
	steps := []float64{305, 335, 350, 358, 365, 395}
	crashes := []int{0, 3, 8, 9, 10, 12}
	for i, day := range steps {
		fault := dynamotest.CutRequest
		if i%2 == 1 {
			fault = dynamotest.CutReply // the work is done, and the sweep dies before it learns that
		}
		o.Faults.FromCall(crashes[i], fault)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, err := o.Sweep(ctx, on(day))
		cancel()
		o.Faults.Clear()
		if err == nil {
			t.Errorf("day %v: the crash after %d calls went unnoticed", day, crashes[i])
		}
		out, err := o.Sweep(t.Context(), on(day))
		if err != nil || out.Failed > 0 {
			t.Errorf("day %v, again: %+v, %v", day, out, err)
		}
		got := o.mails(t, on(day))
		boss := 0
		for _, mail := range got {
			if strings.HasSuffix(mail, " to boss") {
				boss++
			}
		}
		if boss != 1 || len(got) != holders+1 {
			t.Errorf("day %v: %v", day, got)
		}
	}
}

func TestALostAnswerOfTheSweepSendsOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.open(t, o.who("grace"))
	calls := 8 + 2 // the shards, the credential, the transaction
	o.Faults.OnCall(calls-1, dynamotest.CutReply)
	if got := o.sweep(t, on(350)); !slices.Equal(got, []string{"expiring to grace"}) {
		t.Errorf("mailed %v", got)
	}
	o.Faults.Clear()
	if got := o.sweep(t, on(350)); len(got) > 0 {
		t.Errorf("mailed again: %v", got)
	}
}

func TestAThrottledTableLeavesEverythingToTheNextSweep(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for i := range 8 {
		a := o.who(fmt.Sprintf("holder%d", i))
		o.Open(t, a.Holder, phone.USService, noon, noon)
	}
	o.Faults.Script(func(_ int, c dynamotest.Call) dynamotest.Fault {
		if c.Operation == "TransactWriteItems" {
			return dynamotest.Throttle
		}
		return dynamotest.None
	})
	out, err := o.Sweep(t.Context(), on(365))
	if err == nil || out.Handled != 0 || out.Failed != 8 {
		t.Errorf("%+v, %v", out, err)
	}
	o.Faults.Clear()
	if got := o.sweep(t, on(365.1)); len(got) != 8 {
		t.Errorf("mailed %v", got)
	}
}

// What cannot be read stays and is counted; all others have their mail.
func TestAPoisonedCredentialKeepsNobodyElse(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for i := range 30 {
		a := o.who(fmt.Sprintf("holder%d", i))
		o.Open(t, a.Holder, phone.USService, noon, noon)
		if i < 10 {
			o.set(t, a.Holder, "st", dynamo.S("state of a later release"))
		}
	}
	for range 2 {
		out, err := o.Sweep(t.Context(), on(365))
		if err == nil || out.Failed != 10 || out.Stopped {
			t.Errorf("%+v, %v", out, err)
		}
	}
	if got := o.mails(t, on(365)); len(got) != 20 {
		t.Errorf("mailed %v", got)
	}
}

// What became of a credential between the sweep's reading and its writing decides.
func TestARenewalDuringTheSweepWins(t *testing.T) {
	o := openOffice(t)
	a := o.who("grace")
	o.Active(t, a, noon)
	o.Reminding.Buyer = func(context.Context, []byte) (*credential.Buyer, error) { // asked between the two
		o.renew(t, a.Holder, "SO-00000001", on(350), on(350))
		return nil, nil
	}
	out, err := o.Sweep(t.Context(), on(350))
	if err != nil || out.Handled != 0 || out.Failed != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	if got := o.mails(t, on(350)); len(got) > 0 {
		t.Errorf("mailed %v", got)
	}
	o.audited(t, a.Holder)
}
