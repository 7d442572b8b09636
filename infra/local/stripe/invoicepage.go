package stripe

import (
	"bytes"
	"html/template"
	"net/http"
	"time"
)

// billView is what the hosted page shows of an invoice.
type billView struct {
	Number, Order, To, Due, Footer, Status string
	Lines                                  []pageLine
	Total, Left                            string
	Action, Style                          string
	Fields                                 []customField
	Open                                   bool
}

func (s *Sandbox) showBill(w http.ResponseWriter, r *http.Request) {
	var view *billView
	s.act(func() {
		if b := s.bill(r.PathValue("id")); b != nil && b.Invoice.Number != nil {
			view = s.billView(b)
		}
	})
	if view == nil {
		http.Error(w, "There is no such invoice.", http.StatusNotFound)
		return
	}
	tmpl, err := template.ParseFS(pageFiles, "page/invoice.gohtml")
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
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
	_, _ = page.WriteTo(w)
}

func (s *Sandbox) submitBill(w http.ResponseWriter, r *http.Request) {
	what, found := r.PostFormValue("do"), false
	s.act(func() {
		b := s.bill(r.PathValue("id"))
		if found = b != nil; !found || !b.open() {
			return
		}
		switch what {
		case "pay":
			s.payBill(b, b.Invoice.AmountRemaining)
		case "wire":
			s.settleOutOfBand(b, nil)
		}
	})
	if !found {
		http.Error(w, "There is no such invoice.", http.StatusNotFound)
		return
	}
	http.Redirect(w, r, s.options.BaseURL+"/i/"+r.PathValue("id"), http.StatusSeeOther)
}

func (s *Sandbox) billView(b *bill) *billView {
	in := b.Invoice
	v := &billView{Number: *in.Number, Order: in.Metadata["order"], Due: time.Unix(*in.DueDate, 0).UTC().Format("2 January 2006"), Status: in.Status,
		Total: money(in.Total, in.Currency), Left: money(in.AmountRemaining, in.Currency), Open: b.open(), Fields: in.CustomFields,
		Action: s.options.BaseURL + "/i/" + in.ID, Style: s.options.BaseURL + "/c/style.css"}
	if in.CustomerName != nil {
		v.To = *in.CustomerName
	}
	if in.Footer != nil {
		v.Footer = *in.Footer
	}
	for _, l := range in.Lines.Data {
		v.Lines = append(v.Lines, pageLine{l.Description, l.Quantity, money(l.Amount, l.Currency)})
	}
	return v
}
