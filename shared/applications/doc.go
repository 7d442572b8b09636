// Package applications owns what relying applications there are and what each of them needs (product.md 7).
//
//	level  opens to
//	1      whoever is signed in
//	2      a session signed in with a code, whose credential is active and has not expired
//	3      the same, where the credential is proofed
//
// The level of a session (credential.Level) is decided anew at every access, from the session and the credential
// as they stand: expiry, freezing and revocation shut what was open a moment ago. A link alone opens nothing.
//
// Missing names the first step that is missing, in the order in which a person takes them:
//
//	redeem           no credential: enter a license key, or buy one
//	renew            the credential has expired
//	contact-support  it is frozen
//	choose-product   it is of a product without proofing, and level 3 needs it
//	prove            identity proofing is open
//	register-phone   no phone yet
//	elevate          everything is there but a code in this session
//
// The applications of this build are samples: data in applications.json with a text each.
package applications
