package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"phoneotp/shared/httpapi"
	"phoneotp/shared/phone"
)

//go:embed pages/*.gohtml
var pageFiles embed.FS

// page is one shell: its address, its template, its module and its place in the menus.
type page struct {
	Path   string // a {parameter} stands for one segment; the page's script reads it
	File   string // pages/<File>.gohtml
	Script string // assets/scripts/<Script>.js; "plain" only shows who is signed in
	Title  string
	Nav    string // which item of the main menu is current
	Side   string // which item of My Account is current
	Needs  string // "session": the page is for people who are signed in
	Wide   bool   // the page lays out its own width
	Step   int    // which of Steps is current, from 1
	Steps  []string
}

var (
	buying       = []string{"Choose", "Review", "Checkout", "Get credentialed"}
	activating   = []string{"Enter the license key", "Register Your Phone", "Use it"}
	proving      = []string{"Enter the license key", "Prove your identity", "Register Your Phone", "Use it"}
	pageMissing  = page{File: "missing", Script: "plain", Title: "Page not found"}
	pagePosted   = page{File: "posted", Script: "plain", Title: "This form needs JavaScript"}
	pageProblem  = page{File: "problem", Script: "plain", Nav: "help"}
	pageProblems = page{Path: "/problems", File: "problems", Script: "plain", Title: "Problem pages", Nav: "help"}
)

// pages are all pages but those of the problem codes.
var pages = []page{
	{Path: "/", File: "home", Script: "plain", Title: "Two-factor credentials by text and voice", Wide: true},
	{Path: "/sign-up", File: "sign-up", Script: "sign-up", Title: "Sign up"},
	{Path: "/check-your-mail", File: "check-your-mail", Script: "check-your-mail", Title: "Check your mail"},
	{Path: "/confirm", File: "confirm", Script: "confirm", Title: "Confirm your email address"},
	{Path: "/sign-in", File: "sign-in", Script: "sign-in", Title: "Sign in"},
	{Path: "/forgot", File: "forgot", Script: "forgot", Title: "Forgot your password?"},
	{Path: "/reset", File: "reset", Script: "reset", Title: "Choose a new password"},
	{Path: "/code", File: "code", Script: "code", Title: "Enter a code", Needs: "session"},
	{Path: "/dashboard", File: "dashboard", Script: "dashboard", Title: "Dashboard", Nav: "dashboard", Needs: "session"},
	{Path: "/store", File: "store", Script: "store", Title: "Get 2FA", Nav: "store", Steps: buying, Step: 1},
	{Path: "/cart", File: "cart", Script: "cart", Title: "Review your order", Nav: "cart", Steps: buying, Step: 2},
	{Path: "/checkout", File: "checkout", Script: "checkout", Title: "Checkout", Nav: "cart", Needs: "session", Steps: buying, Step: 3},
	{Path: "/orders", File: "orders", Script: "orders", Title: "Orders", Nav: "orders", Needs: "session"},
	{Path: "/orders/{number}", File: "order", Script: "order", Title: "Order", Nav: "orders", Needs: "session"},
	{Path: "/redeem", File: "redeem", Script: "redeem", Title: "Enter your license key", Nav: "dashboard", Needs: "session", Steps: activating, Step: 1},
	{Path: "/phones/register", File: "register-phone", Script: "register-phone", Title: "Register Your Phone", Nav: "dashboard", Needs: "session", Steps: activating, Step: 2},
	{Path: "/phone-changes/reject", File: "reject", Script: "reject", Title: "Was this change not yours?"},
	{Path: "/proofing", File: "proofing", Script: "proofing", Title: "Prove your identity", Nav: "dashboard", Needs: "session", Steps: proving, Step: 2},
	{Path: "/proofing/instant", File: "instant", Script: "instant", Title: "Instant proofing", Nav: "dashboard", Needs: "session", Steps: proving, Step: 2},
	{Path: "/proofing/booking", File: "booking", Script: "booking", Title: "Book a video session", Nav: "dashboard", Needs: "session", Steps: proving, Step: 2},
	{Path: "/proofing/appointment", File: "appointment", Script: "appointment", Title: "Your video session", Nav: "dashboard", Needs: "session", Steps: proving, Step: 2},
	{Path: "/proofing/activation", File: "activation", Script: "activation", Title: "Enter the activation code", Nav: "dashboard", Needs: "session", Steps: proving, Step: 2},
	{Path: "/agent", File: "agent", Script: "agent", Title: "Video sessions", Nav: "agent", Needs: "session"},
	{Path: "/agent/appointments/{id}", File: "agent-session", Script: "agent-session", Title: "Video session", Nav: "agent", Needs: "session"},
	{Path: "/agent/cases/{id}", File: "agent-case", Script: "agent-case", Title: "Second opinion", Nav: "agent", Needs: "session"},
	{Path: "/support", File: "support", Script: "support", Title: "Support desk", Nav: "support", Needs: "session"},
	{Path: "/support/people/{user_id}", File: "support-person", Script: "support-person", Title: "Person", Nav: "support", Needs: "session"},
	{Path: "/support/approvals/{id}", File: "support-approval", Script: "support-approval", Title: "Second person", Nav: "support", Needs: "session"},
	{Path: "/account", File: "account", Script: "account", Title: "Profile", Nav: "account", Side: "profile", Needs: "session"},
	{Path: "/account/otp", File: "manage-otp", Script: "manage-otp", Title: "Manage OTP", Nav: "account", Side: "otp", Needs: "session"},
	{Path: "/account/renew", File: "renew", Script: "renew", Title: "Renew", Nav: "account", Side: "otp", Needs: "session"},
	{Path: "/account/password", File: "password", Script: "password", Title: "Password", Nav: "account", Side: "password", Needs: "session"},
	{Path: "/account/sessions", File: "sessions", Script: "sessions", Title: "Sessions", Nav: "account", Side: "sessions", Needs: "session"},
	{Path: "/account/history", File: "history", Script: "history", Title: "History", Nav: "account", Side: "history", Needs: "session"},
	{Path: "/applications/{id}", File: "application", Script: "application", Title: "Application", Nav: "dashboard", Needs: "session"},
	{Path: "/help", File: "help", Script: "plain", Title: "Help", Nav: "help"},
	{Path: "/help/faq", File: "faq", Script: "plain", Title: "Questions and answers", Nav: "help"},
	{Path: "/help/user-guide", File: "user-guide", Script: "plain", Title: "User guide", Nav: "help"},
	{Path: "/help/identity-proofing", File: "identity-proofing", Script: "plain", Title: "Learn more about identity proofing", Nav: "help"},
	{Path: "/help/contact", File: "contact", Script: "plain", Title: "Contact support", Nav: "help"},
	{Path: "/help/privacy", File: "privacy", Script: "plain", Title: "Privacy", Nav: "help"},
	{Path: "/help/accessibility", File: "accessibility", Script: "plain", Title: "Accessibility", Nav: "help"},
	pageProblems,
}

// find looks a path up. The key names the rendered shell: one for all orders, one for each problem code.
func (s *site) find(path string) (found page, key string, ok bool) {
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	for _, p := range pages {
		if fits(p.Path, path) {
			return p, p.Path, true
		}
	}
	if code, isProblem := strings.CutPrefix(path, "/problems/"); isProblem {
		if i := slices.IndexFunc(s.problems, func(p problemPage) bool { return p.Code == code }); i >= 0 {
			p := pageProblem
			p.Title = s.problems[i].Title
			return p, path, true
		}
	}
	return page{}, "", false
}

// shell is a page as it goes out.
type shell struct {
	plain, packed []byte
	tag           string
}

// page answers with a shell, made at its first use. Everybody gets the same one, so that it may be kept
// as long as each use asks whether it still holds.
func (s *site) page(req httpapi.Request, status int, p page, key string) (httpapi.Response, error) {
	made, ok := s.rendered.Load(key)
	if !ok {
		body, err := s.render(p, key)
		if err != nil {
			return httpapi.Response{}, fmt.Errorf("render %s: %w", p.File, err)
		}
		made, _ = s.rendered.LoadOrStore(key, &shell{plain: body, packed: pack(body), tag: entityTag(body)})
	}
	sh := made.(*shell)
	header := map[string]string{
		"content-type": "text/html; charset=utf-8", "cache-control": "no-cache", "vary": "accept-encoding", "etag": sh.tag,
		"content-security-policy": contentPolicy, "permissions-policy": permissions, "cross-origin-opener-policy": "same-origin",
		"cross-origin-resource-policy": "same-origin", "x-frame-options": "DENY",
	}
	if status == http.StatusMethodNotAllowed {
		header["allow"] = "GET, HEAD"
	}
	if status == http.StatusOK && matches(req.Header("if-none-match"), sh.tag) {
		return httpapi.Response{Status: http.StatusNotModified, Header: header}, nil
	}
	if accepts(req.Header("accept-encoding"), "gzip") {
		header["content-encoding"] = "gzip"
		return answer(req, status, header, sh.packed, true), nil
	}
	return answer(req, status, header, sh.plain, false), nil
}

// step is one part of a step indicator.
type step struct {
	Name      string
	Done, Now bool
}

// view is what a template sees: nothing about a person.
type view struct {
	page
	Assets         string
	Preload        []string // the modules that every page's own module imports
	Countries      []phone.Country
	PhoneCountries []phone.Country
	Problem        problemPage
	Problems       []problemPage
	Steps          []step
	USStates       []choice
	Documents      []choice
}

var shared = []string{"shell", "api", "form", "dom", "format", "timeout", "cart-store"}

func (s *site) render(p page, key string) ([]byte, error) {
	set, err := template.ParseFS(pageFiles, "pages/layout.gohtml", "pages/codepanel.gohtml", "pages/"+p.File+".gohtml")
	if err != nil {
		return nil, err
	}
	v := view{page: p, Assets: s.assets.prefix, Preload: shared, Problems: s.problems, Countries: usFirst(s.countries), USStates: usStates, Documents: documents}
	v.PhoneCountries = slices.DeleteFunc(slices.Clone(v.Countries), func(c phone.Country) bool { return !c.Text && !c.Voice })
	for i, name := range p.Steps {
		v.Steps = append(v.Steps, step{Name: name, Done: i+1 < p.Step, Now: i+1 == p.Step})
	}
	if i := slices.IndexFunc(s.problems, func(pr problemPage) bool { return "/problems/"+pr.Code == key }); i >= 0 {
		v.Problem = s.problems[i]
	}
	var out bytes.Buffer
	err = set.ExecuteTemplate(&out, "layout", v)
	return out.Bytes(), err
}

// usFirst puts the country of most buyers on top of the list.
func usFirst(countries []phone.Country) []phone.Country {
	return slices.SortedStableFunc(slices.Values(countries), func(a, b phone.Country) int {
		switch {
		case a.Code == "US" && b.Code != "US":
			return -1
		case b.Code == "US" && a.Code != "US":
			return 1
		}
		return 0
	})
}

// pack compresses for answers that are made at run time; built assets come compressed.
func pack(body []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.DefaultCompression) // the level is a constant of the package
	z.Write(body)                                              // into memory: cannot fail
	z.Close()
	return out.Bytes()
}

func entityTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}
