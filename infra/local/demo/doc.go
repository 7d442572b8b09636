// Package demo owns the people whom a fresh local stack already knows (design/api.md, "Demo data"):
//
//	demo                  nothing bought
//	holder                an active credential without proofing, +1 202 555 0101
//	proofed               an active credential with proofing, +1 202 555 0102 by text, 0103 by voice
//	expired               a credential that has expired, +1 202 555 0104
//	agent1, agent2        staff with a proofed credential, +1 202 555 0111, 0112
//	support1, support2    likewise, 0121, 0122
//
// All have the password "correct horse battery staple". They come about as people's things do, by using the
// product over HTTP and reading its mails and texts; what no route does (roles, a passed proofing, age) is
// done from outside by the functions in World.
package demo
