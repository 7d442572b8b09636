// Package httpapi owns the edge: an API Gateway HTTP API event (payload 2.0) becomes a Request, a handler
// returns a Response or an error, and this package alone makes problem documents (RFC 9457), sets headers
// and writes one log line a request.
//
// Order of checks (api.md, Conventions): 404 and 405 belong to the gateway's routes and the portal's
// $default; here follow 413, 415 and 403 foreign-origin, then the handler: 401 (session.Require),
// 400 (Body), 403 strength or role, 422 (fault.Check), then the rules.
//
// The log line holds route, status, fault code, inner error, holder id, duration, cold or warm, and whose
// fault it was (caller, us, supplier). It never holds a body, a header or a query.
package httpapi
