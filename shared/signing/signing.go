package signing

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"phoneotp/shared/awsx"
)

// Digest is SHA-256 of what is signed.
type Digest = [32]byte

// Key is one signing key of KMS. It is safe for concurrent use.
type Key struct {
	client *kms.Client
	arn    string
}

// NewKey returns the key of that ARN.
func NewKey(a *awsx.Account, arn string) *Key {
	return &Key{arn: arn, client: kms.New(kms.Options{
		Region: a.Region, Credentials: a.Credentials(), HTTPClient: a.HTTP, Retryer: a.Retryer(), BaseEndpoint: a.Endpoint("KMS"),
	})}
}

// Sign signs a digest.
func (k *Key) Sign(ctx context.Context, digest Digest) ([]byte, error) {
	out, err := k.client.Sign(ctx, &kms.SignInput{
		KeyId: &k.arn, Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
	})
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return out.Signature, nil
}

// Public asks for the public key, which is to be kept where those cannot write who could change what is signed.
func (k *Key) Public(ctx context.Context) (*Public, error) {
	out, err := k.client.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &k.arn})
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	return fromDER(out.PublicKey)
}

// Public checks signatures.
type Public struct {
	key *ecdsa.PublicKey
	der []byte
}

var errKey = errors.New("signing: no public key of ECDSA in PEM")

// ParsePublic reads a public key that PEM has written.
func ParsePublic(text []byte) (*Public, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, errKey
	}
	return fromDER(block.Bytes)
}

func fromDER(der []byte) (*Public, error) {
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errKey, err)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, errKey
	}
	return &Public{key: key, der: der}, nil
}

// PEM writes the key as a file has it.
func (p *Public) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: p.der})
}

// Holds tells whether the signature was made with the key over that digest.
func (p *Public) Holds(digest Digest, signature []byte) bool {
	return ecdsa.VerifyASN1(p.key, digest[:], signature)
}
