package httpapi_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"phoneotp/shared/httpapi"
)

func TestAFailedWiringIsToldAndEndsTheEnvironment(t *testing.T) {
	const inside = "START_FAILS"
	if os.Getenv(inside) != "" {
		httpapi.Start(nil, errors.New("ORDERS_TABLE is not set"))
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inside+"=1")
	out, err := cmd.Output()
	if ended, ok := errors.AsType[*exec.ExitError](err); !ok || ended.ExitCode() != 1 {
		t.Errorf("err = %v", err)
	}
	if !strings.Contains(string(out), `"msg":"cold start","error":"ORDERS_TABLE is not set"}`) {
		t.Errorf("it says %s", out)
	}
}
