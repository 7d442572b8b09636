package main

import (
	"encoding/base64"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/functions/portal/browsertest"
)

var shots = flag.String("shots", "", "keep a screenshot of every page state in this folder, 1280 and 375 pixels wide")

var chromium *browsertest.Browser

func TestMain(m *testing.M) {
	flag.Parse()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // a line for each request of each page would hide what failed
	var err error
	if chromium, err = browsertest.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "portal tests:", err)
		os.Exit(1)
	}
	code := m.Run()
	chromium.Stop()
	os.Exit(code)
}

func decoded(res events.APIGatewayV2HTTPResponse) []byte {
	if !res.IsBase64Encoded {
		return []byte(res.Body)
	}
	body, err := base64.StdEncoding.DecodeString(res.Body)
	if err != nil {
		panic(err)
	}
	return body
}

// state is one state of one page: what the API says, what a person does, what is then seen.
type state struct {
	name string
	path string
	api  fixtures
	keep string // run in the page's origin before it opens, as the cart
	// before runs in the page before its own scripts, as another clock.
	before string
	do     func(*browsertest.Tab) // what a person does
	seen   string                 // an element that this state shows
	says   map[string]string      // text by element
}

const cartOfOne = `localStorage.setItem("phoneotp.cart", JSON.stringify({partner: "all", lines: [{product: "us", quantity: 1}]}))`

const cartOfTwo = `localStorage.setItem("phoneotp.cart", JSON.stringify({partner: "all", lines: [{product: "us", quantity: 1}, {product: "intl-proofed", quantity: 2}]}))`

// TestGallery opens every state of every page and looks at it as a checker would: no rule of WCAG 2.2 AA
// broken, nothing wider than a small phone, no breach of the page's policy, no exception.
func TestGallery(t *testing.T) {
	t.Parallel()
	tabs := make(chan *browsertest.Tab, 2) // each state has an origin of its own, so that they share nothing but the tab
	for range cap(tabs) {
		tabs <- chromium.Open(t, 1280, 900)
	}
	for i, named := range gallery() {
		t.Run(named.name, func(t *testing.T) {
			t.Parallel()
			s := gallery()[i] // made anew: its instants are relative to now, and parallel tests wait
			site := newFakeSite(t, s.api)
			whole := <-tabs
			t.Cleanup(func() { tabs <- whole })
			tab := whole.Lend(t)
			tab.Size(1280, 900)
			if s.keep != "" {
				tab.Go(site.URL + "/help/privacy")
				browsertest.Eval[*int](tab, s.keep+"; null")
			}
			if s.before != "" {
				tab.BeforeScripts(s.before)
			}
			tab.Go(site.URL + s.path)
			tab.Ready()
			if s.do != nil {
				s.do(tab)
			}
			tab.Shown(s.seen)
			for css, text := range s.says {
				tab.Says(css, text)
			}
			tab.Until(`!document.querySelector("[data-loading]")`)
			tab.Accessible()
			keepShot(t, tab, s.name+"-1280")
			tab.Size(375, 740)
			keepShot(t, tab, s.name+"-375")
			tab.Size(320, 600)
			tab.Fits()
		})
	}
}

func keepShot(t *testing.T, tab *browsertest.Tab, name string) {
	t.Helper()
	if *shots == "" {
		return
	}
	time.Sleep(150 * time.Millisecond) // fonts and transitions
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), tab.Screenshot(), 0o644); err != nil {
		t.Fatal(err)
	}
}
