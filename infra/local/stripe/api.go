package stripe

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// keep is how long an idempotency key is remembered (docs.stripe.com: at least 24 hours).
const keep = 24 * time.Hour

// call is one API route: it runs under the lock and answers an object or an error.
type call func(c apiCall) (any, *apiError)

type apiCall struct {
	id      string // of the object in the path
	params  params
	request *string // request id, for events
	key     *string // idempotency key, for events
}

func (s *Sandbox) routeAPI() {
	for pattern, route := range map[string]struct {
		spec spec
		call call
	}{
		"POST /v1/checkout/sessions":                {createSessionSpec, s.createSession},
		"GET /v1/checkout/sessions":                 {listSessionsSpec, s.listSessions},
		"GET /v1/checkout/sessions/{id}":            {expandSpec, s.getSession},
		"POST /v1/checkout/sessions/{id}/expire":    {expandSpec, s.expireSession},
		"GET /v1/checkout/sessions/{id}/line_items": {pageSpec, s.listLines},
		"GET /v1/payment_intents":                   {pageSpec, s.listIntents},
		"GET /v1/payment_intents/{id}":              {nil, s.getIntent},
		"GET /v1/charges":                           {ofIntentSpec, s.listCharges},
		"GET /v1/charges/{id}":                      {expandSpec, s.getCharge},
		"POST /v1/refunds":                          {createRefundSpec, s.createRefund},
		"GET /v1/refunds":                           {ofIntentSpec, s.listRefunds},
		"GET /v1/refunds/{id}":                      {nil, s.getRefund},
		"POST /v1/customers":                        {createCustomerSpec, s.createCustomer},
		"POST /v1/invoices":                         {createInvoiceSpec, s.createInvoice},
		"GET /v1/invoices":                          {listInvoicesSpec, s.listInvoices},
		"GET /v1/invoices/{id}":                     {nil, s.getInvoice},
		"DELETE /v1/invoices/{id}":                  {nil, s.deleteInvoice},
		"POST /v1/invoices/{id}/finalize":           {finalizeSpec, s.finalizeInvoice},
		"POST /v1/invoices/{id}/send":               {nil, s.sendInvoice},
		"POST /v1/invoices/{id}/void":               {nil, s.voidInvoice},
		"POST /v1/invoices/{id}/pay":                {payInvoiceSpec, s.payInvoice},
		"POST /v1/invoices/{id}/mark_uncollectible": {nil, s.markUncollectible},
		"POST /v1/invoiceitems":                     {createItemSpec, s.createItem},
		"GET /v1/invoice_payments":                  {listInvoicePaymentsSpec, s.listInvoicePayments},
		"GET /v1/disputes":                          {listDisputesSpec, s.listDisputes},
		"GET /v1/disputes/{id}":                     {nil, s.getDispute},
		"GET /v1/credit_notes/{id}":                 {nil, s.getCreditNote},
		"GET /v1/radar/early_fraud_warnings/{id}":   {nil, s.getWarning},
		"GET /v1/events":                            {listEventsSpec, s.listEvents},
		"GET /v1/events/{id}":                       {nil, s.getEvent},
	} {
		s.mux.HandleFunc(pattern, s.serve(route.spec, route.call))
	}
	s.mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		write(w, http.StatusNotFound, errorBody{&apiError{Type: invalidRequest,
			Message: "Unrecognized request URL (" + r.Method + ": " + r.URL.Path + ")."}})
	})
}

// serve wraps a route in what every call goes through: authorisation, the form, faults on demand and
// the memory of idempotency keys.
func (s *Sandbox) serve(allowed spec, run call) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		requestID := newID("req_")
		w.Header().Set("Request-Id", requestID)
		w.Header().Set("Stripe-Version", Version)
		p, raw, bad := readCall(r)
		if bad == nil {
			bad = p.allow(allowed)
		}
		if bad != nil {
			write(w, bad.Status, errorBody{bad})
			return
		}
		c := apiCall{id: r.PathValue("id"), params: p, request: &requestID}
		if r.Method != http.MethodPost { // deletion repeats harmlessly by itself
			s.answerGet(w, r, c, run)
			return
		}
		key := r.Header.Get("Idempotency-Key")
		if key == "" || len(key) > 255 {
			bad := invalid("Idempotency-Key", "The sandbox wants an Idempotency-Key of 1 to 255 characters on every POST.")
			write(w, bad.Status, errorBody{bad})
			return
		}
		c.key = &key
		sum := sha256.Sum256([]byte(r.Method + " " + r.URL.Path + "\n" + raw))
		s.answerPost(w, r, c, run, hex.EncodeToString(sum[:]))
	}
}

func (s *Sandbox) answerGet(w http.ResponseWriter, r *http.Request, c apiCall, run call) {
	fault := s.takeFault(r)
	if fault.before(w, r) {
		return
	}
	var out any
	var bad *apiError
	s.act(func() {
		if out, bad = run(c); fault.Kind == ErrorKept || fault.Kind == ErrorAfter {
			bad = trouble()
		}
	})
	status, body := encode(out, bad)
	fault.after()
	writeRaw(w, status, body)
}

func (s *Sandbox) answerPost(w http.ResponseWriter, r *http.Request, c apiCall, run call, hash string) {
	old, seen, bad := s.remembered(*c.key, hash)
	if bad != nil {
		write(w, bad.Status, errorBody{bad})
		return
	}
	if !seen {
		defer s.forgetBusy(*c.key)
	}
	fault := s.takeFault(r)
	if fault.before(w, r) {
		return
	}
	if seen {
		fault.after()
		w.Header().Set("Idempotent-Replayed", "true")
		writeRaw(w, old.Status, old.Body)
		return
	}
	var status int
	var body []byte
	s.act(func() {
		var out any
		var bad *apiError
		if fault.Kind == ErrorKept {
			bad = trouble()
		} else if out, bad = run(c); fault.Kind == ErrorAfter {
			bad = trouble()
		}
		status, body = encode(out, bad)
		if bad == nil || !bad.Validation {
			s.state.Answers[*c.key] = answer{Hash: hash, At: s.now(), Status: status, Body: body}
		}
	})
	fault.after()
	writeRaw(w, status, body)
}

// remembered answers a key that was seen before, or marks it as under way.
func (s *Sandbox) remembered(key, hash string) (answer, bool, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, seen := s.state.Answers[key]
	if seen && s.now().Sub(old.At) >= keep {
		delete(s.state.Answers, key)
		seen = false
	}
	switch {
	case seen && old.Hash != hash:
		return answer{}, false, &apiError{Status: http.StatusBadRequest, Type: "idempotency_error",
			Message: "Keys for idempotent requests can only be used with the same parameters they were first used with."}
	case seen:
		return old, true, nil
	case s.busy[key]:
		return answer{}, false, &apiError{Status: http.StatusConflict, Type: "idempotency_error", Code: "idempotency_key_in_use",
			Message: "There is currently another in-progress request using this Idempotency-Key."}
	}
	s.busy[key] = true
	return answer{}, false, nil
}

func (s *Sandbox) forgetBusy(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, key)
}

// readCall checks who calls and in which version, and reads the form. The raw text is for the hash.
func readCall(r *http.Request) (params, string, *apiError) {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || !strings.HasPrefix(key, "sk_test_") || len(key) <= len("sk_test_") {
		return nil, "", &apiError{Status: http.StatusUnauthorized, Type: invalidRequest,
			Message: "Invalid API Key provided: the sandbox takes only keys that start with sk_test_."}
	}
	_, train, _ := strings.Cut(Version, ".")
	if v := r.Header.Get("Stripe-Version"); !strings.HasSuffix(v, "."+train) {
		return nil, "", invalid("Stripe-Version", "The sandbox speaks "+Version+", not "+v+".")
	}
	raw := r.URL.RawQuery
	if r.Method == http.MethodPost {
		if raw != "" {
			return nil, "", invalid("", "A POST carries its parameters in the body.")
		}
		body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, 1<<20))
		if err != nil {
			return nil, "", invalid("", "The body could not be read.")
		}
		if raw = string(body); raw != "" && r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			return nil, "", invalid("", "The body must be application/x-www-form-urlencoded.")
		}
	}
	form, err := url.ParseQuery(raw)
	if err != nil {
		return nil, "", invalid("", "The form could not be read.")
	}
	p, bad := parseParams(form)
	return p, raw, bad
}

func encode(out any, bad *apiError) (int, []byte) {
	if bad != nil {
		out = errorBody{bad}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return http.StatusInternalServerError, []byte(`{"error":{"type":"api_error","message":"encoding failed"}}`)
	}
	if bad != nil {
		return bad.Status, body
	}
	return http.StatusOK, body
}

func write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, nil
	}
	writeRaw(w, status, body)
}

func writeRaw(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone away: nobody is left to tell
}
