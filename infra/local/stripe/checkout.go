package stripe

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A session may be open for 30 minutes to 24 hours (docs.stripe.com, expires_at).
const (
	shortest = 30 * time.Minute
	longest  = 24 * time.Hour
)

var (
	expandSpec        = spec{"expand.#"}
	pageSpec          = spec{"limit", "starting_after", "ending_before"}
	listSessionsSpec  = append(spec{"payment_intent", "status", "expand.#"}, pageSpec...)
	createSessionSpec = spec{
		"mode", "success_url", "cancel_url", "client_reference_id", "customer_email", "expires_at",
		"billing_address_collection", "metadata.*", "payment_intent_data.metadata.*", "payment_intent_data.description",
		"payment_method_types.#", "expand.#",
		"line_items.#.quantity", "line_items.#.price_data.currency", "line_items.#.price_data.unit_amount",
		"line_items.#.price_data.product_data.name", "line_items.#.price_data.product_data.metadata.*",
	}
)

// createSession opens a checkout. The amounts are what the lines add up to, never what the caller says.
func (s *Sandbox) createSession(c apiCall) (any, *apiError) {
	now := s.now()
	co := &checkout{Products: map[string]product{}}
	o := &co.Session
	*o = session{ID: newID("cs_test_"), Object: "checkout.session", Created: now.Unix(), Mode: c.params["mode"],
		BillingAddressCollection: "auto", PaymentMethodTypes: []string{"card"}, PaymentStatus: "unpaid", Status: "open"}
	for _, step := range []func(*checkout, params, time.Time) *apiError{readTexts, readExpiry, readMetadata, readLines} {
		if bad := step(co, c.params, now); bad != nil {
			return nil, bad
		}
	}
	o.URL = ref(s.options.BaseURL + "/c/pay/" + o.ID)
	s.state.Checkouts = append(s.state.Checkouts, co)
	return co.view(c.params)
}

func readTexts(co *checkout, p params, _ time.Time) *apiError {
	o := &co.Session
	if o.Mode != "payment" {
		return oneOf("mode", o.Mode, "payment")
	}
	for name, into := range map[string]*string{"success_url": &o.SuccessURL, "cancel_url": &o.CancelURL} {
		*into = p[name]
		u, err := url.Parse(*into)
		if *into == "" {
			if name == "success_url" {
				return missing(name)
			}
		} else if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return invalid(name, "Not a valid URL")
		}
	}
	if v, given := p["client_reference_id"]; given {
		if _, bad := p.need("client_reference_id", "client_reference_id", 200); bad != nil {
			return bad
		}
		o.ClientReferenceID = &v
	}
	if v, given := p["customer_email"]; given {
		if !strings.Contains(v, "@") {
			return invalid("customer_email", "Invalid email address: "+v)
		}
		o.CustomerEmail = &v
	}
	if v, given := p["billing_address_collection"]; given {
		if v != "auto" && v != "required" {
			return oneOf("billing_address_collection", v, "auto", "required")
		}
		o.BillingAddressCollection = v
	}
	for i, v := range p.texts("payment_method_types") {
		if v != "card" {
			return oneOf("payment_method_types["+strconv.Itoa(i)+"]", v, "card")
		}
	}
	return nil
}

func oneOf(name, value string, values ...string) *apiError {
	if value == "" {
		return missing(name)
	}
	return invalid(name, "Invalid "+name+": must be one of "+strings.Join(values, ", "))
}

func readExpiry(co *checkout, p params, now time.Time) *apiError {
	if _, given := p["expires_at"]; !given {
		co.Session.ExpiresAt = now.Add(longest).Unix()
		return nil
	}
	at, bad := p.integer("expires_at", "expires_at")
	if bad != nil {
		return bad
	}
	if ahead := time.Unix(at, 0).Sub(now.Truncate(time.Second)); ahead < shortest || ahead > longest {
		return invalid("expires_at", "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.")
	}
	co.Session.ExpiresAt = at
	return nil
}

func readMetadata(co *checkout, p params, _ time.Time) (bad *apiError) {
	if co.Session.Metadata, bad = p.metadata("metadata"); bad != nil {
		return bad
	}
	if co.Intent.Metadata, bad = p.metadata("payment_intent_data.metadata"); bad != nil {
		return bad
	}
	if v, given := p["payment_intent_data.description"]; given {
		co.Intent.Description = &v
	}
	return nil
}

func readLines(co *checkout, p params, _ time.Time) *apiError {
	lines, bad := p.items("line_items")
	if bad != nil {
		return bad
	}
	if len(lines) == 0 {
		return missing("line_items")
	}
	if len(lines) > 100 {
		return invalid("line_items", "A session has at most 100 line items.")
	}
	for i, l := range lines {
		if bad := co.addLine(l, "line_items["+strconv.Itoa(i)+"]"); bad != nil {
			return bad
		}
	}
	if o := &co.Session; o.AmountTotal < 50 {
		return &apiError{Status: 400, Validation: true, Type: invalidRequest, Code: "amount_too_small",
			Message: "The Checkout Session's total amount must be at least 50 minor units."}
	}
	return nil
}

func (co *checkout) addLine(l params, at string) *apiError {
	name, bad := l.need("price_data.product_data.name", at+"[price_data][product_data][name]", 250)
	if bad != nil {
		return bad
	}
	currency, bad := l.need("price_data.currency", at+"[price_data][currency]", 3)
	if bad != nil {
		return bad
	}
	if len(currency) != 3 || currency != strings.ToLower(currency) {
		return invalid(at+"[price_data][currency]", "Invalid currency: "+currency)
	}
	amount, bad := l.integer("price_data.unit_amount", at+"[price_data][unit_amount]")
	if bad != nil {
		return bad
	}
	quantity, bad := l.integer("quantity", at+"[quantity]")
	if bad != nil {
		return bad
	}
	meta, bad := l.metadata("price_data.product_data.metadata")
	if bad != nil {
		return bad
	}
	o := &co.Session
	switch {
	case amount < 0 || amount > 99999999:
		return invalid(at+"[price_data][unit_amount]", "This value must be between 0 and 99999999.")
	case quantity < 1 || quantity > 999999:
		return invalid(at+"[quantity]", "This value must be between 1 and 999999.")
	case o.Currency != "" && o.Currency != currency:
		return invalid(at+"[price_data][currency]", "All line items must have the same currency.")
	}
	pr := product{ID: newID("prod_"), Object: "product", Active: true, Metadata: meta, Name: name}
	co.Products[pr.ID] = pr
	id, _ := json.Marshal(pr.ID) // a string always encodes
	o.Currency = currency
	o.AmountTotal += amount * quantity
	o.AmountSubtotal = o.AmountTotal
	co.Lines = append(co.Lines, lineItem{ID: newID("li_"), Object: "item", AmountSubtotal: amount * quantity, AmountTotal: amount * quantity,
		Currency: currency, Description: name, Quantity: quantity,
		Price: price{ID: newID("price_"), Object: "price", Currency: currency, Product: id, Type: "one_time", UnitAmount: amount}})
	return nil
}

// view is the session as the API shows it, with the parts that the caller asked to see in full.
func (co *checkout) view(p params) (session, *apiError) {
	o := co.Session
	o.LineItems = nil
	expand := p.texts("expand")
	for i, path := range expand {
		expand[i] = strings.TrimPrefix(path, "data.") // as a list names it
		if expand[i] != "line_items" && expand[i] != "line_items.data.price.product" {
			return session{}, invalid("expand["+strconv.Itoa(i)+"]", "This property cannot be expanded ("+path+") by the sandbox.")
		}
	}
	if len(expand) > 0 {
		lines := co.lines(slices.Contains(expand, "line_items.data.price.product"))
		o.LineItems = &lines
	}
	return o, nil
}

// lines are the first ten, as an expanded list has them.
func (co *checkout) lines(products bool) list[lineItem] {
	out := list[lineItem]{Object: "list", URL: "/v1/checkout/sessions/" + co.Session.ID + "/line_items", Data: slices.Clone(co.Lines)}
	if len(out.Data) > 10 {
		out.Data, out.HasMore = out.Data[:10], true
	}
	if !products {
		return out
	}
	for i := range out.Data {
		var id string
		if json.Unmarshal(out.Data[i].Price.Product, &id) == nil {
			out.Data[i].Price.Product, _ = json.Marshal(co.Products[id]) // plain fields always encode
		}
	}
	return out
}

func (s *Sandbox) getSession(c apiCall) (any, *apiError) {
	co := s.checkout(c.id)
	if co == nil {
		return nil, noSuch("checkout.session", c.id, "session")
	}
	return co.view(c.params)
}

func (s *Sandbox) listSessions(c apiCall) (any, *apiError) {
	var fit []session
	for _, co := range slices.Backward(s.state.Checkouts) {
		if v := c.params["payment_intent"]; v != "" && (co.Intent.ID == "" || co.Intent.ID != v) {
			continue
		}
		if v := c.params["status"]; v != "" && co.Session.Status != v {
			continue
		}
		o, bad := co.view(c.params)
		if bad != nil {
			return nil, bad
		}
		fit = append(fit, o)
	}
	return page(fit, c.params, "/v1/checkout/sessions", func(o session) string { return o.ID })
}

func (s *Sandbox) listLines(c apiCall) (any, *apiError) {
	co := s.checkout(c.id)
	if co == nil {
		return nil, noSuch("checkout.session", c.id, "session")
	}
	return page(co.Lines, c.params, "/v1/checkout/sessions/"+c.id+"/line_items", func(l lineItem) string { return l.ID })
}

func (s *Sandbox) expireSession(c apiCall) (any, *apiError) {
	co := s.checkout(c.id)
	if co == nil {
		return nil, noSuch("checkout.session", c.id, "session")
	}
	if co.Session.Status != "open" {
		return nil, refused("", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `"+co.Session.Status+"`.")
	}
	s.expire(co, &c)
	return co.view(c.params)
}

func (s *Sandbox) expire(co *checkout, c *apiCall) {
	co.Session.Status, co.Session.URL = "expired", nil
	s.emit("checkout.session.expired", co.Session, c)
}

// page cuts a list, newest first as it stands, by Stripe's cursors.
func page[T any](all []T, p params, url string, id func(T) string) (any, *apiError) {
	limit := int64(10)
	if _, given := p["limit"]; given {
		var bad *apiError
		if limit, bad = p.integer("limit", "limit"); bad != nil {
			return nil, bad
		}
		if limit < 1 || limit > 100 {
			return nil, invalid("limit", "This value must be between 1 and 100.")
		}
	}
	out := list[T]{Object: "list", URL: url, Data: []T{}}
	at := func(v string) int { return slices.IndexFunc(all, func(t T) bool { return id(t) == v }) }
	if v := p["starting_after"]; v != "" {
		i := at(v)
		if i < 0 {
			return nil, noSuch("object", v, "starting_after")
		}
		all = all[i+1:]
	}
	if v := p["ending_before"]; v != "" {
		i := at(v)
		if i < 0 {
			return nil, noSuch("object", v, "ending_before")
		}
		all = all[:i]
		if len(all) > int(limit) {
			out.HasMore, all = true, all[len(all)-int(limit):]
		}
	}
	if len(all) > int(limit) {
		out.HasMore, all = true, all[:limit]
	}
	out.Data = append(out.Data, all...)
	return out, nil
}
