package dynamotest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Fault is what happens to one call between the product and AWS.
type Fault int

// The faults.
const (
	None       Fault = iota
	CutReply         // the work is done, the answer is lost
	CutRequest       // the connection breaks before anything is done
	Throttle         // refused for load, nothing is done
	Conflict         // a transaction is cancelled for another one in its way, nothing is done
	ServerFail       // an internal error of the service, nothing is done
	Hang             // no answer until the caller gives up; nothing is done
)

// Call is one request that reached the transport, the SDK's repeats included.
type Call struct {
	Service   string  // as "DynamoDB_20120810"; the host's first label for query protocols
	Operation string  // as "UpdateItem"; empty where the protocol does not say
	Units     float64 // capacity units of a DynamoDB call, as the endpoint bills it, if Meter is on
	Items     int     // writes of a transaction, if Meter is on
	Repeat    bool    // the SDK asks again, after a reply that was lost or a connection that the emulator closed
}

// Faults is a transport that follows a script and keeps count. It is safe for concurrent use.
type Faults struct {
	under  http.RoundTripper
	mu     sync.Mutex
	calls  []Call
	script func(n int, c Call) Fault
	delay  time.Duration
	meter  bool
}

// Meter makes the endpoint tell what each DynamoDB call costs; Calls has it.
func (f *Faults) Meter() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.meter = true
}

// Clear forgets the script and the calls.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.script, f.delay = nil, nil, 0
}

// Script sets what happens to the n-th call from now on (from 0, repeats of the SDK included).
func (f *Faults) Script(script func(n int, c Call) Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.script = nil, script
}

// OnCall lets one fault happen, to the n-th call from now (from 0).
func (f *Faults) OnCall(n int, fault Fault) {
	f.Script(func(i int, _ Call) Fault {
		if i == n {
			return fault
		}
		return None
	})
}

// FromCall lets a fault happen to the n-th call from now and to every later one: a crash, or a dead service.
func (f *Faults) FromCall(n int, fault Fault) {
	f.Script(func(i int, _ Call) Fault {
		if i >= n {
			return fault
		}
		return None
	})
}

// Delay makes every call take at least d.
func (f *Faults) Delay(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = d
}

// Calls lists the calls since the last Clear or Script.
func (f *Faults) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Call(nil), f.calls...)
}

// Asked lists the operations since the last Clear or Script, without the SDK's repeats: what a flow asks of AWS.
func (f *Faults) Asked() []string {
	var asked []string
	for _, c := range f.Calls() {
		if !c.Repeat {
			asked = append(asked, c.Operation)
		}
	}
	return asked
}

var errCut = errors.New("dynamotest: the connection was cut")

// RoundTrip is http.RoundTripper.
func (f *Faults) RoundTrip(r *http.Request) (*http.Response, error) {
	service, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !ok {
		service, operation = r.URL.Host, ""
	}
	f.mu.Lock()
	n, c := len(f.calls), Call{Service: service, Operation: operation, Repeat: repeat(r)}
	f.calls = append(f.calls, c)
	script, delay, meter := f.script, f.delay, f.meter && strings.HasPrefix(service, "DynamoDB")
	f.mu.Unlock()
	if delay > 0 {
		time.Sleep(delay)
	}
	fault := None
	if script != nil {
		fault = script(n, c)
	}
	switch fault {
	case CutReply:
		res, err := f.under.RoundTrip(r)
		if err == nil {
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
		}
		return nil, errCut
	case CutRequest:
		return nil, errCut
	case Hang:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case Throttle:
		return refusal(r, http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}`), nil
	case ServerFail:
		return refusal(r, http.StatusInternalServerError, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"trouble"}`), nil
	case Conflict:
		return refusal(r, http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled","CancellationReasons":[{"Code":"TransactionConflict","Message":"conflict"}]}`), nil
	}
	if meter {
		return f.metered(n, r)
	}
	return f.under.RoundTrip(r)
}

// repeat tells whether this is not the first attempt, by the header in which the SDK counts them.
func repeat(r *http.Request) bool {
	count := r.Header.Get("Amz-Sdk-Request")
	return count != "" && !strings.HasPrefix(count, "attempt=1;")
}

func refusal(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header:        http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewBufferString(body)),
	}
}
