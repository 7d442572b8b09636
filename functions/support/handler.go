package main

import (
	"context"
	"net/http"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/fault"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/support"
)

type handler struct {
	admission credential.Admission
	finder    support.Finder
	persons   support.Persons
	desk      support.Desk
	counter   support.Counter
}

func (h *handler) routes() httpapi.Routes {
	return httpapi.Routes{
		"GET /api/support/people":                 h.search,
		"GET /api/support/people/{user_id}":       h.person,
		"POST /api/support/people/{user_id}/acts": h.act,
		"POST /api/support/orders/{number}/acts":  h.actOnOrder,
		"GET /api/support/approvals":              h.approvals,
		"POST /api/support/approvals/{id}":        h.decide,
	}
}

// staff admits support, once read has read the request.
func (h *handler) staff(ctx context.Context, req httpapi.Request, read func() error) (support.Staff, error) {
	s, err := h.admission.Staff(ctx, req, account.RoleSupport, support.ErrStaffOnly, read)
	return support.Staff{Account: s.Account, UserID: s.UserID, From: req.Address}, err
}

func nothing() error { return nil }

func (h *handler) search(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	staff, err := h.staff(ctx, req, nothing)
	if err != nil {
		return httpapi.Response{}, err
	}
	found, err := h.finder.Search(ctx, staff, req.Query["q"], req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, struct {
		People []support.Found `json:"people"`
	}{found})
}

func (h *handler) person(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	staff, err := h.staff(ctx, req, nothing)
	if err != nil {
		return httpapi.Response{}, err
	}
	shown, err := h.persons.Of(ctx, staff.Account, req.Params["user_id"], req.Query["before"], req.Address, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, shown)
}

// acted is the answer to an act.
type acted struct {
	Act     support.Name `json:"act"`
	Changed bool         `json:"changed"`
}

func (h *handler) act(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	var in struct {
		Act        support.Name `json:"act"`
		Reason     string       `json:"reason"`
		GivenName  string       `json:"given_name"`
		FamilyName string       `json:"family_name"`
	}
	staff, err := h.staff(ctx, req, func() error { return httpapi.Body(req, &in) })
	if err != nil {
		return httpapi.Response{}, err
	}
	act := support.Act{Name: in.Act, Reason: in.Reason, GivenName: in.GivenName, FamilyName: in.FamilyName}
	done, err := h.desk.Do(ctx, staff, req.Params["user_id"], act, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	if done.Waits != nil {
		return httpapi.JSON(http.StatusAccepted, struct {
			Act      support.Name         `json:"act"`
			Approval support.ApprovalView `json:"approval"`
		}{in.Act, done.Waits.View(staff.Account)})
	}
	return httpapi.JSON(http.StatusOK, acted{in.Act, done.Changed})
}

func (h *handler) actOnOrder(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	var in struct {
		Act    support.Name `json:"act"`
		Reason string       `json:"reason"`
		Last4  string       `json:"last4"`
	}
	staff, err := h.staff(ctx, req, func() error { return httpapi.Body(req, &in) })
	if err != nil {
		return httpapi.Response{}, err
	}
	done, err := h.counter.Do(ctx, staff, req.Params["number"], support.OrderAct{Name: in.Act, Reason: in.Reason, Last4: in.Last4}, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.JSON(http.StatusOK, acted{in.Act, done.Changed})
}

func (h *handler) approvals(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	staff, err := h.staff(ctx, req, nothing)
	if err != nil {
		return httpapi.Response{}, err
	}
	waiting, err := h.desk.Waiting(ctx, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	views := make([]support.ApprovalView, len(waiting))
	for i, a := range waiting {
		views[i] = a.View(staff.Account)
	}
	return httpapi.JSON(http.StatusOK, struct {
		Approvals []support.ApprovalView `json:"approvals"`
	}{views})
}

func (h *handler) decide(ctx context.Context, req httpapi.Request) (httpapi.Response, error) {
	var in struct {
		Approve *bool  `json:"approve"`
		Reason  string `json:"reason"`
	}
	staff, err := h.staff(ctx, req, func() error { return httpapi.Body(req, &in) })
	if err != nil {
		return httpapi.Response{}, err
	}
	var check fault.Check
	check.Field(in.Approve != nil, "/approve", "is required")
	check.Field(in.Reason != "", "/reason", "is required")
	if err := check.Err(); err != nil {
		return httpapi.Response{}, err
	}
	changed, err := h.desk.Decide(ctx, staff, req.Params["id"], support.Decision{Approve: *in.Approve, Reason: in.Reason}, req.At)
	if err != nil {
		return httpapi.Response{}, err
	}
	state := support.Refused
	if *in.Approve {
		state = support.Approved
	}
	return httpapi.JSON(http.StatusOK, struct {
		State   support.State `json:"state"`
		Changed bool          `json:"changed"`
	}{state, changed})
}
