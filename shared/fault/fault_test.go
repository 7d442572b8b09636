package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"phoneotp/shared/fault"
)

var errSample = fault.New(fault.Conflict, "sample-taken", "The sample is taken")

func TestCopiesMatchTheirDeclarationAndLeaveItAlone(t *testing.T) {
	at := time.Unix(1000, 0)
	c := errSample.Because("by you").RetryingAt(at).At("/a", "x").At("/b", "y").Then("reload").With("n", 1)
	wrapped := fmt.Errorf("take: %w", c)
	if !errors.Is(wrapped, errSample) {
		t.Error("a wrapped copy does not match its declaration")
	}
	if errors.Is(wrapped, fault.New(fault.Conflict, "other", "")) {
		t.Error("a copy matches another code")
	}
	got, ok := fault.Of(wrapped)
	if !ok || got.Detail != "by you" || !got.RetryAt.Equal(at) || len(got.Fields) != 2 || got.Next != "reload" || got.Extra["n"] != 1 {
		t.Errorf("copy = %+v", got)
	}
	if errSample.Detail != "" || errSample.Fields != nil || errSample.Extra != nil || errSample.Next != "" {
		t.Errorf("the declaration was altered: %+v", errSample)
	}
	if _, ok := fault.Of(errors.New("plain")); ok {
		t.Error("a plain error is taken for a fault")
	}
}

func TestACheckGathersAllFields(t *testing.T) {
	var c fault.Check
	c.Field(true, "/fine", "never seen")
	if c.Err() != nil {
		t.Fatalf("err = %v with nothing wrong", c.Err())
	}
	c.Field(false, "/a", "is required")
	c.Field(false, "/b", "is too long")
	f, ok := fault.Of(c.Err())
	if !ok || f.Code != "invalid" || len(f.Fields) != 2 || f.Fields[1].Pointer != "/b" {
		t.Errorf("err = %+v", f)
	}
}
