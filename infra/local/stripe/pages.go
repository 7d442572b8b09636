package stripe

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

//go:embed page/checkout.gohtml page/invoice.gohtml page/style.css
var pageFiles embed.FS

// pageView is what the hosted page shows of a session.
type pageView struct {
	Session  session
	Lines    []pageLine
	Total    string
	Action   string // where the form posts
	Style    string
	Declined bool
	Open     bool
	Back     string // cancel_url
}

type pageLine struct {
	Name     string
	Quantity int64
	Amount   string
}

func (s *Sandbox) routePages() {
	s.mux.HandleFunc("GET /c/style.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		http.ServeFileFS(w, r, pageFiles, "page/style.css")
	})
	s.mux.HandleFunc("GET /c/pay/{id}", s.showPage)
	s.mux.HandleFunc("POST /c/pay/{id}", s.submitPage)
	s.mux.HandleFunc("GET /i/{id}", s.showBill)
	s.mux.HandleFunc("POST /i/{id}", s.submitBill)
}

func (s *Sandbox) showPage(w http.ResponseWriter, r *http.Request) {
	var view *pageView
	s.act(func() {
		if co := s.checkout(r.PathValue("id")); co != nil {
			view = s.pageView(co)
		}
	})
	if view == nil {
		http.Error(w, "There is no such checkout.", http.StatusNotFound)
		return
	}
	tmpl, err := template.ParseFS(pageFiles, "page/checkout.gohtml")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var page bytes.Buffer
	if err := tmpl.Execute(&page, view); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' "+
		originOf(view.Session.SuccessURL)+" "+originOf(view.Session.CancelURL)) // browsers hold redirects of a form to it
	if !view.Open {
		w.WriteHeader(http.StatusGone)
	}
	_, _ = page.WriteTo(w)
}

// submitPage does what the button says. It answers at once: the webhook may come before or after the
// person is back at the shop, as with Stripe.
func (s *Sandbox) submitPage(w http.ResponseWriter, r *http.Request) {
	id, to := r.PathValue("id"), ""
	what := r.PostFormValue("do")
	s.act(func() {
		co := s.checkout(id)
		if co == nil {
			return
		}
		to = s.options.BaseURL + "/c/pay/" + id
		open := co.Session.Status == "open"
		switch {
		case open && what == "pay":
			s.pay(co)
			to = co.success()
		case what == "pay" && co.Session.Status == "complete": // the button was pressed twice
			to = co.success()
		case open && what == "decline":
			s.decline(co)
		case what == "cancel" && co.Session.CancelURL != "":
			to = co.Session.CancelURL
		}
	})
	if to == "" {
		http.Error(w, "There is no such checkout.", http.StatusNotFound)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (co *checkout) success() string {
	return strings.ReplaceAll(co.Session.SuccessURL, "{CHECKOUT_SESSION_ID}", url.QueryEscape(co.Session.ID))
}

func (s *Sandbox) pageView(co *checkout) *pageView {
	o := co.Session
	v := &pageView{Session: o, Total: money(o.AmountTotal, o.Currency), Action: s.options.BaseURL + "/c/pay/" + o.ID,
		Style: s.options.BaseURL + "/c/style.css", Declined: co.Declined, Open: o.Status == "open", Back: o.CancelURL}
	for _, l := range co.Lines {
		v.Lines = append(v.Lines, pageLine{l.Description, l.Quantity, money(l.AmountTotal, l.Currency)})
	}
	return v
}

func originOf(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// money writes minor units of a two-digit currency.
func money(amount int64, currency string) string {
	cents := strconv.FormatInt(amount%100+100, 10)[1:]
	return strconv.FormatInt(amount/100, 10) + "." + cents + " " + strings.ToUpper(currency)
}
