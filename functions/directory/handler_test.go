package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/directory"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/phone"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

type fixture struct {
	*credentialtest.World
	people *accounttest.World
	h      *handler
}

func start(t *testing.T) *fixture {
	t.Helper()
	base := dynamotest.Start(t)
	f := &fixture{World: credentialtest.New(t, base), people: accounttest.New(t, base)}
	index, err := directory.NewIndex(base.DB, base.Table("DIRECTORY_TABLE"), credentialtest.Ring(t))
	if err != nil {
		t.Fatal(err)
	}
	f.h = &handler{directory.Writer{Index: index, Accounts: f.people.Accounts, Credentials: f.Registry}}
	return f
}

// record is what a stream says: keys, and the images' parts that matter.
func record(t *testing.T, n int, keys, before, after string) events.DynamoDBEventRecord {
	t.Helper()
	var r events.DynamoDBEventRecord
	text := fmt.Sprintf(`{"eventID":"e%d","eventName":"MODIFY","dynamodb":{"SequenceNumber":"%d","Keys":{"p":%s},"OldImage":%s,"NewImage":%s}}`, n, n, keys, before, after)
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

func accountKey(id account.ID) string { return fmt.Sprintf(`{"S":"a#%s"}`, id) }
func credentialKey(id account.ID) string {
	return fmt.Sprintf(`{"B":%q}`, base64.StdEncoding.EncodeToString(id[:]))
}

const (
	named  = `{"fn":{"S":"Hopper"},"g":{"S":"Grace"}}`
	signed = `{"fn":{"S":"Hopper"},"g":{"S":"Grace"},"n":{"N":"7"}}`
	phones = `{"ph":{"M":{"x":{"M":{"c":{"S":"s"}}}}},"ct":{"N":"1"}}`
	tried  = `{"ph":{"M":{"x":{"M":{"c":{"S":"s"}}}}},"ct":{"N":"2"}}`
)

func TestNewNumbersAndNamesAreIndexed(t *testing.T) {
	f := start(t)
	a := f.people.Person(t, "grace", noon)
	f.Open(t, a.ID, phone.USService, noon, noon)
	n := credentialtest.Number(t)
	f.Register(t, credential.Asker{Holder: a.ID, Session: "s"}, n, noon)
	for name, r := range map[string]events.DynamoDBEventRecord{
		"a number": record(t, 1, credentialKey(a.ID), `{"ph":{"M":{}}}`, phones),
		"a name":   record(t, 2, accountKey(a.ID), `{"fn":{"S":"Murray"}}`, named),
		"removal":  record(t, 3, credentialKey(a.ID), phones, `{}`),
	} {
		f.Faults.Clear()
		for range 2 { // a stream delivers at least once
			if res, err := f.h.handle(t.Context(), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{r, r}}, noon); err != nil || len(res.BatchItemFailures) > 0 {
				t.Fatalf("%s: %+v, %v", name, res, err)
			}
		}
		if len(f.Faults.Calls()) == 0 {
			t.Errorf("%s: nothing was asked", name)
		}
	}
	if ids, err := f.h.writer.Index.Find(t.Context(), n.Ending(), "Hopper"); err != nil || len(ids) != 1 || ids[0] != a.ID {
		t.Errorf("found %v, %v", ids, err)
	}
}

// Codes change a credential all day: they cost no call here.
func TestWhatDoesNotMatterCostsNothing(t *testing.T) {
	f := start(t)
	id := account.IDOf("grace")
	f.Faults.Clear()
	for _, r := range []events.DynamoDBEventRecord{
		record(t, 1, credentialKey(id), phones, tried),
		record(t, 2, accountKey(id), named, signed),
		record(t, 3, `{"S":"e#grace@example.test"}`, `{}`, named),
		record(t, 4, `{"S":"t#00"}`, `{}`, named),
	} {
		if res, _ := f.h.handle(t.Context(), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{r}}, noon); len(res.BatchItemFailures) > 0 {
			t.Errorf("%s fails", r.EventID)
		}
	}
	if calls := f.Faults.Asked(); len(calls) != 0 {
		t.Errorf("asked %v", calls)
	}
}

func TestTheStreamStartsAgainWhereItFailed(t *testing.T) {
	f := start(t)
	good, bad := record(t, 1, credentialKey(account.IDOf("grace")), phones, tried), record(t, 2, accountKey(account.IDOf("ada")), `{}`, named)
	f.Faults.FromCall(0, dynamotest.CutRequest)
	res, err := f.h.handle(t.Context(), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{good, bad}}, noon)
	f.Faults.Clear()
	if err != nil || len(res.BatchItemFailures) != 1 || res.BatchItemFailures[0].ItemIdentifier != "2" {
		t.Errorf("%+v, %v", res, err)
	}
	for _, keys := range []string{`{"N":"1"}`, `{"B":"AAAA"}`, `{"S":"a#nonsense"}`} {
		if res, _ := f.h.handle(t.Context(), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{record(t, 3, keys, `{}`, named)}}, noon); len(res.BatchItemFailures) != 1 {
			t.Errorf("key %s is passed over", keys)
		}
	}
}

func TestWire(t *testing.T) {
	f := dynamotest.Start(t)
	if _, err := wire(t.Context(), f.Vars(map[string]string{"VAULT_SECRET": credentialtest.Secret(t, f)})); err != nil {
		t.Fatal(err)
	}
	_, err := wire(t.Context(), func(string) string { return "" })
	for _, name := range []string{"ACCOUNTS_TABLE", "CREDENTIALS_TABLE", "DIRECTORY_TABLE", "VAULT_SECRET"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing and not named: %v", name, err)
		}
	}
}
