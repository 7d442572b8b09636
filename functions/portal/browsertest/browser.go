package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long one step of a test may wait for the page.
const patience = 20 * time.Second

// names under which Debian and others install a Chromium; the small one starts three times as fast.
var names = []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"}

// Browser is a running Chromium.
type Browser struct {
	ctx  context.Context
	stop []context.CancelFunc
}

// Start starts the browser. Without a Chromium on the machine it fails and says what to install: a test
// of pages is never passed over.
func Start() (*Browser, error) {
	path := ""
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, fmt.Errorf("no Chromium on this machine: install one of %s (Debian: apt-get install chromium-headless-shell)", strings.Join(names, ", "))
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		// One process draws all pages of a tab; else each page would start one, which costs more than the page itself.
		chromedp.Flag("process-per-site", true), chromedp.Flag("disable-features", "Translate,BackForwardCache,ProactivelySwapBrowsingInstance"))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	b := &Browser{ctx: ctx, stop: []context.CancelFunc{stop, stopAllocator}}
	if err := chromedp.Do(ctx); err != nil {
		b.Stop()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return b, nil
}

// Stop ends the browser and waits for it.
func (b *Browser) Stop() {
	chromedp.Cancel(b.ctx) // its error would only say that the browser was gone already
	for _, stop := range b.stop {
		stop()
	}
}

// Tab is one tab with cookies and storage of its own.
type Tab struct {
	tb  testing.TB
	ctx context.Context
	*faults
	lent bool // it goes on when its test has ended
}

// faults are what went wrong in a tab's pages.
type faults struct {
	mu    sync.Mutex
	texts []string
}

// report fails the test for each, and forgets them.
func (f *faults) report(tb testing.TB) {
	tb.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, text := range f.texts {
		tb.Errorf("in the page: %s", text)
	}
	f.texts = nil
}

// violation is how the page's own listener reports a breach of its policy; the report goes over the
// console, so that it outlives a navigation.
const violation = "content-security-policy violation: "

const listener = `addEventListener("securitypolicyviolation", (e) => console.error("` + violation + `" + e.violatedDirective + " " + e.blockedURI + " " + e.sourceFile + ":" + e.lineNumber));`

// Open opens a tab of this size. When the test ends, the tab closes and everything that went wrong in its
// pages is reported.
func (b *Browser) Open(tb testing.TB, width, height int64) *Tab {
	tb.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t := &Tab{tb: tb, ctx: ctx, faults: &faults{}}
	tb.Cleanup(func() {
		cancel()
		t.report(tb)
	})
	if err := chromedp.Do(ctx); err != nil {
		tb.Fatalf("open a tab: %v", err)
	}
	t.must("listen", chromedp.Listen(ctx, t.hear))
	t.BeforeScripts(listener)
	t.BeforeScripts(steady)
	t.Size(width, height)
	return t
}

// Lend is the tab for a part of its test. When that ends, it leaves the page that is open, and everything that went wrong
// is reported there. What a page keeps, it keeps for its own origin: parts with an origin each do not see each other's.
func (t *Tab) Lend(tb testing.TB) *Tab {
	tb.Helper()
	lent := &Tab{tb: tb, ctx: t.ctx, faults: t.faults, lent: true}
	tb.Cleanup(func() {
		_, err := run(lent, chromedp.Navigate("about:blank"))
		lent.report(tb)
		if err != nil {
			tb.Errorf("leave the page: %v", err)
		}
	})
	return lent
}

// BeforeScripts runs a script in every page that opens from now on, before its own.
func (t *Tab) BeforeScripts(source string) {
	t.tb.Helper()
	added, err := chromedp.Call(t.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
	t.must("add a script", err)
	if !t.lent {
		return
	}
	t.tb.Cleanup(func() {
		if _, err := chromedp.Call(t.ctx, page.RemoveScriptToEvaluateOnNewDocument, page.RemoveScriptToEvaluateOnNewDocumentParams(added)); err != nil {
			t.tb.Errorf("remove a script: %v", err)
		}
	})
}

func (t *Tab) hear(event any) {
	fault := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		fault = "exception: " + e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			fault += " " + thrown.Description
		}
	case *runtime.EventConsoleAPICalled:
		for _, argument := range e.Args {
			if e.Type == runtime.ConsoleAPICalledTypeError {
				fault += string(argument.Value) + argument.Description + " "
			}
		}
	}
	if fault == "" {
		return
	}
	t.mu.Lock()
	t.texts = append(t.texts, fault)
	t.mu.Unlock()
}

// Size changes the size of the window.
func (t *Tab) Size(width, height int64) {
	t.tb.Helper()
	t.do("resize", chromedp.EmulateViewport(width, height))
}

// Zone puts the tab into a time zone, as America/Denver.
func (t *Tab) Zone(name string) {
	t.tb.Helper()
	_, err := chromedp.Call(t.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name})
	t.must("set the zone "+name, err)
}

// Go opens an address and waits until it has loaded.
func (t *Tab) Go(address string) {
	t.tb.Helper()
	t.do("open "+address, chromedp.Navigate(address))
}

// Press sends keys to whatever has the focus.
func (t *Tab) Press(keys string) {
	t.tb.Helper()
	t.do("press keys", chromedp.KeyEvent(keys))
}

// Choose selects an option of a select element by its value, as a person would.
func (t *Tab) Choose(css, value string) {
	t.tb.Helper()
	t.Ready()
	t.Shown(css)
	done := Eval[bool](t, fmt.Sprintf(`(() => { const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); return s.value === %q; })()`, css, value, value))
	if !done {
		t.tb.Fatalf("%s has no option %q", css, value)
	}
}

// Says waits until the element is there, not hidden, and its text holds this.
func (t *Tab) Says(css, text string) {
	t.tb.Helper()
	t.Until(fmt.Sprintf(`((e) => e?.checkVisibility() && e.textContent.includes(%q))(document.querySelector(%q))`, text, css))
}

// Until waits until the expression is true in whatever page is open by then.
func (t *Tab) Until(expression string) {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	for {
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+expression+`)`))
		if err == nil && holds {
			return
		}
		select { // an error only says that a page is being left
		case <-ctx.Done():
			t.tb.Fatalf("waited %v for %s\n%s", patience, expression, t.where())
		case <-time.After(pause):
		}
	}
}

// At waits until the address has this path and its page is ready.
func (t *Tab) At(path string) {
	t.tb.Helper()
	t.Until(fmt.Sprintf(`location.pathname === %q && document.readyState === "complete" && globalThis.steady?.ready()`, path))
}

// Text is the element's text as it is shown.
func (t *Tab) Text(css string) string {
	t.tb.Helper()
	t.Shown(css)
	return Eval[string](t, fmt.Sprintf(`document.querySelector(%q).innerText`, css))
}

// Screenshot is the whole page as PNG.
func (t *Tab) Screenshot() []byte {
	t.tb.Helper()
	shot, err := run(t, chromedp.FullScreenshot(100))
	t.must("take a screenshot", err)
	return shot
}

// Eval evaluates an expression in the page, waiting for a promise.
func Eval[T any](t *Tab, expression string) T {
	t.tb.Helper()
	v, err := run(t, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	t.must("evaluate", err)
	return v
}

func run[T any](t *Tab, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, action)
}

func (t *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	t.tb.Helper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("not within %v\n%s", patience, t.where())
		}
		t.tb.Fatalf("%s: %v", what, err)
	}
}

func (t *Tab) must(what string, err error) {
	t.tb.Helper()
	if err != nil {
		t.tb.Fatalf("%s: %v", what, err)
	}
}

// where tells what the page shows, for a test that waited in vain.
func (t *Tab) where() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.querySelector("main")?.innerText`))
	if err != nil {
		return "the page does not answer: " + err.Error()
	}
	return text
}
