package main

import (
	"context"
	"net/http"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/history"
	"phoneotp/shared/httpapi"
)

// historyPage is how many entries one answer has at most.
const historyPage = 50

// happened is an entry as its subject sees it: no reason of staff, no details but those in the sentence.
type happened struct {
	At    string     `json:"at"`
	Event string     `json:"event"`
	Text  string     `json:"text"`
	By    history.By `json:"by"`
	From  string     `json:"from,omitempty"` // the address, of what was done without being staff
	Ref   string     `json:"ref,omitempty"`
}

// history shows a person what happened to the account, the newest first: the receipts of sign-ins and changes.
func (h *handler) history(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	s, err := h.sessions.Require(ctx, req)
	if err != nil {
		return httpapi.Response{}, err
	}
	subject := audit.Account(s.Account.String())
	page, err := history.Read(ctx, h.trail, subject, req.Query["before"], historyPage, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	out := struct {
		Entries []happened `json:"entries"`
		Next    string     `json:"next,omitempty"`
	}{[]happened{}, page.Next}
	for _, e := range page.Lines {
		if !history.ForHolder(e.What) {
			continue
		}
		seen := happened{
			At: e.At.Format(time.RFC3339), Event: string(e.What), Text: e.Text, By: history.Actor(e.Entry, subject), Ref: e.Ref,
		}
		if seen.By == history.Holder || seen.By == history.Anyone {
			seen.From = e.From
		}
		out.Entries = append(out.Entries, seen)
	}
	return httpapi.JSON(http.StatusOK, out)
}
