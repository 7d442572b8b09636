package stripe

import (
	"fmt"
	"net/http"
)

// apiError is a refusal in Stripe's shape. Validation errors are not kept under an idempotency key.
type apiError struct {
	Status     int    `json:"-"`
	Validation bool   `json:"-"`
	Type       string `json:"type"`
	Code       string `json:"code,omitempty"`
	Message    string `json:"message"`
	Param      string `json:"param,omitempty"`
}

type errorBody struct {
	Error *apiError `json:"error"`
}

const invalidRequest = "invalid_request_error"

func unknownParameter(name string) *apiError {
	return &apiError{Status: http.StatusBadRequest, Validation: true, Type: invalidRequest, Code: "parameter_unknown",
		Message: "Received unknown parameter: " + name, Param: name}
}

func missing(name string) *apiError {
	return &apiError{Status: http.StatusBadRequest, Validation: true, Type: invalidRequest, Code: "parameter_missing",
		Message: "Missing required param: " + name + ".", Param: name}
}

func invalid(name, message string) *apiError {
	return &apiError{Status: http.StatusBadRequest, Validation: true, Type: invalidRequest, Code: "parameter_invalid",
		Message: message, Param: name}
}

func noSuch(kind, id, param string) *apiError {
	return &apiError{Status: http.StatusNotFound, Type: invalidRequest, Code: "resource_missing",
		Message: fmt.Sprintf("No such %s: '%s'", kind, id), Param: param}
}

// refused is a change that the object's state does not allow.
func refused(code, message string) *apiError {
	return &apiError{Status: http.StatusBadRequest, Type: invalidRequest, Code: code, Message: message}
}

func trouble() *apiError {
	return &apiError{Status: http.StatusInternalServerError, Type: "api_error",
		Message: "An error occurred on the sandbox's side, as it was asked to."}
}
