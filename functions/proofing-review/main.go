// Command proofing-review is the agents' side of live video proofing: the appointments of a day, claiming one,
// concluding it, and the second agent's decision (product.md 4).
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/meeting"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/agenda"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/taskapi"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	e := env.Reader{Get: get}
	sessions, accounts, credentials, licenses := e.Need("SESSIONS_TABLE"), e.Need("ACCOUNTS_TABLE"), e.Need("CREDENTIALS_TABLE"), e.Need("LICENSES_TABLE")
	cases, slots, outbox, log := e.Need("CASES_TABLE"), e.Need("SLOTS_TABLE"), e.Need("OUTBOX_TABLE"), e.Need("AUDIT_TABLE")
	codesARN, vaultARN, origin, link := e.Need("CODES_SECRET"), e.Need("VAULT_SECRET"), e.Need("PUBLIC_ORIGIN"), e.Need("MEETING_LINK")
	machine := e.Need("WORKFLOW")
	if err := e.Err(); err != nil {
		return nil, err
	}
	aws, err := awsx.New(get)
	if err != nil {
		return nil, err
	}
	codes, vault, err := aws.Secrets(ctx, codesARN, vaultARN, time.Now())
	if err != nil {
		return nil, err
	}
	links, err := meeting.NewLinks(link)
	if err != nil {
		return nil, err
	}
	hours, err := agenda.Load()
	if err != nil {
		return nil, err
	}
	db := dynamo.New(aws.DynamoDB(ctx))
	desk, err := openDesk(codes, vault, outbox, db)
	if err != nil {
		return nil, err
	}
	desk.Cases.DB, desk.Cases.Table = db, cases
	desk.Accounts = account.Accounts{DB: db, Table: accounts}
	desk.Licenses = license.Licenses{DB: db, Table: licenses}
	desk.Credentials.DB, desk.Credentials.Table = db, credentials
	desk.Workflow = taskapi.NewWorkflow(ctx, aws, machine)
	desk.Log = audit.Log{Table: log}
	h := &handler{
		admission: credential.Admission{Sessions: session.Sessions{DB: db, Table: sessions}, Credentials: desk.Credentials},
		diary:     appointment.New(desk, appointment.Slots{DB: db, Table: slots}, hours, links, origin),
	}
	return &httpapi.API{Routes: h.routes(), Origin: origin, Now: time.Now}, nil
}

// openDesk derives the keys that a desk needs.
func openDesk(codes, vault *secret.Ring, outbox string, db *dynamo.DB) (proofing.Desk, error) {
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return proofing.Desk{}, err
	}
	keys, err := proofing.NewKeys(vault)
	if err != nil {
		return proofing.Desk{}, err
	}
	code, err := proofing.CodeKey(codes)
	if err != nil {
		return proofing.Desk{}, err
	}
	notices, err := notice.NewOutbox(db, outbox, vault)
	if err != nil {
		return proofing.Desk{}, err
	}
	return proofing.Desk{Cases: proofing.Cases{Keys: keys}, Credentials: &credential.Registry{Numbers: numbers}, Outbox: notices, Codes: code}, nil
}
