// Package agenda owns when agents can be booked: their weekly hours in their own time zones, with exceptions,
// kept in agents.json, and the half hours that follow from them (product.md 4). It is pure: who is taken when,
// the proofing room knows.
//
//   - A slot is 30 minutes that begin at an instant. Hours are wall clock: an agent who works from nine begins
//     at nine on either side of a change of the clocks.
//   - A wall time that the clocks skip gives no slot; one that they show twice gives two, an hour apart.
//   - An exception replaces the hours of one date; without hours the agent is away.
//   - An agent's training may end (trained_until, the last day): from then on they claim no session. The yearly
//     assessment that commerce-proofing.md 4.1 asks for is kept by moving the date in a change that somebody reviews.
//   - Zones are IANA names. The database is compiled in, since the machine may have none; a new release of it
//     moves slots that nobody has booked, never an appointment, which is an instant.
package agenda
