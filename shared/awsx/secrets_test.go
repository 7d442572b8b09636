package awsx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"phoneotp/shared/awsx"
)

// vault is a Secrets Manager of one test: what it answers is said for each secret.
type vault struct {
	*awsx.Account
	calls map[string]*atomic.Int64 // by the secret
}

func newVault(t *testing.T, more map[string]string, answers map[string]http.HandlerFunc) vault {
	t.Helper()
	v := vault{calls: map[string]*atomic.Int64{}}
	for arn := range answers {
		v.calls[arn] = new(atomic.Int64)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ SecretId string }
		if json.NewDecoder(r.Body).Decode(&asked) != nil {
			return // hung up already
		}
		if answers[asked.SecretId] == nil {
			t.Errorf("asked for %q", asked.SecretId)
			return
		}
		v.calls[asked.SecretId].Add(1)
		answers[asked.SecretId](w, r)
	}))
	t.Cleanup(server.Close)
	set := map[string]string{"AWS_ENDPOINT_URL": server.URL}
	for name, value := range more {
		set[name] = value
	}
	a, err := awsx.New(vars(set))
	if err != nil {
		t.Fatal(err)
	}
	v.Account = a
	return v
}

// answer is a document whose value "is" tells which it is.
func answer(is string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"SecretString": fmt.Sprintf(`{"current":"k1","k1":%q,"is":%q}`, strings.Repeat("x", 64), is)})
	}
}

func refuse(status int, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"__type":%q}`, kind)
	}
}

// silent answers nothing while anybody listens.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// together lets nobody through before everybody is there.
func together(n int) func(http.HandlerFunc) http.HandlerFunc {
	var there sync.WaitGroup
	there.Add(n)
	return func(then http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			there.Done()
			there.Wait()
			then(w, r)
		}
	}
}

func TestTwoSecretsAreOneWait(t *testing.T) {
	meet := together(2) // one after another, the first would wait for ever
	v := newVault(t, nil, map[string]http.HandlerFunc{"codes": meet(answer("codes")), "vault": meet(answer("vault"))})
	codes, keys, err := v.Secrets(t.Context(), "codes", "vault", time.Unix(0, 0))
	if err != nil || codes.Value("is").Reveal() != "codes" || keys.Value("is").Reveal() != "vault" {
		t.Errorf("%v %v %v", codes, keys, err)
	}
}

func TestOneSecretThatCannotBeReadFailsBoth(t *testing.T) {
	denied, fine := refuse(http.StatusBadRequest, "AccessDeniedException"), answer("vault")
	for name, answers := range map[string]map[string]http.HandlerFunc{
		"codes": {"codes": denied, "vault": fine}, "vault": {"codes": fine, "vault": denied},
	} {
		codes, keys, err := newVault(t, nil, answers).Secrets(t.Context(), "codes", "vault", time.Unix(0, 0))
		if codes != nil || keys != nil || err == nil || !strings.Contains(err.Error(), "read secret "+name+": status 400 AccessDenied") || strings.Count(err.Error(), "read secret") != 1 {
			t.Errorf("without %s: %v %v %v", name, codes, keys, err)
		}
	}
}

func TestBothFailuresAreTold(t *testing.T) {
	meet := together(2)
	garbled := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"SecretString":"{}"}`) }
	v := newVault(t, nil, map[string]http.HandlerFunc{"codes": meet(refuse(http.StatusBadRequest, "AccessDeniedException")), "vault": meet(garbled)})
	_, _, err := v.Secrets(t.Context(), "codes", "vault", time.Unix(0, 0))
	if err == nil || !strings.Contains(err.Error(), "read secret codes: status 400 AccessDenied") || !strings.Contains(err.Error(), "read secret vault: secret: the current key is missing") {
		t.Errorf("err = %v", err)
	}
}

func TestAPassingFailureOfOneIsTriedAgain(t *testing.T) {
	var tries atomic.Int64
	v := newVault(t, nil, map[string]http.HandlerFunc{"codes": answer("codes"), "vault": func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) < 3 {
			refuse(http.StatusInternalServerError, "InternalServiceError")(w, r)
			return
		}
		answer("vault")(w, r)
	}})
	_, keys, err := v.Secrets(t.Context(), "codes", "vault", time.Unix(0, 0))
	if err != nil || keys.Value("is").Reveal() != "vault" || v.calls["codes"].Load() != 1 || v.calls["vault"].Load() != 3 {
		t.Errorf("%v %v after %d and %d calls", keys, err, v.calls["codes"].Load(), v.calls["vault"].Load())
	}
}

func TestOnceOneFailedTheOtherIsNotTriedAgain(t *testing.T) {
	refused := make(chan struct{})
	v := newVault(t, nil, map[string]http.HandlerFunc{
		"codes": func(w http.ResponseWriter, r *http.Request) {
			refuse(http.StatusBadRequest, "AccessDeniedException")(w, r)
			close(refused)
		},
		"vault": func(w http.ResponseWriter, r *http.Request) {
			<-refused
			time.Sleep(200 * time.Millisecond) // the refusal arrives
			refuse(http.StatusInternalServerError, "InternalServiceError")(w, r)
		},
	})
	_, _, err := v.Secrets(t.Context(), "codes", "vault", time.Unix(0, 0))
	if err == nil || !strings.Contains(err.Error(), "codes") || !strings.Contains(err.Error(), "vault") || v.calls["vault"].Load() == 3 {
		t.Errorf("%v after %d calls", err, v.calls["vault"].Load())
	}
}

func TestSilenceEndsWithTheTimeOutOfEach(t *testing.T) {
	v := newVault(t, map[string]string{"AWS_CALL_TIMEOUT": "30ms"}, map[string]http.HandlerFunc{"codes": silent, "vault": silent})
	_, _, err := v.Secrets(t.Context(), "codes", "vault", time.Unix(0, 0))
	if err == nil || !strings.Contains(err.Error(), "read secret codes") || !strings.Contains(err.Error(), "read secret vault") {
		t.Errorf("err = %v", err)
	}
}

func TestNobodyWaitsForSecretsThatNobodyWants(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	meet := together(2)
	var once sync.Once
	both := meet(func(w http.ResponseWriter, r *http.Request) {
		once.Do(cancel)
		silent(w, r)
	})
	v := newVault(t, nil, map[string]http.HandlerFunc{"codes": both, "vault": both})
	_, _, err := v.Secrets(ctx, "codes", "vault", time.Unix(0, 0))
	if !errors.Is(err, context.Canceled) || v.calls["codes"].Load() != 1 || v.calls["vault"].Load() != 1 {
		t.Errorf("%v after %d and %d calls", err, v.calls["codes"].Load(), v.calls["vault"].Load())
	}
}
