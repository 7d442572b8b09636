package dynamotest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
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

// Fixture is one test's own tables on the emulator. A table is made when it is first named, so that a test pays
// for those that it uses.
type Fixture struct {
	DB      *dynamo.DB
	Client  *dynamodb.Client
	Account *awsx.Account // for further clients of the same endpoint, under the same Faults
	Faults  *Faults       // what goes wrong between the product and AWS

	t        testing.TB
	endpoint string
	prefix   string
	maker    *dynamodb.Client // makes and removes tables, beside Faults
	mu       sync.Mutex
	made     map[string]bool
}

// Table returns the name of a table by its environment variable, as "ACCOUNTS_TABLE".
func (f *Fixture) Table(variable string) string {
	in, there := f.input(variable)
	if !there {
		panic("dynamotest: no table for " + variable)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.made[variable] {
		return *in.TableName
	}
	_, err := f.maker.CreateTable(context.Background(), in)
	if _, exists := errors.AsType[*types.ResourceInUseException](err); err != nil && !exists { // the SDK's repeat meets its own first try
		panic(fmt.Sprintf("dynamotest: create the table of %s: %v", variable, err))
	}
	f.made[variable] = true
	f.t.Cleanup(func() {
		_, _ = f.maker.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: in.TableName})
	})
	return *in.TableName
}

// input describes a table under the name that it has in this fixture.
func (f *Fixture) input(variable string) (*dynamodb.CreateTableInput, bool) {
	all, err := tables()
	if err != nil {
		panic(err)
	}
	in, there := all[variable]
	name := f.prefix + strings.ToLower(strings.TrimSuffix(variable, "_TABLE"))
	in.TableName = &name
	return &in, there
}

// All makes all tables and returns their names by environment variable.
func (f *Fixture) All() map[string]string {
	all, err := tables()
	if err != nil {
		panic(err)
	}
	names := map[string]string{}
	for variable := range all {
		names[variable] = f.Table(variable)
	}
	return names
}

// Vars returns an environment as a function gets it: the standard AWS variables, all tables, and more.
func (f *Fixture) Vars(more map[string]string) func(string) string {
	vars := standard(f.endpoint)
	maps.Copy(vars, f.All())
	maps.Copy(vars, more)
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
	var b [6]byte
	_, _ = rand.Read(b[:])
	f := &Fixture{
		Account: account, t: t, endpoint: endpoint, prefix: "t" + hex.EncodeToString(b[:]) + "-", made: map[string]bool{},
		maker: account.DynamoDB(context.Background()),
	}
	under := *account.HTTP
	f.Faults = &Faults{under: under.Transport}
	account.HTTP = &http.Client{Transport: f.Faults, Timeout: under.Timeout}
	f.Client = account.DynamoDB(context.Background())
	f.DB = dynamo.New(f.Client)
	return f
}
