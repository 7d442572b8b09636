package order

import (
	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/license"
	"phoneotp/shared/notice"
	"phoneotp/shared/payment"
	"phoneotp/shared/proofing"
	"phoneotp/shared/secret"
)

// Tables are the names of what a payment may change.
type Tables struct {
	Orders, Licenses, Credentials, Cases, Accounts, Outbox, Audit string
}

// NewFulfiller wires what takes in payments, for the functions that hear of them: the webhook and the reconciliation.
// The caller gives its Cases their Release, which this room does not link.
func NewFulfiller(db *dynamo.DB, t Tables, vault, commerce *secret.Ring, stripe *payment.Client) (Fulfiller, error) {
	outbox, err := notice.NewOutbox(nil, t.Outbox, vault)
	if err != nil {
		return Fulfiller{}, err
	}
	numbers, err := credential.NewNumbers(vault)
	if err != nil {
		return Fulfiller{}, err
	}
	keys, err := license.NewKeyring(commerce)
	if err != nil {
		return Fulfiller{}, err
	}
	log := audit.Log{Table: t.Audit}
	return Fulfiller{
		Orders: Orders{DB: db, Table: t.Orders}, Payment: stripe, Notices: outbox, Audit: log,
		Issuer:      license.Issuer{Licenses: license.Licenses{DB: db, Table: t.Licenses}, Keys: keys},
		Credentials: &credential.Registry{DB: db, Table: t.Credentials, Numbers: numbers},
		Cases: proofing.Desk{
			Cases: proofing.Cases{DB: db, Table: t.Cases}, Accounts: account.Accounts{DB: db, Table: t.Accounts}, Outbox: outbox, Log: log,
		},
	}, nil
}
