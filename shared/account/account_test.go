package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/account"
	"phoneotp/shared/account/accounttest"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo/dynamotest"
	"phoneotp/shared/fault"
	"phoneotp/shared/notice"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

const here = "192.0.2.1"

func world(t testing.TB) *accounttest.World { return accounttest.New(t, dynamotest.Start(t)) }

func TestIDs(t *testing.T) {
	id := account.IDOf("Ada.Lovelace")
	if id != account.IDOf("ada.lovelace") || id == account.IDOf("ada.lovelac") {
		t.Error("ids do not follow the user ID without regard to case")
	}
	if len(id.String()) != 26 || strings.ToLower(id.String()) != id.String() {
		t.Errorf("text = %s", id)
	}
	back, err := account.ParseID(id.String())
	if err != nil || back != id {
		t.Errorf("parse = %v, %v", back, err)
	}
	for _, bad := range []string{"", "x", strings.Repeat("u", 26), id.String() + "00"} {
		if _, err := account.ParseID(bad); err == nil {
			t.Errorf("%q is taken for an id", bad)
		}
	}
	if _, err := account.IDFromBytes(id[:15]); err == nil {
		t.Error("15 bytes are taken for an id")
	}
}

func TestRegistrationsAreChecked(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*account.Registration)
		code   string
		fields string
	}{
		"fine":               {func(*account.Registration) {}, "", ""},
		"upper case":         {func(r *account.Registration) { r.UserID = "ABC.D-e_9" }, "", ""},
		"nothing":            {func(r *account.Registration) { *r = account.Registration{} }, "invalid", "/user_id /email /given_name /family_name /country /password"},
		"short user id":      {func(r *account.Registration) { r.UserID = "ab" }, "invalid", "/user_id"},
		"long user id":       {func(r *account.Registration) { r.UserID = strings.Repeat("a", 41) }, "invalid", "/user_id"},
		"user id with @":     {func(r *account.Registration) { r.UserID = "a@b.c" }, "invalid", "/user_id"},
		"user id with space": {func(r *account.Registration) { r.UserID = "a b c" }, "invalid", "/user_id"},
		"user id with ş":     {func(r *account.Registration) { r.UserID = "abcş" }, "invalid", "/user_id"},
		"user id with K":     {func(r *account.Registration) { r.UserID = "abc\u212a" }, "invalid", "/user_id"}, // lower case of the Kelvin sign is k
		"no at":              {func(r *account.Registration) { r.Email = "a.example.org" }, "invalid", "/email"},
		"two ats":            {func(r *account.Registration) { r.Email = "a@b@example.org" }, "invalid", "/email"},
		"no dot":             {func(r *account.Registration) { r.Email = "a@localhost" }, "invalid", "/email"},
		"header injection":   {func(r *account.Registration) { r.Email = "a@example.org\r\nBcc: b@example.org" }, "invalid", "/email"},
		"double dot":         {func(r *account.Registration) { r.Email = "a..b@example.org" }, "invalid", "/email"},
		"hyphen at the end":  {func(r *account.Registration) { r.Email = "a@example-.org" }, "invalid", "/email"},
		"plus":               {func(r *account.Registration) { r.Email = "a+b@example.org" }, "", ""},
		"blank name":         {func(r *account.Registration) { r.GivenName = "  " }, "invalid", "/given_name"},
		"long name":          {func(r *account.Registration) { r.FamilyName = strings.Repeat("ü", 101) }, "invalid", "/family_name"},
		"hidden in a name":   {func(r *account.Registration) { r.GivenName = "Gr\u200bace" }, "invalid", "/given_name"},
		"mixed scripts":      {func(r *account.Registration) { r.GivenName = "Gr\u0430ce" }, "invalid", "/given_name"},
		"line break":         {func(r *account.Registration) { r.FamilyName = "a\nb" }, "invalid", "/family_name"},
		"no such country":    {func(r *account.Registration) { r.Country = "XX" }, "invalid", "/country"},
		"lower-case country": {func(r *account.Registration) { r.Country = "us" }, "invalid", "/country"},
		"two countries":      {func(r *account.Registration) { r.Country = "US DE" }, "invalid", "/country"},
		"short password":     {func(r *account.Registration) { r.Password = "short" }, "password-refused", "/password"},
		"own name":           {func(r *account.Registration) { r.Password = "gracehopper1906" }, "password-refused", "/password"},
	} {
		t.Run(name, func(t *testing.T) {
			r := accounttest.Registration("grace")
			tt.change(&r)
			err := r.Check()
			if tt.code == "" {
				if err != nil {
					t.Errorf("err = %v", err)
				}
				return
			}
			f, ok := fault.Of(err)
			if !ok || f.Code != tt.code {
				t.Fatalf("err = %v, want %s", err, tt.code)
			}
			var fields []string
			for _, w := range f.Fields {
				fields = append(fields, w.Pointer)
			}
			if got := strings.Join(fields, " "); got != tt.fields {
				t.Errorf("fields = %s, want %s", got, tt.fields)
			}
		})
	}
}

func TestRegisterAndConfirm(t *testing.T) {
	w := world(t)
	r := accounttest.Registration("Grace")
	r.GivenName = " Gra\u0301ce "
	w.Faults.Clear()
	made, err := w.Registrar.Register(t.Context(), r, noon)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(w.Faults.Asked()); n != 3 {
		t.Errorf("registering took %d calls, want 3", n)
	}
	found, err := w.Accounts.ByID(t.Context(), made.ID, noon)
	if err != nil || found.UserID != "grace" || found.GivenName != "Gr\u00e1ce" || found.Confirmed() {
		t.Fatalf("account = %+v, %v", found, err)
	}
	token := w.Token(t, notice.KindConfirmAccount, noon)
	w.Faults.Clear()
	if err := w.Registrar.Confirm(t.Context(), token, here, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Faults.Asked()); n != 3 {
		t.Errorf("confirming took %d calls, want 3", n)
	}
	found, err = w.Accounts.ByID(t.Context(), made.ID, noon.Add(1000*time.Hour))
	if err != nil || !found.ConfirmedAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("account = %+v, %v", found, err)
	}
	if err := w.Registrar.Confirm(t.Context(), token, here, noon.Add(time.Hour)); !errors.Is(err, account.ErrTokenSpent) {
		t.Errorf("the link works twice: %v", err)
	}
	if d := cmp.Diff([]audit.Event{account.Registered, account.Confirmed}, w.Events(t, audit.Account(made.ID.String()))); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	for _, item := range w.Scan(t, "ACCOUNTS_TABLE") {
		if s := strings.ToLower(strings.Join(texts(item), " ")); strings.Contains(s, strings.ToLower(token.Reveal())) || strings.Contains(s, "violet otter") {
			t.Errorf("the table holds a token or password: %s", s)
		}
	}
}

func TestAnUnconfirmedAccountLapses(t *testing.T) {
	w := world(t)
	r := accounttest.Registration("grace")
	if _, err := w.Registrar.Register(t.Context(), r, noon); err != nil {
		t.Fatal(err)
	}
	token := w.Token(t, notice.KindConfirmAccount, noon)
	end := noon.Add(24 * time.Hour)
	r.Email = "other@example.test"
	if _, err := w.Registrar.Register(t.Context(), r, end.Add(-time.Millisecond)); !errors.Is(err, account.ErrUserIDTaken) {
		t.Fatalf("a moment before the end: %v", err)
	}
	if err := w.Registrar.Confirm(t.Context(), token, here, end); !errors.Is(err, account.ErrTokenSpent) {
		t.Errorf("the link at the very end: %v", err)
	}
	if _, err := w.Accounts.ByID(t.Context(), account.IDOf("grace"), end); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("reading it at the very end: %v", err)
	}
	if _, err := w.Registrar.Register(t.Context(), r, end); err != nil {
		t.Fatalf("at the very end: %v", err)
	}
	// Whoever registered before cannot confirm or take over the new one.
	if err := w.Registrar.Resend(t.Context(), "grace@example.test", here, end); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Mails(t, notice.KindConfirmAccount, end)); n != 1 {
		t.Errorf("%d mails after the end, want only the new registration's", n)
	}
	if found, err := w.Accounts.ForSignIn(t.Context(), "grace@example.test", end); err != nil || found.UserID != "" {
		t.Errorf("the old email names %q, %v", found.UserID, err)
	}
}

func TestATakenUserIDIsRefused(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	r := accounttest.Registration("GRACE")
	r.Email = "other@example.test"
	if _, err := w.Registrar.Register(t.Context(), r, noon.Add(1000*time.Hour)); !errors.Is(err, account.ErrUserIDTaken) {
		t.Errorf("err = %v", err)
	}
}

func TestATakenEmailIsNotTold(t *testing.T) {
	w := world(t)
	w.Person(t, "grace", noon)
	r := accounttest.Registration("mallory")
	r.Email = "Grace@Example.test"
	w.Faults.Clear()
	if _, err := w.Registrar.Register(t.Context(), r, noon); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Faults.Asked()); n != 3 {
		t.Errorf("%d calls, want 3 as for a free email", n)
	}
	if n := len(w.Mails(t, notice.KindConfirmAccount, noon)); n != 0 {
		t.Errorf("%d links were sent", n)
	}
	mails := w.Mails(t, notice.KindEmailAlreadyRegistered, noon)
	if len(mails) != 1 || mails[0].Account() != account.IDOf("grace").String() {
		t.Errorf("mails to the owner = %d", len(mails))
	}
	if err := w.Registrar.Resend(t.Context(), r.Email, here, noon); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Mails(t, notice.KindConfirmAccount, noon)); n != 0 {
		t.Errorf("asking again sent %d links", n)
	}
	if found, err := w.Accounts.ForSignIn(t.Context(), r.Email, noon); err != nil || found.UserID != "grace" {
		t.Errorf("the email names %q, %v", found.UserID, err)
	}
	// The user ID is held, as for everybody else.
	if _, err := w.Registrar.Register(t.Context(), r, noon); !errors.Is(err, account.ErrUserIDTaken) {
		t.Errorf("err = %v", err)
	}
}

func TestResend(t *testing.T) {
	w := world(t)
	if _, err := w.Registrar.Register(t.Context(), accounttest.Registration("grace"), noon); err != nil {
		t.Fatal(err)
	}
	first := w.Token(t, notice.KindConfirmAccount, noon)
	later := noon.Add(23 * time.Hour)
	calls := map[string]int{}
	for _, email := range []string{"GRACE@example.test", "nobody@example.test"} {
		w.Faults.Clear()
		if err := w.Registrar.Resend(t.Context(), email, here, later); err != nil {
			t.Fatal(err)
		}
		calls[email] = len(w.Faults.Asked())
	}
	if calls["nobody@example.test"] != 4 {
		t.Errorf("%d calls for an unknown email, want 4", calls["nobody@example.test"])
	}
	second := w.Token(t, notice.KindConfirmAccount, later)
	if first == second {
		t.Fatal("the same token again")
	}
	if err := w.Registrar.Confirm(t.Context(), second, here, later); err != nil {
		t.Fatal(err)
	}
	if err := w.Registrar.Confirm(t.Context(), first, here, later); !errors.Is(err, account.ErrTokenSpent) {
		t.Errorf("the first link after the second: %v", err)
	}
	if err := w.Registrar.Resend(t.Context(), "no mail", here, later); !errors.Is(err, fault.ErrInvalid) {
		t.Errorf("err = %v", err)
	}
}

func TestMailsToOneAddressAreBounded(t *testing.T) {
	w := world(t)
	if _, err := w.Registrar.Register(t.Context(), accounttest.Registration("grace"), noon); err != nil {
		t.Fatal(err)
	}
	for range 9 {
		if err := w.Registrar.Resend(t.Context(), "grace@example.test", here, noon); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.Mails(t, notice.KindConfirmAccount, noon)); n != 5 {
		t.Errorf("%d mails, want 5", n)
	}
	if err := w.Registrar.Resend(t.Context(), "grace@example.test", here, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Mails(t, notice.KindConfirmAccount, noon)); n != 1 {
		t.Errorf("%d mails an hour later, want 1", n)
	}
}
