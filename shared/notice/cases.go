package notice

import (
	"strings"
	"time"
)

// Kinds about identity proofing (product.md 4). Those of appointments stand in appointments.go.
const (
	KindProofingPassed Kind = "proofing-passed"
	KindProofingFailed Kind = "proofing-failed"
	KindProofingEnded  Kind = "proofing-ended"
)

// Kinds that are no message to a person but work for the workflow of a case: the relay puts them on the case
// queue. Their name is the execution's, case id and generation.
const (
	KindCaseStart Kind = "case-start"
	KindCaseStop  Kind = "case-stop"
)

// Why a case ended without a result.
const (
	EndedExpired   = "expired"
	EndedCancelled = "cancelled"      // by support; the key lives
	EndedWithKey   = "ended-with-key" // which was refunded, voided or revoked
)

const (
	paramMethod = "method"
	paramWhy    = "why"
)

// ProofingPassed tells the holder that the proofing passed, by "kbv" or "video".
func ProofingPassed(holder, method string, at time.Time) Notice {
	return toAccount(KindProofingPassed, holder, map[string]string{paramMethod: method, paramAt: instant(at)})
}

// ProofingFailed tells the holder that the proofing has failed and the key is void. It says no reason.
func ProofingFailed(holder string, at time.Time) Notice {
	return toAccount(KindProofingFailed, holder, map[string]string{paramAt: instant(at)})
}

// ProofingEnded tells the holder that the proofing ended without a result. Why is EndedExpired, EndedCancelled or EndedWithKey.
func ProofingEnded(holder, why string, at time.Time) Notice {
	return toAccount(KindProofingEnded, holder, map[string]string{paramWhy: why, paramAt: instant(at)})
}

// CaseStart is the work of starting a case's workflow.
func CaseStart() Notice { return Notice{Kind: KindCaseStart} }

// CaseStop is the work of stopping it.
func CaseStop() Notice { return Notice{Kind: KindCaseStop} }

// CaseWork tells of an outbox id whether it is work for the case queue, which work, and the execution's name.
func CaseWork(id string) (kind Kind, execution string, ok bool) {
	k, name, found := strings.Cut(id, "#")
	kind = Kind(k)
	return kind, name, found && (kind == KindCaseStart || kind == KindCaseStop)
}

// caseMail words the kinds of this file.
func caseMail(kind Kind, p params) (subject string, paragraphs []string, ok bool) {
	switch kind {
	case KindProofingPassed:
		return "Your identity is confirmed", []string{
			"Your identity was confirmed on " + p.when(paramAt) + p.byMethod() + ". Next, register your phone:\n" + p.page("/phones/register"),
			"This was not you? Set a new password now, then contact support:\n" + p.page("/forgot") + "\n" + p.page("/help/contact"),
		}, true
	case KindProofingFailed:
		return "We could not confirm your identity", []string{
			"We could not confirm your identity, and no attempt is left. The license key is no longer valid; a new subscription is needed to try again:\n" + p.page("/store"),
			"Questions? We are here:\n" + p.page("/help/contact"),
		}, true
	case KindProofingEnded:
		if p.with[paramWhy] == EndedExpired {
			return "Your identity proofing has expired", []string{
				"Nothing happened in your identity proofing for 30 days, so it has ended. Enter your license key again to go on with it:\n" + p.page("/redeem"),
			}, true
		}
		again := "The license key that began it has ended, so it cannot go on."
		if p.with[paramWhy] == EndedCancelled {
			again = "Your license key still works. To begin again, enter it once more; tries that failed stay counted:\n" + p.page("/redeem")
		}
		return "Your identity proofing was cancelled", []string{
			"Your identity proofing was cancelled. An appointment that was booked no longer takes place.",
			again,
			"Questions? We are here:\n" + p.page("/help/contact"),
		}, true
	}
	return "", nil, false
}

func (p params) byMethod() string {
	if p.with[paramMethod] == "video" {
		return " by live video"
	}
	return " by questions"
}
