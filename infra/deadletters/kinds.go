package main

import "context"

// kind says what lies in a queue and what is done with it.
type kind struct {
	what   string // a word or two for the list
	then   string // what to do, where replay is not all
	replay func(*deadLetters, context.Context, string) (int, error)
}

// kinds are the dead-letter queues of template.yaml by their logical id.
func kinds() map[string]kind {
	return map[string]kind{
		"NoticeDeadLetters": {what: "notices that were not sent", replay: to("NoticeQueue")},
		"CaseDeadLetters":   {what: "workflows not started or stopped", replay: to("CaseQueue")},
		// Both sweeps find by themselves what is left: a letter only says that one is due at once.
		"SweepDeadLetters": {what: "sweeps of expiries that failed", replay: sweep("ExpirySweepFunction", `{"sweep":"expiry"}`)},
		"RelayDeadLetters": {what: "notices not handed to their queue", replay: sweep("NoticeRelayFunction", `{"sweep":"notices"}`)},
		// A day later the stream has forgotten; the tables have not.
		"AuditDeadLetters":      {what: "audit entries not sealed", replay: (*deadLetters).seal},
		"DirectoryDeadLetters":  {what: "people not indexed", replay: (*deadLetters).reindex},
		"CredentialDeadLetters": {what: "codes not in the audit trail", then: "within 24 hours of the change; then drop", replay: (*deadLetters).redrive},
		// A call is worth nothing after three minutes.
		"VoiceDeadLetters": {what: "calls not placed", then: "look at the log, then drop"},
	}
}
