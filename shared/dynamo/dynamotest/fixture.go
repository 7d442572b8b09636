package dynamotest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/infra/local/emulator"
	"phoneotp/shared/awsx"
	"phoneotp/shared/dynamo"
)

// Fixture is one test's own tables on the emulator.
type Fixture struct {
	DB      *dynamo.DB
	Client  *dynamodb.Client
	Account *awsx.Account     // for further clients of the same endpoint, under the same Faults
	Faults  *Faults           // what goes wrong between the product and AWS
	Names   map[string]string // environment variable (as ACCOUNTS_TABLE) -> table name

	endpoint string
}

// Table returns the name of a table by its environment variable, as "ACCOUNTS_TABLE".
func (f *Fixture) Table(variable string) string {
	name := f.Names[variable]
	if name == "" {
		panic("dynamotest: no table for " + variable)
	}
	return name
}

// Vars returns an environment as a function gets it: the standard AWS variables, the fixture's tables, and
// more.
func (f *Fixture) Vars(more map[string]string) func(string) string {
	vars := standard(f.endpoint)
	for k, v := range f.Names {
		vars[k] = v
	}
	for k, v := range more {
		vars[k] = v
	}
	return func(name string) string { return vars[name] }
}

func standard(endpoint string) map[string]string {
	return map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
		"AWS_ENDPOINT_URL": endpoint, "AWS_CALL_TIMEOUT": "30s",
	}
}

var started = sync.OnceValues(func() (string, error) {
	if endpoint := os.Getenv("PHONEOTP_EMULATOR"); endpoint != "" {
		return endpoint, nil
	}
	e, err := emulator.Start(context.Background(), emulator.Options{Say: func(s string) { fmt.Fprintln(os.Stderr, s) }})
	if err != nil {
		return "", err
	}
	return e.Endpoint(), nil // ends with this process
})

// Start gives the test its tables; they are deleted when it ends.
func Start(t testing.TB) *Fixture {
	t.Helper()
	endpoint, err := started()
	if err != nil {
		t.Fatalf("the emulator does not start: %v", err)
	}
	return At(t, endpoint)
}

// At is Start on an emulator of the test's own.
func At(t testing.TB, endpoint string) *Fixture {
	t.Helper()
	vars := standard(endpoint)
	account, err := awsx.New(func(n string) string { return vars[n] })
	if err != nil {
		t.Fatal(err)
	}
	f := &Fixture{Account: account, Faults: &Faults{under: account.HTTP.Transport}, Names: map[string]string{}, endpoint: endpoint}
	account.HTTP.Transport = f.Faults
	f.Client = account.DynamoDB(context.Background())
	f.DB = dynamo.New(f.Client)
	inputs, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	var b [6]byte
	_, _ = rand.Read(b[:])
	prefix := "t" + hex.EncodeToString(b[:]) + "-"
	for logical, in := range inputs {
		name := prefix + strings.ToLower(strings.TrimSuffix(logical, "Table"))
		in.TableName = &name
		_, err := f.Client.CreateTable(context.Background(), in)
		if _, exists := errors.AsType[*types.ResourceInUseException](err); err != nil && !exists { // the SDK's repeat meets its own first try
			t.Fatalf("create %s: %v", logical, err)
		}
		f.Names[strings.ToUpper(strings.TrimSuffix(logical, "Table"))+"_TABLE"] = name
		t.Cleanup(func() {
			f.Faults.Clear()
			_, _ = f.Client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
		})
	}
	f.Faults.Clear()
	return f
}
