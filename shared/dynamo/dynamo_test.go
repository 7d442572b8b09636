package dynamo_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
)

var errTaken = fault.New(fault.Conflict, "test-taken", "It is taken")

// claim is a write that binds a place to a name; by the same name again it is done already.
func claim(table, place, name string) dynamo.Write {
	key := dynamo.Item{"p": dynamo.S(place)}
	return dynamo.Create(table, key, dynamo.Item{"p": dynamo.S(place), "n": dynamo.S(name)}, func(stands dynamo.Item) error {
		if stands == nil {
			return nil
		}
		f := dynamo.Read(stands)
		if f.Text("n") == name {
			return dynamo.ErrAlready
		}
		return errTaken
	})
}

func name(t *testing.T, f *dynamotest.Fixture, place string) string {
	t.Helper()
	item, err := f.DB.Get(t.Context(), f.Table("LIMITS_TABLE"), dynamo.Item{"p": dynamo.S(place)})
	if errors.Is(err, dynamo.ErrNone) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return dynamo.Read(item).Text("n")
}

func TestCommitIsAllOrNothing(t *testing.T) {
	f := dynamotest.Start(t)
	table := f.Table("LIMITS_TABLE")
	if err := f.DB.Commit(t.Context(), claim(table, "a", "ann")); err != nil {
		t.Fatal(err)
	}
	err := f.DB.Commit(t.Context(), claim(table, "b", "bob"), claim(table, "a", "bob"))
	if !errors.Is(err, errTaken) {
		t.Fatalf("err = %v", err)
	}
	if got := name(t, f, "b"); got != "" {
		t.Errorf("a refused transaction left %q behind", got)
	}
	if err := f.DB.Commit(t.Context(), claim(table, "a", "ann")); err != nil {
		t.Errorf("a single write that is done already: %v", err)
	}
}

func TestALostAnswerIsSuccess(t *testing.T) {
	f := dynamotest.Start(t)
	table := f.Table("LIMITS_TABLE")
	for i, writes := range [][]dynamo.Write{
		{claim(table, "one", "ann")},
		{claim(table, "two", "ann"), claim(table, "three", "ann")},
	} {
		f.Faults.OnCall(0, dynamotest.CutReply)
		if err := f.DB.Commit(t.Context(), writes...); err != nil {
			t.Errorf("case %d: %v", i, err)
		}
		f.Faults.Clear()
	}
	for _, place := range []string{"one", "two", "three"} {
		if got := name(t, f, place); got != "ann" {
			t.Errorf("%s = %q", place, got)
		}
	}
}

func TestConflictsAreAskedAgainAndTroubleIsTold(t *testing.T) {
	f := dynamotest.Start(t)
	table := f.Table("LIMITS_TABLE")
	f.Faults.Script(func(n int, _ dynamotest.Call) dynamotest.Fault {
		if n < 3 {
			return dynamotest.Conflict
		}
		return dynamotest.None
	})
	if err := f.DB.Commit(t.Context(), claim(table, "a", "ann"), claim(table, "b", "ann")); err != nil {
		t.Errorf("three conflicts: %v", err)
	}
	f.Faults.FromCall(0, dynamotest.Conflict)
	if err := f.DB.Commit(t.Context(), claim(table, "c", "ann"), claim(table, "d", "ann")); !errors.Is(err, dynamo.ErrBusy) {
		t.Errorf("conflicts without end: %v", err)
	}
	for _, trouble := range []dynamotest.Fault{dynamotest.Throttle, dynamotest.ServerFail, dynamotest.CutRequest} {
		f.Faults.FromCall(0, trouble)
		if _, err := f.DB.Get(t.Context(), table, dynamo.Item{"p": dynamo.S("a")}); !errors.Is(err, dynamo.ErrUnavailable) {
			t.Errorf("get under fault %d: %v", trouble, err)
		}
		if err := f.DB.Commit(t.Context(), claim(table, "e", "ann"), claim(table, "f", "ann")); !errors.Is(err, dynamo.ErrUnavailable) {
			t.Errorf("commit under fault %d: %v", trouble, err)
		}
	}
	f.Faults.Clear()
	if got := name(t, f, "c") + name(t, f, "e"); got != "" {
		t.Errorf("something was written: %q", got)
	}
}

func TestOneWinnerAmongMany(t *testing.T) {
	f := dynamotest.Start(t)
	table := f.Table("LIMITS_TABLE")
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			err := f.DB.Commit(t.Context(), claim(table, "prize", fmt.Sprint(i)), claim(table, fmt.Sprint("own", i), "x"))
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, errTaken):
				lost.Add(1)
			default:
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || lost.Load() != 39 {
		t.Errorf("%d won, %d lost", won.Load(), lost.Load())
	}
}

func TestHalfDoneIsAnError(t *testing.T) {
	f := dynamotest.Start(t)
	table := f.Table("LIMITS_TABLE")
	if err := f.DB.Commit(t.Context(), claim(table, "a", "ann")); err != nil {
		t.Fatal(err)
	}
	err := f.DB.Commit(t.Context(), claim(table, "a", "ann"), claim(table, "b", "ann"))
	if _, declared := fault.Of(err); err == nil || declared {
		t.Errorf("err = %v", err)
	}
}

// What we lean on of DynamoDB, pinned against whichever endpoint is in use.
func TestSemantics(t *testing.T) {
	f := dynamotest.Start(t)
	table := f.Table("LIMITS_TABLE")
	take := func(max int64) (dynamo.Item, error) {
		return f.DB.Update(t.Context(), &dynamodb.UpdateItemInput{
			TableName: &table, Key: dynamo.Item{"p": dynamo.S("c")},
			UpdateExpression:          aws.String("ADD c :one"),
			ConditionExpression:       aws.String("attribute_not_exists(c) OR c < :max"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":one": dynamo.N(1), ":max": dynamo.N(max)},
		})
	}
	t.Run("ADD on a missing number starts at zero, ALL_NEW comes back", func(t *testing.T) {
		item, err := take(2)
		if err != nil || dynamo.Read(item).Int("c") != 1 {
			t.Fatalf("item = %v, err = %v", item, err)
		}
	})
	t.Run("a failed condition brings the old item", func(t *testing.T) {
		if _, err := take(2); err != nil {
			t.Fatal(err)
		}
		_, err := take(2)
		refused, ok := errors.AsType[*dynamo.Refused](err)
		if !ok || dynamo.Read(refused.Stands).Int("c") != 2 {
			t.Fatalf("err = %v", err)
		}
	})
	t.Run("parallel capped increments stop at the cap", func(t *testing.T) {
		var done atomic.Int32
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := take(7); err == nil {
					done.Add(1)
				}
			})
		}
		wg.Wait()
		if done.Load() != 5 {
			t.Errorf("%d of 50 went through, want 5", done.Load())
		}
	})
	t.Run("list elements shift within one update", func(t *testing.T) {
		key := dynamo.Item{"p": dynamo.S("ring")}
		put := dynamo.Create(table, key, dynamo.Item{"p": dynamo.S("ring"), "r": dynamo.L(dynamo.N(3), dynamo.N(2), dynamo.N(1))}, func(dynamo.Item) error { return nil })
		if err := f.DB.Commit(t.Context(), put); err != nil {
			t.Fatal(err)
		}
		item, err := f.DB.Update(t.Context(), &dynamodb.UpdateItemInput{
			TableName: &table, Key: key,
			UpdateExpression:          aws.String("SET r[0] = :n, r[1] = r[0], r[2] = r[1]"),
			ConditionExpression:       aws.String("r[2] <= :old"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":n": dynamo.N(4), ":old": dynamo.N(1)},
		})
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, v := range dynamo.Read(item).List("r") {
			got += v.(*types.AttributeValueMemberN).Value
		}
		if got != "432" {
			t.Errorf("ring = %s", got)
		}
	})
}

func TestFieldsNameWhatIsWrong(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_123).UTC()
	f := dynamo.Read(dynamo.Item{"s": dynamo.S("x"), "n": dynamo.N(5), "t": dynamo.Ms(at), "b": dynamo.B([]byte{1}), "z": dynamo.Ms(time.Time{}), "f": dynamo.Bool(true), "m": dynamo.M(dynamo.Item{"i": dynamo.S("in")}), "l": dynamo.L(dynamo.N(1))})
	if f.Text("s") != "x" || f.Int("n") != 5 || !f.Time("t").Equal(at) || f.Bytes("b")[0] != 1 || !f.Time("z").IsZero() || !f.Flag("f") || f.Map("m").Text("i") != "in" || len(f.List("l")) != 1 {
		t.Error("a value is read wrong")
	}
	if f.MayText("no")+string(f.MayBytes("no")) != "" || f.MayInt("no") != 0 || !f.MayTime("no").IsZero() || f.Flag("no") || f.Err() != nil {
		t.Errorf("absent values: %v", f.Err())
	}
	f.Text("n")
	f.Int("s")
	if f.Err() == nil {
		t.Error("wrong types pass")
	}
}

func TestSizeFollowsThePublishedRules(t *testing.T) {
	item := dynamo.Item{"p": dynamo.S("abc"), "n": dynamo.N(1_700_000_000_123), "z": dynamo.N(100), "l": dynamo.L(dynamo.N(0), dynamo.B(make([]byte, 10))), "f": dynamo.Bool(true)}
	// p 1+3, n 1+8, z 1+2, l 1+3+(1+2)+(1+10), f 1+1
	if got := dynamo.Size(item); got != 4+9+3+18+2 {
		t.Errorf("size = %d", got)
	}
}

func TestTheMeterTellsWhatCallsCost(t *testing.T) {
	f := dynamotest.Start(t)
	table := f.Table("LIMITS_TABLE")
	f.Faults.Meter()
	if err := f.DB.Commit(t.Context(), claim(table, "a", "ann")); err != nil {
		t.Fatal(err)
	}
	if err := f.DB.Commit(t.Context(), claim(table, "b", "ann"), claim(table, "c", "ann")); err != nil {
		t.Fatal(err)
	}
	calls := f.Faults.Calls()
	if len(calls) != 2 || calls[0].Units != 1 || calls[1].Units != 4 {
		t.Errorf("calls = %+v, want a put of 1 unit and a transaction of 4", calls)
	}
}
