package aging

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/proofing"
)

// cases moves the account's proofing cases, what is counted of their persons, and their appointments, and starts
// the next execution of the workflow of each that is open: the one that runs waits for other instants.
func (a Ager) cases(ctx context.Context, id account.ID, by time.Duration) error {
	var names, persons, appointments []string
	if err := a.each(ctx, a.Tables.Cases, func(item dynamo.Item) (bool, error) {
		f := dynamo.Read(item)
		if !strings.HasPrefix(f.Text("p"), "c#") || !bytes.Equal(f.MayBytes("a"), id[:]) {
			return false, f.Err()
		}
		if pe := f.MayBytes("pe"); pe != nil {
			persons = append(persons, "p#"+hex.EncodeToString(pe))
		}
		if f.Has("ap") {
			appointments = append(appointments, f.Map("ap").Text("i"))
		}
		if err := shift(item, by, time.Millisecond, caseInstants); err != nil {
			return false, err
		}
		if name := nextGeneration(item); name != "" {
			names = append(names, name)
		}
		return true, f.Err()
	}); err != nil {
		return err
	}
	if err := a.persons(ctx, persons, by); err != nil {
		return fmt.Errorf("persons: %w", err)
	}
	for _, appointment := range appointments {
		if err := a.appointment(ctx, appointment, by); err != nil {
			return fmt.Errorf("appointment %s: %w", appointment, err)
		}
	}
	return a.restart(ctx, names)
}

// nextGeneration makes an open case's item one of the next generation and returns the execution's name.
func nextGeneration(item dynamo.Item) string {
	f := dynamo.Read(item)
	if !proofing.State(f.Text("st")).Open() {
		return ""
	}
	g := f.Int("g") + 1
	item["g"], item["v"] = dynamo.N(g), dynamo.N(f.Int("v")+1)
	return fmt.Sprintf("%s-%d", strings.TrimPrefix(f.Text("p"), "c#"), g)
}

func (a Ager) restart(ctx context.Context, names []string) error {
	var all []error
	for _, name := range names {
		all = append(all, a.Restart(ctx, name))
	}
	return errors.Join(all...)
}

func (a Ager) persons(ctx context.Context, keys []string, by time.Duration) error {
	return a.each(ctx, a.Tables.Cases, func(item dynamo.Item) (bool, error) {
		if !slices.Contains(keys, dynamo.Read(item).Text("p")) {
			return false, nil
		}
		if err := shift(item, by, time.Second, personSeconds); err != nil {
			return false, err
		}
		return true, shift(item, by, time.Millisecond, personInstants)
	})
}
