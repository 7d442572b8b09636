// Package invitation owns the form of a calendar invitation: iCalendar (RFC 5545) as a mail carries it (RFC
// 5546, RFC 6047). It is pure.
//
//   - One event, one UID for life; SEQUENCE grows with every change; METHOD is REQUEST for new and changed, and
//     CANCEL with STATUS:CANCELLED. The media type repeats the method.
//   - Instants are UTC, so that no time zone rules go along.
//   - Lines end in CRLF and are folded at 75 octets, never inside a character.
//   - Texts are escaped; a name in a parameter keeps letters, digits, blanks, full stops and hyphens alone, since
//     RFC 5545 knows no escapes there. So nothing that people choose can add a line.
package invitation
