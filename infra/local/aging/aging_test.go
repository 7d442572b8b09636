package aging

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/limit"
)

func TestShift(t *testing.T) {
	item := dynamo.Item{
		"pa": dynamo.N(5000), "cu": dynamo.N(0), "r": dynamo.L(dynamo.N(3000), dynamo.N(0)), "st": dynamo.S("a"),
		"ph": dynamo.M(dynamo.Item{"x": dynamo.M(dynamo.Item{"a": dynamo.N(4000), "c": dynamo.S("sms")})}),
	}
	if err := shift(item, time.Second, time.Millisecond, credentialInstants); err != nil {
		t.Fatal(err)
	}
	f := dynamo.Read(item)
	sends := dynamo.Read(dynamo.Item{"0": f.List("r")[0], "1": f.List("r")[1]})
	if f.Int("pa") != 4000 || f.Int("cu") != 0 || sends.Int("0") != 2000 || sends.Int("1") != 0 || f.Map("ph").Map("x").Int("a") != 3000 || f.Has("aa") {
		t.Errorf("shifted to %v", item)
	}
	if err := shift(dynamo.Item{"pa": dynamo.S("text")}, time.Second, time.Millisecond, credentialInstants); err == nil {
		t.Error("a text was moved")
	}
}

// What belongs to the account moves, what belongs to others or is not to move stays.
func TestAge(t *testing.T) {
	f := dynamotest.Start(t)
	a := Ager{DB: f.Client, Tables: Tables{
		Accounts: f.Table("ACCOUNTS_TABLE"), Sessions: f.Table("SESSIONS_TABLE"), Orders: f.Table("ORDERS_TABLE"),
		Licenses: f.Table("LICENSES_TABLE"), Credentials: f.Table("CREDENTIALS_TABLE"), Limits: f.Table("LIMITS_TABLE"),
		Cases: f.Table("CASES_TABLE"), Slots: f.Table("SLOTS_TABLE"), Phonebook: f.Table("PHONEBOOK_TABLE"),
	}}
	me, other := account.IDOf("grace"), account.IDOf("ada")
	day := int64(24 * time.Hour / time.Millisecond)
	bought := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	put := func(table string, item dynamo.Item) {
		t.Helper()
		if _, err := f.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	read := func(table string, key dynamo.Item) *dynamo.Fields {
		t.Helper()
		item, err := f.DB.Get(t.Context(), table, key)
		if err != nil {
			t.Fatal(err)
		}
		return dynamo.Read(item)
	}
	key := func(p string) dynamo.Item { return dynamo.Item{"p": dynamo.S(p)} }
	rule := limit.Rule{Name: "sign-in-pair"}
	put(a.Tables.Accounts, dynamo.Item{"p": dynamo.S("a#" + me.String()), "u": dynamo.S("Grace"), "m": dynamo.S("G@x.test")})
	put(a.Tables.Orders, dynamo.Item{"p": dynamo.S("SO-MINE"), "by": dynamo.B(me[:]), "at": dynamo.Ms(bought), "tt": dynamo.N(3400)})
	put(a.Tables.Orders, dynamo.Item{"p": dynamo.S("SO-OTHERS"), "by": dynamo.B(other[:]), "at": dynamo.Ms(bought)})
	put(a.Tables.Licenses, dynamo.Item{"p": dynamo.B([]byte("unused")), "o": dynamo.S("SO-MINE"), "at": dynamo.Ms(bought)})
	put(a.Tables.Licenses, dynamo.Item{"p": dynamo.B([]byte("given")), "o": dynamo.S("SO-MINE"), "h": dynamo.B(other[:]), "at": dynamo.Ms(bought)})
	put(a.Tables.Licenses, dynamo.Item{"p": dynamo.B([]byte("mine")), "o": dynamo.S("SO-OTHERS"), "h": dynamo.B(me[:]), "at": dynamo.Ms(bought)})
	put(a.Tables.Credentials, dynamo.Item{"p": dynamo.B(me[:]), "pa": dynamo.Ms(bought), "te": dynamo.N(1), "ex": dynamo.Ms(bought.AddDate(1, 0, 0)), "ds": dynamo.S("0"), "da": dynamo.Ms(bought.AddDate(1, 0, -60))})
	put(a.Tables.Limits, dynamo.Item{"p": dynamo.S(rule.Key("grace\x00127.0.0.1")), "n": dynamo.N(5), "e": dynamo.Ms(bought)})
	put(a.Tables.Limits, dynamo.Item{"p": dynamo.S(rule.Key("ada\x00127.0.0.1")), "n": dynamo.N(5), "e": dynamo.Ms(bought)})
	change := dynamo.Item{"p": dynamo.B(me[:]), "s": dynamo.N(1)}
	put(a.Tables.Phonebook, dynamo.Item{
		"p": change["p"], "s": change["s"], "at": dynamo.Ms(bought), "x": dynamo.Lifetime(bought),
		"ph": dynamo.M(dynamo.Item{"id": dynamo.M(dynamo.Item{"a": dynamo.Ms(bought)})}),
	})
	put(a.Tables.Phonebook, dynamo.Item{"p": dynamo.B([]byte("number")), "s": dynamo.N(0)})
	session := dynamo.Item{"p": dynamo.B(me[:]), "s": dynamo.B([]byte("session"))}
	put(a.Tables.Sessions, dynamo.Item{"p": session["p"], "s": session["s"], "at": dynamo.Ms(bought), "l": dynamo.Ms(bought), "x": dynamo.Lifetime(bought)})

	if err := a.Age(t.Context(), "GRACE", Extent{By: 24 * time.Hour, Idle: true}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want int64 }{
		"own order":                     {read(a.Tables.Orders, key("SO-MINE")).Int("at"), bought.UnixMilli() - day},
		"its total":                     {read(a.Tables.Orders, key("SO-MINE")).Int("tt"), 3400},
		"change of numbers":             {read(a.Tables.Phonebook, change).Int("at"), bought.UnixMilli() - day},
		"its lifetime":                  {read(a.Tables.Phonebook, change).Int("x"), bought.Unix() - day/1000},
		"a number that it keeps":        {read(a.Tables.Phonebook, change).Map("ph").Map("id").Int("a"), bought.UnixMilli() - day},
		"another's order":               {read(a.Tables.Orders, key("SO-OTHERS")).Int("at"), bought.UnixMilli()},
		"key that nobody entered":       {read(a.Tables.Licenses, dynamo.Item{"p": dynamo.B([]byte("unused"))}).Int("at"), bought.UnixMilli() - day},
		"key that another entered":      {read(a.Tables.Licenses, dynamo.Item{"p": dynamo.B([]byte("given"))}).Int("at"), bought.UnixMilli()},
		"own license":                   {read(a.Tables.Licenses, dynamo.Item{"p": dynamo.B([]byte("mine"))}).Int("at"), bought.UnixMilli() - day},
		"credential's purchase":         {read(a.Tables.Credentials, dynamo.Item{"p": dynamo.B(me[:])}).Int("pa"), bought.UnixMilli() - day},
		"credential's expiry, reckoned": {read(a.Tables.Credentials, dynamo.Item{"p": dynamo.B(me[:])}).Int("ex"), time.Date(2027, 3, 30, 12, 0, 0, 0, time.UTC).UnixMilli()},
		"credential's next reminder":    {read(a.Tables.Credentials, dynamo.Item{"p": dynamo.B(me[:])}).Int("da"), time.Date(2027, 3, 30, 12, 0, 0, 0, time.UTC).AddDate(0, 0, -60).UnixMilli()},
		"own sign-in limit":             {read(a.Tables.Limits, key(rule.Key("grace\x00127.0.0.1"))).Int("e"), bought.UnixMilli() - day},
		"another's sign-in limit":       {read(a.Tables.Limits, key(rule.Key("ada\x00127.0.0.1"))).Int("e"), bought.UnixMilli()},
		"start of the session":          {read(a.Tables.Sessions, session).Int("at"), bought.UnixMilli()},
		"idle clock":                    {read(a.Tables.Sessions, session).Int("l"), bought.UnixMilli() - day},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
	if err := a.Age(t.Context(), "grace", Extent{By: 24 * time.Hour, Sessions: true}); err != nil {
		t.Fatal(err)
	}
	if s := read(a.Tables.Sessions, session); s.Int("at") != bought.UnixMilli()-day || s.Int("x") != bought.Unix()-day/1000 || s.Int("l") != bought.UnixMilli()-day {
		t.Errorf("session moved to %d, %d, %d", s.Int("at"), s.Int("x"), s.Int("l"))
	}
	if err := a.Age(t.Context(), "nobody", Extent{By: time.Hour}); !errors.Is(err, ErrNoAccount) {
		t.Errorf("nobody: %v", err)
	}
}

// Twenty days back over a 29 February the year of a credential is one day shorter, and its reminders follow.
func TestRemindersMoveWithTheExpiry(t *testing.T) {
	f := dynamotest.Start(t)
	a := Ager{DB: f.Client, Tables: Tables{Credentials: f.Table("CREDENTIALS_TABLE")}}
	me, bought := account.IDOf("grace"), time.Date(2027, 3, 10, 12, 0, 0, 0, time.UTC)
	item := dynamo.Item{"p": dynamo.B(me[:]), "pa": dynamo.Ms(bought), "te": dynamo.N(1), "ex": dynamo.Ms(bought.AddDate(1, 0, 0)), "ds": dynamo.S("0"), "da": dynamo.Ms(bought.AddDate(1, 0, -30))}
	if _, err := f.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &a.Tables.Credentials, Item: item}); err != nil {
		t.Fatal(err)
	}
	if err := a.credential(t.Context(), me, 20*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	moved, err := f.DB.Get(t.Context(), a.Tables.Credentials, dynamo.Item{"p": dynamo.B(me[:])})
	if err != nil {
		t.Fatal(err)
	}
	ends := time.Date(2028, 2, 18, 12, 0, 0, 0, time.UTC)
	if got := dynamo.Read(moved); !got.Time("ex").Equal(ends) || !got.Time("da").Equal(ends.AddDate(0, 0, -30)) {
		t.Errorf("expires %v, reminds %v", got.Time("ex"), got.Time("da"))
	}
}
