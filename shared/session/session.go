package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/secret"
)

// Lifetimes of a session (product.md 7). All are half-open: at the end it is over.
const (
	IdleLife     = 15 * time.Minute
	AbsoluteLife = 8 * time.Hour
	// idleStep is how long the idle clock may stand before a request moves it.
	idleStep = time.Minute
	// repeatLife is how long a raised token answers a repeat of its verification.
	repeatLife = 60 * time.Second
)

// Strength is how a session was signed in.
type Strength string

// The strengths.
const (
	Password Strength = "password"
	PhoneOTP Strength = "phone_otp"
)

// Session is one sign-in of an account, as it stands. Names and roles are those of the sign-in.
type Session struct {
	ID         string // the id that people see; it stays when the token changes
	Account    account.ID
	UserID     string
	GivenName  string
	FamilyName string
	Roles      []string
	Strength   Strength
	StartedAt  time.Time
	SeenAt     time.Time // the idle clock
	CodeAt     time.Time // when a code was last entered; zero at password strength
	From       string    // the address it was started from
	Door       Door      // the number of the last code login; zero at password strength

	token  secret.Text
	raised *raised
}

// Door is the number that a code login went through (product.md 5: a number that was added less than 24 hours
// ago cannot remove or replace the others).
type Door struct {
	Phone   string // its id within the account
	AddedAt time.Time
}

// Through is the session about to be raised by a code that went to a number.
func (s Session) Through(d Door) Session { s.Door = d; return s }

// raised is what the tombstone of a raised token remembers.
type raised struct {
	until     time.Time
	challenge string
	proof     []byte
}

// Token is what the cookie carries. It is empty on sessions that were listed, not presented.
func (s Session) Token() secret.Text { return s.token }

// Raised tells whether this token was given up for a stronger one within the last minute.
func (s Session) Raised() bool { return s.raised != nil }

// Name is how the person is addressed.
func (s Session) Name() string { return s.GivenName + " " + s.FamilyName }

// Has tells whether the account had a role at sign-in.
func (s Session) Has(role string) bool { return slices.Contains(s.Roles, role) }

// ExpiresAt is when the session ends whatever happens.
func (s Session) ExpiresAt() time.Time { return s.StartedAt.Add(AbsoluteLife) }

// IdleExpiresAt is when it ends if it is not used.
func (s Session) IdleExpiresAt() time.Time {
	if idle := s.SeenAt.Add(IdleLife); idle.Before(s.ExpiresAt()) {
		return idle
	}
	return s.ExpiresAt()
}

// CodeWithin tells whether a code was entered in this session less than d ago (product.md 5: 15 minutes for
// changing numbers).
func (s Session) CodeWithin(d time.Duration, now time.Time) bool {
	return s.Strength == PhoneOTP && now.Before(s.CodeAt.Add(d))
}

// live tells whether the session may be used.
func (s Session) live(now time.Time) bool { return !s.Raised() && now.Before(s.IdleExpiresAt()) }

// repeatable tells whether a raised token still answers a repeat.
func (s Session) repeatable(now time.Time) bool {
	return s.Raised() && now.Before(s.raised.until) && now.Before(s.ExpiresAt())
}

// Sizes of a token's parts in bytes.
const (
	idSize     = len(account.ID{})
	randomSize = 32
)

func makeToken(id account.ID, random []byte) secret.Text {
	return secret.Text(base64.RawURLEncoding.EncodeToString(append(id[:], random...)))
}

func newToken(id account.ID) secret.Text {
	b := make([]byte, randomSize)
	_, _ = rand.Read(b)
	return makeToken(id, b)
}

// readToken returns whose token it is; false for what cannot be one.
func readToken(token secret.Text) (account.ID, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token.Reveal())
	if err != nil || len(b) != idSize+randomSize {
		return account.ID{}, false
	}
	return account.ID(b[:idSize]), true
}

// digest is under what a token's session is stored.
func digest(token secret.Text) []byte {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return sum[:]
}

// newID returns an id for people to see: 16 symbols.
func newID() string { return rand.Text()[:16] }
