// Command support is what staff does for people: it finds them, shows their state without secrets, and acts with a
// reason (product.md 9). It has neither the codes' nor the commerce secret: it can check no code and open no key.
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/directory"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/notice"
	"phoneotp/shared/order"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/support"
	"phoneotp/shared/taskapi"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

// settings are the names of what the function uses.
type settings struct {
	sessions, accounts, credentials, licenses, orders, cases, slots, phonebook string
	directory, approvals, limits, outbox, audit                                string
	vault, origin, workflow                                                    string
	failures                                                                   int // of signing in, by one identifier, an hour
}

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	e := env.Reader{Get: get}
	s := settings{
		sessions: e.Need("SESSIONS_TABLE"), accounts: e.Need("ACCOUNTS_TABLE"), credentials: e.Need("CREDENTIALS_TABLE"), licenses: e.Need("LICENSES_TABLE"),
		orders: e.Need("ORDERS_TABLE"), cases: e.Need("CASES_TABLE"), slots: e.Need("SLOTS_TABLE"), phonebook: e.Need("PHONEBOOK_TABLE"),
		directory: e.Need("DIRECTORY_TABLE"), approvals: e.Need("APPROVALS_TABLE"), limits: e.Need("LIMITS_TABLE"), outbox: e.Need("OUTBOX_TABLE"),
		audit: e.Need("AUDIT_TABLE"), vault: e.Need("VAULT_SECRET"), origin: e.Need("PUBLIC_ORIGIN"), workflow: e.Need("WORKFLOW"),
		failures: e.NeedInt("SIGN_IN_FAILURES_PER_IDENTIFIER"),
	}
	if err := e.Err(); err != nil {
		return nil, err
	}
	aws, err := awsx.New(get)
	if err != nil {
		return nil, err
	}
	vault, err := aws.Secret(ctx, s.vault, time.Now())
	if err != nil {
		return nil, err
	}
	h, err := s.handler(dynamo.New(aws.DynamoDB(ctx)), vault, taskapi.NewWorkflow(ctx, aws, s.workflow))
	if err != nil {
		return nil, err
	}
	return &httpapi.API{Routes: h.routes(), Origin: s.origin, Now: time.Now}, nil
}

func (s settings) handler(db *dynamo.DB, vault *secret.Ring, workflow proofing.Workflow) (*handler, error) {
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return nil, err
	}
	keys, err := proofing.NewKeys(vault)
	if err != nil {
		return nil, err
	}
	outbox, err := notice.NewOutbox(db, s.outbox, vault)
	if err != nil {
		return nil, err
	}
	index, err := directory.NewIndex(db, s.directory, vault)
	if err != nil {
		return nil, err
	}
	log := audit.Log{Table: s.audit}
	accounts, sessions := account.Accounts{DB: db, Table: s.accounts}, session.Sessions{DB: db, Table: s.sessions}
	registry := &credential.Registry{DB: db, Table: s.credentials, Numbers: numbers}
	licenses, orders := license.Licenses{DB: db, Table: s.licenses}, order.Orders{DB: db, Table: s.orders}
	limits := limit.Counters{DB: db, Table: s.limits}
	cases := proofing.Desk{
		Cases: proofing.Cases{DB: db, Table: s.cases, Keys: keys}, Accounts: accounts, Licenses: licenses, Credentials: registry,
		Outbox: outbox, Log: log, Workflow: workflow,
	}
	cases.Release = appointment.Slots{DB: db, Table: s.slots}.Releaser(cases)
	return &handler{
		admission: credential.Admission{Sessions: sessions, Credentials: registry},
		finder:    support.Finder{Accounts: accounts, Orders: orders, Index: index, Log: log},
		persons: support.Persons{
			DB: db, Accounts: accounts, Credentials: registry, Orders: order.Reader{Orders: orders, Licenses: licenses}, Cases: cases.Cases,
			Sessions: sessions, Trail: audit.Reader{DB: db, Table: s.audit}, Log: log, Counters: limits, Failures: s.failures,
		},
		desk: support.Desk{
			DB: db, Accounts: accounts, Cases: cases, Book: phonebook.Book{DB: db, Table: s.phonebook},
			Ender:     session.Ender{Sessions: sessions, Accounts: accounts, Log: log},
			Approvals: support.Approvals{DB: db, Table: s.approvals}, Outbox: outbox, Log: log,
		},
		counter: support.Counter{
			Orders:   orders,
			Resender: order.Resender{Orders: orders, Licenses: licenses, Limits: limits, Notices: outbox, Audit: log},
			Voider:   order.Voider{Orders: orders, Licenses: licenses, Credentials: registry, Cases: cases, Notices: outbox, Audit: log},
		},
	}, nil
}
