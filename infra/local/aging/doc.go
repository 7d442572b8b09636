// Package aging moves what belongs to one account into the past, so that a year of the product's rules can
// be met in an afternoon (design/api.md, /_local/accounts/{user_id}/age). It stands outside the rooms and
// writes their tables, which nothing of the product may do.
//
//	orders       that the account placed, with the keys of them that nobody has entered, and their idempotency keys
//	license      that the account entered
//	credential   with its phones, codes and ladder; expires_at is reckoned anew from the moved date of purchase
//	phonebook    the changes of the account's numbers, as the links about them count
//	limits       whose subject is the account: its id, user ID, email, sign-ins from this machine, its orders
//	case         with what is counted of its person and its appointment; an open one goes on as the next generation of its workflow
//	sessions     start and code login only if asked, the idle clock only if asked
//
// An appointment can also be moved alone, so that it starts now (/_local/appointments/{id}/now).
//
// Which attributes are instants stands in the doc.go of each room; instants.go repeats it.
package aging
