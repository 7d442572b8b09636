package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/dynamo"
)

// Operator does what is done by a command on the stage, never through the API.
type Operator struct {
	Accounts Accounts
	Log      audit.Log
	End      EndSessions
}

// Grant sets the roles of an account, no roles taking them away, and ends its sessions, which bear the old
// ones. Why is the stated reason. It returns ErrUnknown for a user ID that nobody has, and an error for a role
// that does not exist.
func (o Operator) Grant(ctx context.Context, userID string, roles []string, why string, now time.Time) error {
	for _, r := range roles {
		if r != RoleAgent && r != RoleSupport {
			return fmt.Errorf("grant: there is no role %q", r)
		}
	}
	if why == "" {
		return fmt.Errorf("grant: a reason is needed")
	}
	roles = slices.Compact(slices.Sorted(slices.Values(roles)))
	id := IDOf(userID)
	err := o.End(ctx, id, "", now, func(found Account, ends []dynamo.Write) error {
		entry := audit.Entry{
			Subject: auditID(id), Actor: audit.Operator, What: RolesGranted, At: now, Why: why,
			Detail: map[string]string{"roles": strings.Join(roles, " ")},
		}
		return o.Accounts.DB.Commit(ctx, append(ends, o.Accounts.setRoles(found, roles), o.Log.Write(entry))...)
	})
	if err != nil {
		return fmt.Errorf("grant: %w", err)
	}
	return nil
}
