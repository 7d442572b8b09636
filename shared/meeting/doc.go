// Package meeting owns where a video session takes place: a link made from a template, as personal rooms of
// video services have it. The service behind the link knows no case and no person; who may see a link, and
// when, the proofing room decides. A provider that must be asked to open a room would be a second
// implementation here.
//
//   - A room's name is 26 random symbols, drawn when an appointment is booked and mailed to nobody: people come
//     to it through our own page, which asks for a session.
//   - A template is a https address (http on this machine alone) in which {room} stands once.
package meeting
