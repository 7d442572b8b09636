package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/chromedp/chromedp"
)

// steady.js is run in every page before its own scripts.
//
//go:embed steady.js
var steady string

// pause is how long a step waits between two looks at the page.
const pause = 20 * time.Millisecond

// point is where an element can be clicked, or why it cannot yet.
type point struct {
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	NotYet string  `json:"notYet"`
}

// Click waits until a person could click the element and something would come of it: it is seen and at rest, nothing
// lies over it, and the page's script listens to the button or its form. Then it clicks its middle, again if the page
// has moved it away by then.
func (t *Tab) Click(css string) {
	t.tb.Helper()
	t.wait("click "+css, func(ctx context.Context) (string, error) {
		at, err := look[point](ctx, "clickable", css)
		if err != nil || at.NotYet != "" {
			return at.NotYet, err
		}
		if err := chromedp.Do(ctx, chromedp.MouseClickXY(at.X, at.Y)); err != nil {
			t.tb.Fatalf("click %s: %v", css, err)
		}
		missed, err := chromedp.Run(ctx, chromedp.Evaluate[string](`globalThis.steady?.missedBy() ?? ""`))
		if err != nil {
			return "", nil // the press has led to another page
		}
		return missed, nil
	})
}

// Shown waits until the element can be seen.
func (t *Tab) Shown(css string) {
	t.tb.Helper()
	t.wait("see "+css, func(ctx context.Context) (string, error) { return look[string](ctx, "unseen", css) })
}

// Type waits until the field can be seen and the page has begun to work with it, empties it and types.
func (t *Tab) Type(css, text string) {
	t.tb.Helper()
	t.wait("type into "+css, func(ctx context.Context) (string, error) { return look[string](ctx, "select", css) })
	t.do("type into "+css, chromedp.SendKeys(chromedp.CSS(css), text))
}

// Ready waits until the page knows who is signed in and its script has started; pages without scripts are so at once.
func (t *Tab) Ready() {
	t.tb.Helper()
	t.Until(`globalThis.steady?.ready()`)
}

// look asks steady.js about an element.
func look[T any](ctx context.Context, question, css string) (T, error) {
	name, err := json.Marshal(css)
	if err != nil {
		panic(err) // a text
	}
	return chromedp.Run(ctx, chromedp.Evaluate[T](fmt.Sprintf("steady.%s(%s)", question, name), chromedp.EvalAwaitPromise))
}

// wait asks again and again until nothing is in the way of a step. An error only says that a page is being left.
func (t *Tab) wait(what string, inTheWay func(context.Context) (string, error)) {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	last := ""
	for {
		reason, err := inTheWay(ctx)
		if err == nil && reason == "" {
			return
		}
		if err == nil {
			last = reason
		}
		select {
		case <-ctx.Done():
			t.tb.Fatalf("%s: not within %v: %s\n%s", what, patience, last, t.where())
		case <-time.After(pause):
		}
	}
}
