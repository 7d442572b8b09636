package stack

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/infra/local/aging"
	"phoneotp/infra/local/demo"
	"phoneotp/infra/local/front"
	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/notice"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
)

// tables reads the names of the deployed tables.
func (s *Stack) tables() map[string]string {
	names := s.Deployed.Names()
	found := map[string]string{}
	for _, room := range []string{"Accounts", "Sessions", "Orders", "Licenses", "Credentials", "Phonebook", "Audit", "Limits", "Cases", "Slots", "Outbox"} {
		found[room] = names[room+"Table"]
	}
	return found
}

func (s *Stack) database() *dynamodb.Client { return dynamodb.NewFromConfig(s.Cloud.Config()) }

func (s *Stack) ager() aging.Ager {
	t := s.tables()
	return aging.Ager{DB: s.database(), Restart: s.restart, Tables: aging.Tables{
		Accounts: t["Accounts"], Sessions: t["Sessions"], Orders: t["Orders"], Licenses: t["Licenses"],
		Credentials: t["Credentials"], Phonebook: t["Phonebook"], Limits: t["Limits"], Cases: t["Cases"], Slots: t["Slots"],
	}}
}

// restart lets the product start an execution of the proofing workflow, as a change of the case would.
func (s *Stack) restart(ctx context.Context, execution string) error {
	vault, err := s.Deployed.Name("VaultSecret")
	if err != nil {
		return err
	}
	document, err := s.Cloud.Secret(ctx, vault)
	if err != nil {
		return err
	}
	ring, err := secret.ParseRing([]byte(document))
	if err != nil {
		return err
	}
	db := dynamo.New(s.database())
	outbox, err := notice.NewOutbox(db, s.tables()["Outbox"], ring)
	if err != nil {
		return err
	}
	return db.Commit(ctx, outbox.WriteOnce(notice.CaseStart(), execution, time.Now()))
}

// begin moves an appointment so that it starts now.
func (s *Stack) begin(ctx context.Context, appointment string) error {
	err := s.ager().Begin(ctx, appointment, time.Now())
	if errors.Is(err, aging.ErrNoAppointment) {
		return front.ErrNoAppointment
	}
	return err
}

// age moves an account into the past.
func (s *Stack) age(ctx context.Context, user string, a front.Age) error {
	err := s.ager().Age(ctx, user, aging.Extent{By: a.By, Sessions: a.Sessions, Idle: a.Idle})
	if errors.Is(err, aging.ErrNoAccount) {
		return front.ErrNoAccount
	}
	return err
}

// grant gives a role, as an operator does with infra/roles.
func (s *Stack) grant(ctx context.Context, user, role string) error {
	t := s.tables()
	db := dynamo.New(s.database())
	accounts := account.Accounts{DB: db, Table: t["Accounts"]}
	log := audit.Log{Table: t["Audit"]}
	ender := session.Ender{Sessions: session.Sessions{DB: db, Table: t["Sessions"]}, Accounts: accounts, Log: log}
	return account.Operator{Accounts: accounts, Log: log, End: ender.Ending}.
		Grant(ctx, user, []string{role}, "demo data of the local stack", time.Now())
}

// people makes the demo people, unless the state folder has them.
func (s *Stack) people(ctx context.Context) error {
	accounts := account.Accounts{DB: dynamo.New(s.database()), Table: s.tables()["Accounts"]}
	_, err := accounts.ByID(ctx, account.IDOf(demo.People()[0].UserID), time.Now())
	if err == nil {
		return nil
	}
	if !errors.Is(err, account.ErrUnknown) {
		return err
	}
	s.options.Say("making the demo people")
	world := demo.World{
		URL: "http://" + s.listener.Addr().String(), Box: s.Box,
		Pay:   s.Payments.Pay,
		Grant: s.grant,
		Age: func(ctx context.Context, user string, by time.Duration) error {
			return s.age(ctx, user, front.Age{By: by})
		},
	}
	return world.Make(ctx)
}
