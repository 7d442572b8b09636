package license_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/catalog"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
)

const (
	keyOne   = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ01"
	keyTwo   = "ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba98"
	docOne   = `{"current":"k1","k1":"` + keyOne + `"}`
	docTwo   = `{"current":"k2","k1":"` + keyOne + `","k2":"` + keyTwo + `"}`
	anywhere = "192.0.2.7"
)

var bought = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

type fixture struct {
	*dynamotest.Fixture
	licenses license.Licenses
	issuer   license.Issuer
	redeemer license.Redeemer
}

func ring(t *testing.T, doc string) *secret.Ring {
	t.Helper()
	r, err := secret.ParseRing([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func keyring(t *testing.T, doc string) *license.Keyring {
	t.Helper()
	k, err := license.NewKeyring(ring(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Fixture: dynamotest.Start(t)}
	vault := ring(t, docOne)
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		t.Fatal(err)
	}
	outbox, err := notice.NewOutbox(nil, f.Table("OUTBOX_TABLE"), vault)
	if err != nil {
		t.Fatal(err)
	}
	products, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	f.licenses = license.Licenses{DB: f.DB, Table: f.Table("LICENSES_TABLE")}
	f.issuer = license.Issuer{Licenses: f.licenses, Keys: keyring(t, docOne)}
	f.redeemer = license.Redeemer{
		Licenses: f.licenses, Keys: f.issuer.Keys, Catalog: products, PerAddress: 30, Notices: outbox,
		Credentials: &credential.Registry{DB: f.DB, Table: f.Table("CREDENTIALS_TABLE"), Numbers: numbers},
		Limits:      limit.Counters{DB: f.DB, Table: f.Table("LIMITS_TABLE")}, Audit: audit.Log{Table: f.Table("AUDIT_TABLE")},
	}
	return f
}

// issue stores a key and returns it in clear.
func (f *fixture) issue(t *testing.T, product string) (license.License, string) {
	t.Helper()
	l, write, err := f.issuer.Issue(product, "SO-TEST0001", bought)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.DB.Commit(t.Context(), write); err != nil {
		t.Fatal(err)
	}
	k, ok, err := f.issuer.Keys.Open(f.find(t, l.Digest))
	if err != nil || !ok {
		t.Fatalf("open: %v, %v", ok, err)
	}
	return l, k.Shown()
}

func (f *fixture) find(t *testing.T, digest []byte) license.License {
	t.Helper()
	found, err := f.licenses.Find(t.Context(), digest)
	if err != nil || len(found) != 1 {
		t.Fatalf("find: %d, %v", len(found), err)
	}
	return found[0]
}

func (f *fixture) redeem(t *testing.T, key string, who int, at time.Time) (license.Entered, error) {
	return f.redeemer.Redeem(t.Context(), license.Entry{Input: key, Holder: holder(who), From: anywhere, At: at})
}

// become puts a license into a state that nothing here leads to.
func (f *fixture) become(t *testing.T, digest []byte, state license.State) {
	t.Helper()
	_, err := f.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &f.licenses.Table, Key: dynamo.Item{"p": dynamo.B(digest)}, UpdateExpression: aws.String("SET st = :s"),
		ExpressionAttributeValues: dynamo.Item{":s": dynamo.S(string(state))},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) scan(t *testing.T, variable string) []dynamo.Item {
	t.Helper()
	out, err := f.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(f.Table(variable)), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Items
}

func holder(n int) account.ID { return account.IDOf(fmt.Sprintf("holder-%d", n)) }
