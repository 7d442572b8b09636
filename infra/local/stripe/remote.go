package stripe

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// routeControl lets people and tests outside this process make things go wrong (doc.go has the table).
func (s *Sandbox) routeControl() {
	s.mux.HandleFunc("GET /control/events", s.remoteEvents)
	s.mux.HandleFunc("POST /control/deliveries", s.remoteRule)
	s.mux.HandleFunc("DELETE /control/deliveries", s.remoteRelease)
	s.mux.HandleFunc("POST /control/deliveries/{id}", s.remoteAgain)
	s.mux.HandleFunc("POST /control/faults", s.remoteFault)
	s.mux.HandleFunc("DELETE /control/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		write(w, http.StatusOK, struct{}{})
	})
}

var signatures = map[string]Signature{"": Good, "good": Good, "wrong": Wrong, "stale": Stale, "future": Future}

var faultKinds = map[string]FaultKind{
	"error-before": ErrorBefore, "error-kept": ErrorKept, "error-after": ErrorAfter, "drop-before": DropBefore, "drop-after": DropAfter,
	"too-many": TooMany, "unavailable": Unavailable, "slow": Slow,
}

// remoteEvents lists the events, the oldest first, and which of them nobody has taken in.
func (s *Sandbox) remoteEvents(w http.ResponseWriter, _ *http.Request) {
	type shown struct {
		ID     string `json:"id"`
		Type   string `json:"type"`
		Unsent bool   `json:"unsent"`
	}
	unsent, out := s.Unsent(), []shown{}
	for _, e := range s.Events() {
		out = append(out, shown{e.ID, e.Type, slices.Contains(unsent, e)})
	}
	write(w, http.StatusOK, out)
}

func (s *Sandbox) remoteRule(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Type       string `json:"type"`
		Times      int    `json:"times"`
		Copies     int    `json:"copies"`
		DelayMS    int    `json:"delay_ms"`
		Signature  string `json:"signature"`
		APIVersion string `json:"api_version"`
		Drop       bool   `json:"drop"`
	}
	if !readControl(w, r, &in) {
		return
	}
	signature, ok := signatures[in.Signature]
	if !ok {
		write(w, http.StatusUnprocessableEntity, errorBody{invalid("signature", "Signatures are good, wrong, stale and future.")})
		return
	}
	s.Deliver(Rule{Type: in.Type, Times: in.Times, Copies: in.Copies, Delay: time.Duration(in.DelayMS) * time.Millisecond, Signature: signature,
		APIVersion: in.APIVersion, Drop: in.Drop})
	write(w, http.StatusOK, struct{}{})
}

// remoteRelease forgets the rules and sends what was not taken in, in the order that is asked for.
func (s *Sandbox) remoteRelease(w http.ResponseWriter, r *http.Request) {
	s.ClearRules()
	var ids []string
	for _, e := range s.Unsent() {
		ids = append(ids, e.ID)
	}
	switch r.URL.Query().Get("order") {
	case "none":
		ids = nil
	case "newest-first":
		slices.Reverse(ids)
	case "shuffled":
		rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	}
	for _, id := range ids {
		if err := s.Redeliver(r.Context(), id); err != nil {
			write(w, http.StatusBadGateway, errorBody{&apiError{Type: "api_error", Message: err.Error()}})
			return
		}
	}
	write(w, http.StatusOK, struct{}{})
}

func (s *Sandbox) remoteAgain(w http.ResponseWriter, r *http.Request) {
	if err := s.Redeliver(r.Context(), r.PathValue("id")); err != nil {
		write(w, http.StatusBadGateway, errorBody{&apiError{Type: "api_error", Message: err.Error()}})
		return
	}
	write(w, http.StatusOK, struct{}{})
}

func (s *Sandbox) remoteFault(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Kind   string `json:"kind"`
		Method string `json:"method"`
		Path   string `json:"path"`
		WaitMS int    `json:"wait_ms"`
		Times  int    `json:"times"`
	}
	if !readControl(w, r, &in) {
		return
	}
	kind, ok := faultKinds[in.Kind]
	if !ok {
		write(w, http.StatusUnprocessableEntity, errorBody{invalid("kind", "There is no such fault.")})
		return
	}
	s.Inject(Fault{Kind: kind, Method: in.Method, Path: in.Path, Wait: time.Duration(in.WaitMS) * time.Millisecond, Times: in.Times})
	write(w, http.StatusOK, struct{}{})
}

func readControl(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(io.LimitReader(r.Body, 4096))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		write(w, http.StatusBadRequest, errorBody{invalid("", err.Error())})
		return false
	}
	return true
}
