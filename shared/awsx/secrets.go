package awsx

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"phoneotp/shared/secret"
)

// secretLimit bounds the answer: a secret has at most 64 KiB.
const secretLimit = 128 << 10

// Secret reads a secret document from Secrets Manager by its ARN. It is called once an environment, in
// wiring, with the instant for the signature.
//
// The request is made by hand because the service's client would cost each function 0.4 MB and a third
// of its start.
func (a *Account) Secret(ctx context.Context, arn string, now time.Time) (*secret.Ring, error) {
	return a.readSecret(ctx, ctx, arn, now)
}

// Secrets reads two secret documents at once, so that the start of an environment waits for one answer and
// not for two. Each is asked for by itself: a batch would need a permission on every secret of the account.
// As soon as one cannot be read the other is not tried again, and the error tells what each met.
func (a *Account) Secrets(ctx context.Context, one, other string, now time.Time) (*secret.Ring, *secret.Ring, error) {
	trying, stop := context.WithCancel(ctx)
	defer stop()
	read := func(arn string) (*secret.Ring, error) {
		ring, err := a.readSecret(ctx, trying, arn, now)
		if err != nil {
			stop()
		}
		return ring, err
	}
	var rest sync.WaitGroup
	var second *secret.Ring
	var failed error
	rest.Go(func() { second, failed = read(other) })
	first, err := read(one)
	rest.Wait()
	if err = errors.Join(err, failed); err != nil {
		return nil, nil, err
	}
	return first, second, nil
}

// readSecret makes up to three tries, none of them once trying is over.
func (a *Account) readSecret(ctx, trying context.Context, arn string, now time.Time) (*secret.Ring, error) {
	body, err := json.Marshal(map[string]string{"SecretId": arn})
	if err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	endpoint := "https://secretsmanager." + a.Region + ".amazonaws.com"
	if other := a.Endpoint("SECRETS_MANAGER"); other != nil {
		endpoint = *other
	}
	for try := 1; ; try++ {
		document, passing, err := a.secretString(ctx, endpoint, body, now)
		if passing && try < 3 && trying.Err() == nil {
			continue
		}
		var ring *secret.Ring
		if err == nil {
			ring, err = secret.ParseRing(document)
		}
		if err != nil {
			return nil, fmt.Errorf("read secret %s: %w", arn, err)
		}
		return ring, nil
	}
}

// secretString makes one request. passing tells that another try may succeed.
func (a *Account) secretString(ctx context.Context, endpoint string, body []byte, now time.Time) (document []byte, passing bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	sum := sha256.Sum256(body)
	signer := v4.NewSigner()
	if err := signer.SignHTTP(ctx, aws.Credentials(a.credentials), req, hex.EncodeToString(sum[:]), "secretsmanager", a.Region, now); err != nil {
		return nil, false, err
	}
	res, err := a.HTTP.Do(req)
	if err != nil {
		return nil, true, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, secretLimit))
	if err != nil {
		return nil, true, err
	}
	var out struct {
		SecretString string
		Type         string `json:"__type"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return nil, res.StatusCode >= 500, fmt.Errorf("status %d, not JSON", res.StatusCode)
	}
	if res.StatusCode != http.StatusOK {
		return nil, res.StatusCode >= 500 || res.StatusCode == http.StatusTooManyRequests, fmt.Errorf("status %d %s", res.StatusCode, out.Type)
	}
	return []byte(out.SecretString), false, nil
}
