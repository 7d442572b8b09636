package account

import "phoneotp/shared/audit"

// What happens to accounts, as the audit trail has it.
const (
	Registered            audit.Event = "account-registered"
	ConfirmationRequested audit.Event = "confirmation-requested"
	Confirmed             audit.Event = "email-confirmed"
	ProfileChanged        audit.Event = "profile-changed"
	PasswordResetAsked    audit.Event = "password-reset-requested"
	PasswordChanged       audit.Event = "password-changed"
	PasswordReset         audit.Event = "password-reset"
	RolesGranted          audit.Event = "roles-granted"
)

// auditID is the subject of an entry about an account.
func auditID(id ID) string { return audit.Account(id.String()) }
