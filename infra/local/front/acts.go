package front

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// actLimit is how long an act may wait for the product.
const actLimit = 45 * time.Second

// input reads a small JSON body strictly.
func input(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(io.LimitReader(r.Body, 4096))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		problem(w, http.StatusBadRequest, "malformed", err.Error())
		return false
	}
	return true
}

func done(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}\n")
}

func (p Parts) pay(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Event string `json:"event"`
	}
	if !input(w, r, &in) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), actLimit)
	defer cancel()
	err := p.Payments.Do(ctx, r.PathValue("order"), in.Event)
	switch {
	case err == nil:
		done(w)
	case errors.Is(err, ErrNoSuchEvent):
		problem(w, http.StatusUnprocessableEntity, "no-such-event", err.Error())
	case errors.Is(err, ErrNoPayment):
		problem(w, http.StatusNotFound, "no-payment", err.Error())
	case errors.Is(err, ErrNotNow):
		problem(w, http.StatusConflict, "not-now", err.Error())
	default:
		problem(w, http.StatusBadGateway, "not-taken-in", err.Error())
	}
}

func (p Parts) sweep(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), actLimit)
	defer cancel()
	if err := p.Sweep(ctx); err != nil {
		problem(w, http.StatusInternalServerError, "sweep-failed", err.Error())
		return
	}
	done(w)
}

func (p Parts) age(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Seconds  int64 `json:"seconds"`
		Sessions bool  `json:"sessions"`
		Idle     bool  `json:"idle"`
	}
	if !input(w, r, &in) {
		return
	}
	err := p.Age(r.Context(), r.PathValue("user"), Age{
		By: time.Duration(in.Seconds) * time.Second, Sessions: in.Sessions, Idle: in.Idle,
	})
	switch {
	case err == nil:
		done(w)
	case errors.Is(err, ErrNoAccount):
		problem(w, http.StatusNotFound, "no-account", err.Error())
	default:
		problem(w, http.StatusInternalServerError, "age-failed", err.Error())
	}
}

func (p Parts) begin(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), actLimit)
	defer cancel()
	switch err := p.Begin(ctx, r.PathValue("id")); {
	case err == nil:
		done(w)
	case errors.Is(err, ErrNoAppointment):
		problem(w, http.StatusNotFound, "no-appointment", err.Error())
	default:
		problem(w, http.StatusInternalServerError, "now-failed", err.Error())
	}
}

func (p Parts) outage(w http.ResponseWriter, r *http.Request) {
	var in struct {
		On bool `json:"on"`
	}
	if !input(w, r, &in) {
		return
	}
	p.Outage(in.On)
	done(w)
}

func (p Parts) inside(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(p.Inside)
}
