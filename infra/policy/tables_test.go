package policy

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// owners says which room owns which table: it alone reads and writes it (architecture.md 2). A room of two
// tables has a folder for the second.
var owners = map[string]string{
	"AccountsTable":    "account",
	"SessionsTable":    "session",
	"OrdersTable":      "order",
	"LicensesTable":    "license",
	"CredentialsTable": "credential",
	"OutboxTable":      "notice",
	"AuditTable":       "audit",
	"ChainsTable":      "audit/chain",
	"LimitsTable":      "limit",
	"DirectoryTable":   "directory",
	"ApprovalsTable":   "support",
	"CasesTable":       "proofing",
	"SlotsTable":       "proofing/appointment",
	"PhonebookTable":   "credential/phonebook",
}

// owner is who a folder of shared is as an owner of tables: itself, or the room that it lies in.
func owner(dir string) string {
	below := strings.TrimPrefix(dir, "shared/")
	for _, o := range owners {
		if o == below {
			return o
		}
	}
	return room(dir)
}

// Requirement: point-in-time recovery, deletion protection, retain on all tables (quality.md 2 row 10).
func TestTablesAreKeptSafe(t *testing.T) {
	for id, table := range readTemplate(t).tables {
		if owners[id] == "" {
			t.Errorf("%s has no owner among the rooms", id)
		}
		for what, ok := range map[string]bool{
			"DeletionPolicy: Retain":                    table["DeletionPolicy"] == "Retain",
			"UpdateReplacePolicy: Retain":               table["UpdateReplacePolicy"] == "Retain",
			"PointInTimeRecoveryEnabled: true":          table.at("Properties", "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") == "true",
			"SSEEnabled: true":                          table.at("Properties", "SSESpecification", "SSEEnabled") == "true",
			"BillingMode: PAY_PER_REQUEST":              table.at("Properties", "BillingMode") == "PAY_PER_REQUEST",
			"DeletionProtectionEnabled in production":   protected(table),
			"index due projects KEYS_ONLY, if it is so": dueIsThin(table),
		} {
			if !ok {
				t.Errorf("%s: %s is missing", id, what)
			}
		}
	}
}

func protected(table resource) bool {
	i, ok := table.at("Properties", "DeletionProtectionEnabled").(intrinsic)
	if !ok {
		return table.at("Properties", "DeletionProtectionEnabled") == "true"
	}
	return i.name == "If" && slices.Equal(list(i.arg), []any{"Production", "true", "false"})
}

// dueIsThin: what waits in the index costs one small read each (quality.md 1 row 10).
func dueIsThin(table resource) bool {
	for _, x := range list(table.at("Properties", "GlobalSecondaryIndexes")) {
		index := resource(x.(map[string]any))
		if index["IndexName"] == "due" && index.at("Projection", "ProjectionType") != "KEYS_ONLY" {
			return false
		}
	}
	return true
}

// A room that writes a lifetime has a table that honours it in x, and the other way round.
func TestLifetimesHaveTables(t *testing.T) {
	r := load(t)
	writes := map[string]bool{}
	for _, s := range r.product() {
		if len(calls(s.ast, "dynamo", "Lifetime")) > 0 {
			writes[owner(s.dir())] = true
		}
	}
	for id, table := range readTemplate(t).tables {
		enabled := table.at("Properties", "TimeToLiveSpecification", "Enabled") == "true"
		if enabled && table.at("Properties", "TimeToLiveSpecification", "AttributeName") != "x" {
			t.Errorf("%s: the lifetime is not in x", id)
		}
		if enabled != writes[owners[id]] {
			t.Errorf("%s: time to live is %v, shared/%s writes lifetimes: %v", id, enabled, owners[id], writes[owners[id]])
		}
	}
}

// Only the owner's store speaks of a table's items: no function or other room touches the database itself.
func TestOnlyRoomsWithATableHaveAStore(t *testing.T) {
	owning := map[string]bool{}
	for _, o := range owners {
		owning[o] = true
	}
	for _, s := range load(t).product() {
		if path.Base(s.path) == "store.go" && !owning[owner(s.dir())] && !strings.HasPrefix(s.path, "shared/dynamo/") {
			t.Errorf("%s: shared/%s owns no table", s.path, owner(s.dir()))
		}
	}
}
