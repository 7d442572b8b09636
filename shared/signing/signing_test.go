package signing_test

import (
	"crypto/sha256"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/signing"
)

// newKey draws a key in the emulator's KMS.
func newKey(t *testing.T, f *dynamotest.Fixture, spec types.KeySpec) *signing.Key {
	t.Helper()
	a := f.Account
	client := kms.New(kms.Options{Region: a.Region, Credentials: a.Credentials(), HTTPClient: a.HTTP, BaseEndpoint: a.Endpoint("KMS")})
	out, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: spec, KeyUsage: types.KeyUsageTypeSignVerify})
	if err != nil {
		t.Fatal(err)
	}
	return signing.NewKey(a, *out.KeyMetadata.Arn)
}

func TestASignatureHoldsForItsDigestAlone(t *testing.T) {
	f := dynamotest.Start(t)
	key := newKey(t, f, types.KeySpecEccNistP256)
	digest := sha256.Sum256([]byte("checkpoint"))
	signature, err := key.Sign(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.Public(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	written, err := signing.ParsePublic(public.PEM())
	if err != nil {
		t.Fatal(err)
	}
	if !public.Holds(digest, signature) || !written.Holds(digest, signature) {
		t.Error("the signature does not hold")
	}
	if other := sha256.Sum256([]byte("another")); written.Holds(other, signature) {
		t.Error("the signature holds for another digest")
	}
	signature[len(signature)-1] ^= 1
	if written.Holds(digest, signature) || written.Holds(digest, nil) {
		t.Error("a changed signature holds")
	}
	if another, _ := newKey(t, f, types.KeySpecEccNistP256).Sign(t.Context(), digest); written.Holds(digest, another) {
		t.Error("another key's signature holds")
	}
}

func TestAKeyThatCannotSignIsAnError(t *testing.T) {
	f := dynamotest.Start(t)
	unknown := signing.NewKey(f.Account, "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000")
	if _, err := unknown.Sign(t.Context(), [32]byte{}); err == nil {
		t.Error("an unknown key signs")
	}
	if _, err := unknown.Public(t.Context()); err == nil {
		t.Error("an unknown key has a public key")
	}
	if _, err := newKey(t, f, types.KeySpecRsa2048).Public(t.Context()); err == nil {
		t.Error("a key of RSA is taken")
	}
}

func TestAFileThatIsNoPublicKeyIsAnError(t *testing.T) {
	for _, text := range []string{"", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		if _, err := signing.ParsePublic([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
