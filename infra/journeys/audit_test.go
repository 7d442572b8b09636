package journeys_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"phoneotp/infra/local/deploy"
)

// What people and sweeps did in a whole story is sealed within seconds by the deployed functions and the key in
// KMS, and the operator's command finds it sound.
func TestTheAuditTrailOfAStoryIsSealed(t *testing.T) {
	tellStory(t)
	program := filepath.Join(t.TempDir(), "audit")
	if out, err := exec.Command("go", "build", "-o", program, "phoneotp/infra/audit").CombinedOutput(); err != nil { //nolint:gosec // our own
		t.Fatalf("%v: %s", err, out)
	}
	cloud := local.Cloud.Config()
	keys, err := cloud.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run := func(in []byte, args ...string) (out []byte, err error) {
		c := exec.CommandContext(t.Context(), program, append(args[:len(args)-1:len(args)-1], "-stack", deploy.StackName, args[len(args)-1])...) //nolint:gosec // our own
		c.Env = append(os.Environ(), "AWS_REGION="+cloud.Region, "AWS_ACCESS_KEY_ID="+keys.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY="+keys.SecretAccessKey, "AWS_ENDPOINT_URL="+local.Cloud.Endpoint, "AWS_CALL_TIMEOUT=30s")
		c.Stdin = bytes.NewReader(in)
		return c.Output()
	}
	public, err := run(nil, "key")
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, public, 0o600); err != nil {
		t.Fatal(err)
	}
	var said []byte
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("verify said last: %s", said)
		}
	})
	until(t, "every entry is sealed", func() bool {
		trail, err := run(nil, "export")
		if err != nil {
			t.Fatal(err)
		}
		said, err = run(trail, "-key", key, "verify")
		return err == nil && strings.Contains(string(said), " 0 too new to be sealed, 0 findings")
	})
	trail, err := run(nil, "export")
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Replace(trail, []byte(`{"S":"signed-in"}`), []byte(`{"S":"signed-out"}`), 1)
	if said, err := run(changed, "-key", key, "verify"); err == nil || !strings.Contains(string(said), "entry edited") {
		t.Errorf("an edit is not found: %v: %s", err, said)
	}
}
