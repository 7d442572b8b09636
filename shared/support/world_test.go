package support_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/credentialtest"
	"phoneotp/shared/directory"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/proofing/appointment/appointmenttest"
	"phoneotp/shared/support"
)

var (
	monday = appointmenttest.Monday
	ten    = monday.Add(10 * time.Hour)
	noon   = monday.Add(12 * time.Hour)

	first  = staff("support1")
	second = staff("support2")
	third  = staff("support3")
)

func staff(userID string) support.Staff {
	return support.Staff{Account: account.IDOf(userID), UserID: userID, From: "192.0.2.9"}
}

type world struct {
	*appointmenttest.World
	holders *credentialtest.World
	desk    support.Desk
	finder  support.Finder
	persons support.Persons
	writer  directory.Writer
}

func start(t *testing.T) *world {
	t.Helper()
	f := dynamotest.Start(t)
	w := &world{World: appointmenttest.New(t, f, "agent1"), holders: credentialtest.New(t, f)}
	index, err := directory.NewIndex(f.DB, f.Table("DIRECTORY_TABLE"), accounttest.Ring(t))
	fatal(t, err)
	w.writer = directory.Writer{Index: index, Accounts: w.Accounts, Credentials: w.holders.Registry}
	orders := order.Orders{DB: f.DB, Table: f.Table("ORDERS_TABLE")}
	w.desk = support.Desk{
		DB: f.DB, Accounts: w.Accounts, Cases: w.Diary.Desk, Book: w.holders.Book, Ender: w.Ender,
		Approvals: support.Approvals{DB: f.DB, Table: f.Table("APPROVALS_TABLE")}, Outbox: w.Outbox, Log: w.Log,
	}
	w.finder = support.Finder{Accounts: w.Accounts, Orders: orders, Index: index, Log: w.Log}
	w.persons = support.Persons{
		DB: f.DB, Accounts: w.Accounts, Credentials: w.holders.Registry, Orders: order.Reader{Orders: orders, Licenses: license.Licenses{DB: f.DB, Table: f.Table("LICENSES_TABLE")}},
		Cases: w.Diary.Desk.Cases, Sessions: w.Sessions, Trail: audit.Reader{DB: f.DB, Table: f.Table("AUDIT_TABLE")}, Log: w.Log,
		Counters: limit.Counters{DB: f.DB, Table: f.Table("LIMITS_TABLE")}, Failures: 50,
	}
	return w
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// active is somebody without proofing, with a number and a session.
func (w *world) active(t *testing.T, userID string) (account.Account, phone.Number) {
	t.Helper()
	a, s := w.SignedIn(t, userID, noon)
	_, n := w.holders.Active(t, credential.Asker{Holder: a.ID, Session: s.ID}, noon)
	return a, n
}

// proofed is somebody who passed by video, with a number and a session.
func (w *world) proofed(t *testing.T, userID string) (account.Account, phone.Number) {
	t.Helper()
	a, _ := w.Holder(t, userID, monday)
	agent := account.IDOf("agent1")
	if _, err := w.Accounts.ByID(t.Context(), agent, monday); err != nil {
		w.Person(t, "agent1", monday)
	}
	w.passes(t, a, ten)
	s := w.In(t, userID, noon)
	n := credentialtest.Number(t)
	w.holders.Register(t, credential.Asker{Holder: a.ID, Session: s.ID}, n, noon)
	return a, n
}

// passes takes a holder through video, at an instant.
func (w *world) passes(t *testing.T, a account.Account, at time.Time) {
	t.Helper()
	id, agent := proofing.IDOf(w.held(t, a).License), account.IDOf("agent1")
	with := w.Booked(t, a, id, at, monday).ID
	_, err := w.Diary.Claim(t.Context(), with, agent, at)
	fatal(t, err)
	done, err := w.Diary.Conclude(t.Context(), with, agent, appointment.Conclusion{Outcome: "passed", Reason: "all good", Checklist: appointmenttest.Checklist()}, at)
	fatal(t, err)
	_, err = w.Diary.Desk.Activate(t.Context(), limit.Counters{DB: w.DB, Table: w.Table("LIMITS_TABLE")}, a.ID, id, done.Code, at)
	fatal(t, err)
}

func (w *world) held(t *testing.T, a account.Account) *credential.Credential {
	t.Helper()
	return w.holders.Find(t, a.ID)
}

func (w *world) caseOf(t *testing.T, a account.Account) proofing.Case {
	t.Helper()
	return w.Find(t, proofing.IDOf(w.held(t, a).License))
}

// sessions counts the live ones.
func (w *world) sessions(t *testing.T, a account.Account, now time.Time) int {
	t.Helper()
	live, err := w.Sessions.List(t.Context(), a.ID, now)
	fatal(t, err)
	return len(live)
}

// do acts as a member of staff.
func (w *world) do(t *testing.T, by support.Staff, userID string, name support.Name) (support.Done, error) {
	t.Helper()
	return w.desk.Do(t.Context(), by, userID, support.Act{Name: name, Reason: "asked for by phone"}, noon)
}

// did is do where it has to change something.
func (w *world) did(t *testing.T, a account.Account, name support.Name) {
	t.Helper()
	if done, err := w.do(t, first, a.UserID, name); err != nil || !done.Changed || done.Waits != nil {
		t.Fatalf("%s: %+v, %v", name, done, err)
	}
}

// lock puts a holder on the last rung of the ladder, with the mark that a person must look.
func (w *world) lock(t *testing.T, a account.Account) {
	t.Helper()
	_, err := w.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: aws.String(w.Table("CREDENTIALS_TABLE")), Key: dynamo.Item{"p": dynamo.B(a.ID[:])},
		UpdateExpression: aws.String("SET f = :f, lk = :never, ls = :now, lw = :f, wn = :f, mc = :now"),
		ExpressionAttributeValues: dynamo.Item{
			":f": dynamo.N(60), ":never": dynamo.Ms(otp.Never), ":now": dynamo.Ms(noon),
		},
	})
	fatal(t, err)
}

// stands is all that the tables hold, as one text.
func (w *world) stands(t *testing.T) string {
	t.Helper()
	var lines []string
	for _, table := range []string{
		"ACCOUNTS_TABLE", "CREDENTIALS_TABLE", "CASES_TABLE", "LICENSES_TABLE", "SESSIONS_TABLE", "OUTBOX_TABLE", "AUDIT_TABLE", "APPROVALS_TABLE", "PHONEBOOK_TABLE",
	} {
		for _, item := range w.Scan(t, table) {
			b, err := dynamo.Canonical(item)
			fatal(t, err)
			lines = append(lines, fmt.Sprintf("%s %x", table, b))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// last is the newest entry about somebody.
func (w *world) last(t *testing.T, a account.Account, what audit.Event) audit.Entry {
	t.Helper()
	all, err := w.persons.Trail.For(t.Context(), audit.Account(a.ID.String()))
	fatal(t, err)
	for _, e := range slices.Backward(all) {
		if e.What == what {
			return e
		}
	}
	t.Fatalf("nothing is recorded of %s", what)
	return audit.Entry{}
}

// told counts the unsent mails about what support did, and takes them.
func (w *world) told(t *testing.T) int { return len(w.Mails(t, notice.KindSupportActed, noon)) }

// tryWrong enters a wrong code.
func tryWrong(t *testing.T, w *world, a credential.Asker, ch credential.Challenge, now time.Time) {
	t.Helper()
	n := w.holders.Find(t, a.Holder).Phones[0].Number
	_, err := w.holders.Verifier.Try(t.Context(), a, otp.SignIn, credentialtest.ID(t, ch), credentialtest.Wrong(w.holders.Code(t, n)), now)
	if !errors.Is(err, otp.ErrWrong) {
		t.Fatalf("a wrong code: %v", err)
	}
}

// review has an agent conclude about a name that a second one must look at.
func (w *world) review(t *testing.T, with string, at time.Time) {
	t.Helper()
	agent := account.IDOf("agent1")
	_, err := w.Diary.Claim(t.Context(), with, agent, at)
	fatal(t, err)
	list := appointmenttest.Checklist()
	list.Document.Name = "Gracie Hoppers"
	done, err := w.Diary.Conclude(t.Context(), with, agent, appointment.Conclusion{Outcome: "passed", Reason: "one letter", Checklist: list}, at)
	if err != nil || !done.Second {
		t.Fatalf("%+v, %v", done, err)
	}
}

// order puts an order of a purchaser, as placing leaves it.
func (w *world) order(t *testing.T, by account.Account, number string) {
	t.Helper()
	line := dynamo.M(dynamo.Item{"p": dynamo.S("us"), "n": dynamo.S("Phone Based OTP"), "q": dynamo.N(1), "a": dynamo.N(3400)})
	key := dynamo.Item{"p": dynamo.S(number)}
	fatal(t, w.DB.Commit(t.Context(), dynamo.Create(w.Table("ORDERS_TABLE"), key, dynamo.Item{
		"p": key["p"], "by": dynamo.B(by.ID[:]), "st": dynamo.S(string(order.Placed)), "at": dynamo.Ms(noon), "pa": dynamo.S("all"), "pm": dynamo.S("card"),
		"cu": dynamo.S("USD"), "tt": dynamo.N(3400), "ca": dynamo.N(0), "ct": dynamo.N(0), "bi": dynamo.M(dynamo.Item{}), "ln": dynamo.L(line),
	}, func(dynamo.Item) error { return nil })))
}

// crowd adds many accounts like one that stands there, with their emails and places in the index, by the items alone.
func (w *world) crowd(t *testing.T, like account.Account, many int) {
	t.Helper()
	var model dynamo.Item
	for _, item := range w.Scan(t, "ACCOUNTS_TABLE") {
		if dynamo.Read(item).Text("p") == "a#"+like.ID.String() {
			model = item
		}
	}
	var wg sync.WaitGroup
	for part := range 8 {
		wg.Go(func() {
			var puts []types.WriteRequest
			for i := part; i < many; i += 8 {
				id := account.IDOf(fmt.Sprint("crowd", i))
				item := maps.Clone(model)
				item["p"], item["u"] = dynamo.S("a#"+id.String()), dynamo.S(fmt.Sprint("crowd", i))
				if puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}); len(puts) == 25 || i+8 >= many {
					_, err := w.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{w.Table("ACCOUNTS_TABLE"): puts}})
					if err != nil {
						t.Error(err)
						return
					}
					puts = nil
				}
			}
		})
	}
	wg.Wait()
}

// many is how large the crowd is: what the emulator holds within seconds.
const many = 20000

// number registers a number of a holder's, past the gaps of codes.
func (w *world) number(t *testing.T, a account.Account, sessionID string) phone.Number {
	t.Helper()
	n := credentialtest.Number(t)
	w.holders.Register(t, credential.Asker{Holder: a.ID, Session: sessionID}, n, noon.Add(time.Hour))
	return n
}
