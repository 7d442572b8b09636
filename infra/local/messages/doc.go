// Package messages owns what left the product on its way to people: the handset and the mailbox of the
// local stack. Texts, calls and mails are kept in the order they came, with what a person or a test would
// pick out of them: codes, license keys, links, attachments.
package messages
