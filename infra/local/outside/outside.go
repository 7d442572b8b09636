package outside

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"phoneotp/infra/local/bureau"
	"phoneotp/infra/local/messages"
)

// World is the running stand-ins.
type World struct {
	box    *messages.Box
	stripe http.Handler
	bureau http.Handler
	proxy  *httputil.ReverseProxy
	server *http.Server
	url    string
	down   atomic.Bool
	calls  atomic.Int64
}

// Open starts the stand-ins in front of the emulator's endpoint; what passes is kept in box. Stripe is the
// payment sandbox and quiz the credit bureau; their clients take an address without a path, so they are served here.
func Open(emulator string, box *messages.Box, stripe, quiz http.Handler) (*World, error) {
	to, err := url.Parse(emulator)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &World{box: box, stripe: stripe, bureau: quiz, url: "http://" + l.Addr().String()}
	w.proxy = &httputil.ReverseProxy{
		// The host stays as it came: the caller's signature covers it.
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host },
	}
	w.server = &http.Server{Handler: w, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = w.server.Serve(l) }()
	return w, nil
}

// URL is what the functions get as the endpoint of SNS, SES, End User Messaging, Stripe and the bureau.
func (w *World) URL() string { return w.url }

// Outage makes every further call fail with status 503, or ends that; Stripe is not meant by it.
func (w *World) Outage(on bool) { w.down.Store(on) }

// Close stops listening.
func (w *World) Close() { _ = w.server.Close() }

// bodyLimit is above what any of the services takes in one call.
const bodyLimit = 40 << 20

// ServeHTTP answers one call of a function.
func (w *World) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	if strings.HasPrefix(in.URL.Path, "/v1/") {
		w.stripe.ServeHTTP(out, in)
		return
	}
	if w.down.Load() {
		http.Error(out, `{"message":"the local stack plays an outage"}`, http.StatusServiceUnavailable)
		return
	}
	if bureau.Serves(in.URL.Path) {
		w.bureau.ServeHTTP(out, in)
		return
	}
	body, err := io.ReadAll(io.LimitReader(in.Body, bodyLimit))
	if err != nil {
		http.Error(out, err.Error(), http.StatusBadRequest)
		return
	}
	in.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case strings.HasPrefix(in.Header.Get("X-Amz-Target"), "PinpointSMSVoiceV2."):
		w.call(out, in, body)
	case strings.HasPrefix(in.URL.Path, "/v2/email/"):
		w.pass(out, in, func() error { return w.mail(in, body) })
	default:
		w.pass(out, in, func() error { return w.text(body) })
	}
}

// pass hands the call on and, when the emulator has accepted it, keeps what it carried.
func (w *World) pass(out http.ResponseWriter, in *http.Request, keep func() error) {
	answer := &recorder{header: http.Header{}}
	w.proxy.ServeHTTP(answer, in)
	if answer.status == http.StatusOK {
		if err := keep(); err != nil {
			http.Error(out, "the local stack cannot read what was sent: "+err.Error(), http.StatusInternalServerError)
			return
		}
	}
	for name, values := range answer.header {
		out.Header()[name] = values
	}
	out.WriteHeader(answer.status)
	_, _ = out.Write(answer.body.Bytes())
}

// recorder holds an answer back until what it answers is kept: whoever sees the answer can ask for the
// message at once.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// text keeps a text of SNS's query protocol; a publication to a topic goes to no person.
func (w *World) text(body []byte) error {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return err
	}
	if form.Get("Action") != "Publish" || form.Get("PhoneNumber") == "" {
		return nil
	}
	if form.Get("Message") == "" {
		return errors.New("a text without a message")
	}
	w.box.Add(messages.Message{Kind: messages.SMS, To: form.Get("PhoneNumber"), Body: form.Get("Message")})
	return nil
}

func (w *World) nextCall() string { return fmt.Sprintf("call-%d", w.calls.Add(1)) }
