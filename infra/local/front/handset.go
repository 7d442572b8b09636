package front

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"phoneotp/infra/local/messages"
)

//go:embed page
var page embed.FS

// filter reads to, kind (may be repeated) and after (an instant) of a query.
func filter(q url.Values) (messages.Filter, error) {
	f := messages.Filter{To: q.Get("to")}
	for _, k := range q["kind"] {
		kind := messages.Kind(k)
		if !slices.Contains([]messages.Kind{messages.SMS, messages.Voice, messages.Email}, kind) {
			return f, fmt.Errorf("kind is sms, voice or email, not %q", k)
		}
		f.Kinds = append(f.Kinds, kind)
	}
	if v := q.Get("after"); v != "" {
		at, err := time.Parse(time.RFC3339, v)
		if err != nil {
			return f, fmt.Errorf("after is an instant like 2026-11-24T10:00:00Z, not %q", v)
		}
		f.After = at
	}
	if v := q.Get("since"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			return f, fmt.Errorf("since is the number of a message, not %q", v)
		}
		f.Since = n
	}
	return f, nil
}

func (p Parts) chosen(w http.ResponseWriter, r *http.Request) ([]messages.Message, bool) {
	f, err := filter(r.URL.Query())
	if err != nil {
		problem(w, http.StatusUnprocessableEntity, "invalid", err.Error())
		return nil, false
	}
	return p.Box.List(f), true
}

// list answers the messages as JSON, newest first, instants in whole seconds like the product's own.
func (p Parts) list(w http.ResponseWriter, r *http.Request) {
	list, ok := p.chosen(w, r)
	if !ok {
		return
	}
	for i := range list {
		list[i].At = list[i].At.Truncate(time.Second)
		list[i].Raw = nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(list)
}

func (p Parts) source(w http.ResponseWriter, r *http.Request) {
	for _, m := range p.Box.List(messages.Filter{}) {
		if strconv.Itoa(m.Number) == r.PathValue("number") && m.Raw != nil {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = w.Write(m.Raw)
			return
		}
	}
	problem(w, http.StatusNotFound, "not-found", "There is no such mail, or it was not sent as MIME.")
}

func (p Parts) asset(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/_local/")
	if !strings.HasSuffix(name, ".css") && !strings.HasSuffix(name, ".js") {
		problem(w, http.StatusNotFound, "not-found", "The local stack has no such file.")
		return
	}
	http.ServeFileFS(w, r, page, name)
}

// handset is what the page shows.
type handset struct {
	Messages   []messages.Message
	Recipients []string
	To         string
	Kinds      []kindBox
	Query      string // of the filter, for asking what is newer
	Last       int
}

type kindBox struct {
	Kind    messages.Kind
	Label   string
	Checked bool
}

func (p Parts) page(w http.ResponseWriter, r *http.Request) {
	list, ok := p.chosen(w, r)
	if !ok {
		return
	}
	q := r.URL.Query()
	view := handset{Messages: list, Recipients: p.Box.Recipients(), To: q.Get("to")}
	for _, k := range []kindBox{{Kind: messages.SMS, Label: "Texts"}, {Kind: messages.Voice, Label: "Calls"}, {Kind: messages.Email, Label: "Mails"}} {
		k.Checked = len(q["kind"]) == 0 || slices.Contains(q["kind"], string(k.Kind))
		view.Kinds = append(view.Kinds, k)
	}
	view.Query = url.Values{"to": q["to"], "kind": q["kind"]}.Encode()
	if len(list) > 0 {
		view.Last = list[0].Number
	}
	render(w, "handset.gohtml", view)
}

// newer answers the articles of messages that came since one, for the page's script to put on top.
func (p Parts) newer(w http.ResponseWriter, r *http.Request) {
	if list, ok := p.chosen(w, r); ok {
		render(w, "articles", handset{Messages: list})
	}
}

func render(w http.ResponseWriter, name string, view any) {
	t, err := template.New("").Funcs(template.FuncMap{
		"tag": func(k messages.Kind) string {
			return map[messages.Kind]string{messages.SMS: "SMS", messages.Voice: "CALL", messages.Email: "MAIL"}[k]
		},
		"instant": func(t time.Time) string { return t.Format(time.RFC3339) },
		"clock":   func(t time.Time) string { return t.Format("15:04:05") + " UTC" },
	}).ParseFS(page, "page/*.gohtml")
	if err != nil {
		problem(w, http.StatusInternalServerError, "internal", err.Error())
		return
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, name, view); err != nil {
		problem(w, http.StatusInternalServerError, "internal", err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write(out.Bytes())
}
