package session

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
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
	ID         string // where it lies and what people see, no secret; it stays when the token changes
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

// raised is what a session remembers of the token before its last.
type raised struct {
	into      []byte // digest of the token that took its place
	until     time.Time
	challenge string
	proof     []byte
}

// Token is what the cookie carries. It is empty on sessions that were listed, not presented.
func (s Session) Token() secret.Text { return s.token }

// Raised tells whether the token presented is the one before the last: it opens nothing, but may answer a repeat.
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

// live tells whether the session may be used.
func (s Session) live(now time.Time) bool { return !s.Raised() && now.Before(s.IdleExpiresAt()) }

// repeatable tells whether a raised token still answers a repeat.
func (s Session) repeatable(now time.Time) bool {
	return s.Raised() && now.Before(s.raised.until) && now.Before(s.IdleExpiresAt())
}

// Sizes of a token's parts in bytes.
const (
	ownerSize  = len(account.ID{})
	idSize     = 16
	randomSize = 32
	tokenSize  = ownerSize + idSize + randomSize
)

// makeToken puts a token together out of where its session lies and what nobody can guess.
func makeToken(owner account.ID, id string, unguessable []byte) secret.Text {
	b := append(append(append(make([]byte, 0, tokenSize), owner[:]...), id...), unguessable...)
	return secret.Text(base64.RawURLEncoding.EncodeToString(b))
}

func newToken(owner account.ID, id string) secret.Text {
	b := make([]byte, randomSize)
	_, _ = rand.Read(b)
	return makeToken(owner, id, b)
}

// readToken returns where the session of a token would lie; false for what cannot be a token.
func readToken(token secret.Text) (owner account.ID, id string, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token.Reveal())
	if err != nil || len(b) != tokenSize {
		return account.ID{}, "", false
	}
	return account.ID(b[:ownerSize]), string(b[ownerSize : ownerSize+idSize]), true
}

// digest is what is stored of a token. It is of the whole of it: the unguessable part opens no other session.
func digest(token secret.Text) []byte {
	sum := sha256.Sum256([]byte(token.Reveal()))
	return sum[:]
}

// same compares digests in constant time.
func same(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// newID returns the id of a new session: 80 random bits as 16 symbols, so that two of an account never meet.
func newID() string { return rand.Text()[:idSize] }
