// Command proofing is the holder's side of identity proofing: the case, questions, appointments and the activation
// code (product.md 4).
package main

import (
	"context"
	"os"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/awsx"
	"phoneotp/shared/bureau"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/env"
	"phoneotp/shared/httpapi"
	"phoneotp/shared/license"
	"phoneotp/shared/limit"
	"phoneotp/shared/meeting"
	"phoneotp/shared/metric"
	"phoneotp/shared/notice"
	"phoneotp/shared/proofing"
	"phoneotp/shared/proofing/agenda"
	"phoneotp/shared/proofing/appointment"
	"phoneotp/shared/secret"
	"phoneotp/shared/session"
	"phoneotp/shared/taskapi"
)

func main() { httpapi.Start(wire(context.Background(), os.Getenv)) }

// settings are what the template gives the function.
type settings struct {
	sessions, accounts, credentials, licenses, cases, slots, outbox, audit, limits string
	codes, vault                                                                   string
	origin, meetings, bureau, workflow, metrics                                    string
}

func read(get func(string) string) (settings, error) {
	e := env.Reader{Get: get}
	s := settings{
		sessions: e.Need("SESSIONS_TABLE"), accounts: e.Need("ACCOUNTS_TABLE"), credentials: e.Need("CREDENTIALS_TABLE"), licenses: e.Need("LICENSES_TABLE"),
		cases: e.Need("CASES_TABLE"), slots: e.Need("SLOTS_TABLE"), outbox: e.Need("OUTBOX_TABLE"), audit: e.Need("AUDIT_TABLE"), limits: e.Need("LIMITS_TABLE"),
		codes: e.Need("CODES_SECRET"), vault: e.Need("VAULT_SECRET"),
		origin: e.Need("PUBLIC_ORIGIN"), meetings: e.Need("MEETING_LINK"), bureau: e.May("BUREAU_ENDPOINT"), workflow: e.Need("WORKFLOW"),
		metrics: e.Need("METRICS_NAMESPACE"),
	}
	return s, e.Err()
}

func wire(ctx context.Context, get func(string) string) (*httpapi.API, error) {
	s, err := read(get)
	if err != nil {
		return nil, err
	}
	aws, err := awsx.New(get)
	if err != nil {
		return nil, err
	}
	codes, vault, err := aws.Secrets(ctx, s.codes, s.vault, time.Now())
	if err != nil {
		return nil, err
	}
	credentials, err := bureau.CredentialsFrom(vault.Value)
	if err != nil {
		return nil, err
	}
	h, err := s.handler(dynamo.New(aws.DynamoDB(ctx)), codes, vault, bureau.NewClient(credentials, s.bureau), taskapi.NewWorkflow(ctx, aws, s.workflow))
	if err != nil {
		return nil, err
	}
	return &httpapi.API{Routes: h.routes(), Origin: s.origin, Now: time.Now}, nil
}

func (s settings) handler(db *dynamo.DB, codes, vault *secret.Ring, asked bureau.Bureau, workflow proofing.Workflow) (*handler, error) {
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return nil, err
	}
	keys, err := proofing.NewKeys(vault)
	if err != nil {
		return nil, err
	}
	code, err := proofing.CodeKey(codes)
	if err != nil {
		return nil, err
	}
	outbox, err := notice.NewOutbox(nil, s.outbox, vault)
	if err != nil {
		return nil, err
	}
	links, err := meeting.NewLinks(s.meetings)
	if err != nil {
		return nil, err
	}
	hours, err := agenda.Load()
	if err != nil {
		return nil, err
	}
	desk := proofing.Desk{
		Cases: proofing.Cases{DB: db, Table: s.cases, Keys: keys}, Accounts: account.Accounts{DB: db, Table: s.accounts},
		Licenses: license.Licenses{DB: db, Table: s.licenses}, Credentials: &credential.Registry{DB: db, Table: s.credentials, Numbers: numbers},
		Outbox: outbox, Log: audit.Log{Table: s.audit}, Codes: code, Workflow: workflow,
	}
	diary := appointment.New(desk, appointment.Slots{DB: db, Table: s.slots}, hours, links, s.origin)
	return &handler{
		sessions: session.Sessions{DB: db, Table: s.sessions}, diary: diary, limits: limit.Counters{DB: db, Table: s.limits},
		quizzes: proofing.Quizzes{Desk: diary.Desk, Bureau: asked, Count: metric.Counter{Namespace: s.metrics}},
	}, nil
}
