package credential

import (
	"time"

	"phoneotp/shared/fault"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/session"
)

// The levels of a session (product.md 7).
const (
	LevelPassword = 1
	LevelOTP      = 2
	LevelProofed  = 3
)

// raised tells whether a code login counts now: it was made under this credential, which is still usable.
func (c *Credential) raised(codeAt time.Time) bool {
	return c != nil && c.State == Active && !codeAt.IsZero() && !codeAt.Before(c.ActivatedAt)
}

// Level is how strong a session is at this instant: the server asks at every protected access, so that
// expiry, freezing and revocation count at once. A nil credential is none.
func Level(s session.Session, c *Credential, now time.Time) int {
	switch {
	case s.Strength != session.PhoneOTP || !c.Usable(now) || !c.raised(s.CodeAt):
		return LevelPassword
	case c.Method != "":
		return LevelProofed
	}
	return LevelOTP
}

// SessionView is the session as the API shows it (api.md, Session view).
type SessionView struct {
	UserID        string      `json:"user_id"`
	Name          string      `json:"name"`
	Roles         []string    `json:"roles"`
	Strength      string      `json:"strength"`
	Level         int         `json:"level"`
	ExpiresAt     string      `json:"expires_at"`
	IdleExpiresAt string      `json:"idle_expires_at"`
	Credential    *View       `json:"credential"`
	Phones        []PhoneView `json:"phones"`
	Challenge     *Challenge  `json:"challenge"`
	Next          string      `json:"next"`
}

// View is a credential as the API shows it.
type View struct {
	State          string  `json:"state"`
	Product        string  `json:"product"`
	Proofed        bool    `json:"proofed"`
	ProofingMethod *string `json:"proofing_method"`
	PurchasedAt    string  `json:"purchased_at"`
	ExpiresAt      string  `json:"expires_at"`
	Renewable      bool    `json:"renewable"`
}

// PhoneView is a number as the API shows it, its last four digits only.
type PhoneView struct {
	ID      string `json:"id"`
	Ending  string `json:"ending"`
	Channel string `json:"channel"`
	Country string `json:"country"`
	AddedAt string `json:"added_at"`
}

// Challenge is a code request as the API shows it. All instants are the server's; waits are rounded up.
type Challenge struct {
	ChallengeID    string       `json:"challenge_id"`
	Tag            string       `json:"tag"`
	Phone          ChallengedBy `json:"phone"`
	ExpiresAt      string       `json:"expires_at"`
	TriesLeft      int          `json:"tries_left"`
	NextTryAt      string       `json:"next_try_at"`
	NextSMSAt      string       `json:"next_sms_at"`
	NextVoiceAt    string       `json:"next_voice_at"`
	Delivery       string       `json:"delivery"`
	DeliveryDetail string       `json:"delivery_detail,omitempty"`
}

// ChallengedBy is where a code went.
type ChallengedBy struct {
	Ending  string `json:"ending"`
	Channel string `json:"channel"`
}

// ViewSession is the session view of a signed-in person; a nil credential is none.
func ViewSession(s session.Session, c *Credential, now time.Time) SessionView {
	level := Level(s, c, now)
	v := SessionView{
		UserID: s.UserID, Name: s.Name(), Roles: append([]string{}, s.Roles...), Strength: string(session.Password), Level: level,
		ExpiresAt: instant(s.ExpiresAt()), IdleExpiresAt: instant(s.IdleExpiresAt()), Phones: c.PhoneViews(), Next: c.next(level, now),
	}
	if level > LevelPassword {
		v.Strength = string(session.PhoneOTP)
	}
	if c == nil {
		return v
	}
	view := c.View(now)
	v.Credential = &view
	if a := (Asker{Holder: s.Account, Session: s.ID}); c.live.open(now) && c.mine(c.live.core, a) {
		if target, ok := c.target(c.live.phone); ok && c.Live(now) && c.State != Frozen {
			open := c.challenge(c.live, target, now)
			v.Challenge = &open
		}
	}
	return v
}

// View is the credential as the API shows it.
func (c *Credential) View(now time.Time) View {
	v := View{
		State: c.stateWord(now), Product: c.Product, Proofed: c.Method != "",
		PurchasedAt: instant(c.PurchasedAt), ExpiresAt: instant(c.ExpiresAt), Renewable: c.Renewable(now),
	}
	if c.Method != "" {
		v.ProofingMethod = &c.Method
	}
	return v
}

func (c *Credential) stateWord(now time.Time) string {
	if c.State == Revoked {
		return "revoked"
	}
	if !now.Before(c.ExpiresAt) {
		return "expired"
	}
	switch c.State {
	case Proofing:
		return "proofing"
	case Proofed:
		return "proofed"
	case Active:
		return "active"
	case Frozen:
		return "frozen"
	}
	return "registered"
}

// next is what the holder should do next after redemption or sign-in (api.md): "enter-otp", "redeem", "prove",
// "register-phone" or "none".
func (c *Credential) next(level int, now time.Time) string {
	switch {
	case c != nil && c.State != Revoked && !now.Before(c.ExpiresAt):
		return "none" // expired: a banner leads to renewal or the store
	case !c.Live(now):
		return "redeem"
	case c.State == Active && level == LevelPassword:
		return "enter-otp"
	case c.State == Proofing, c.State == Registered && c.NeedsProofing:
		return "prove"
	case c.State == Registered, c.State == Proofed:
		return "register-phone"
	}
	return "none"
}

// PhoneViews lists the registered numbers.
func (c *Credential) PhoneViews() []PhoneView {
	views := []PhoneView{}
	if c == nil {
		return views
	}
	for _, p := range c.Phones {
		views = append(views, p.View())
	}
	return views
}

// View is the number as the API shows it.
func (p Phone) View() PhoneView {
	return PhoneView{ID: p.ID, Ending: p.Number.Ending(), Channel: string(p.Channel), Country: p.Country, AddedAt: instant(p.AddedAt)}
}

func (c *Credential) challenge(ch challenge, target Phone, now time.Time) Challenge {
	return Challenge{
		ChallengeID: ch.id.String(), Tag: ch.tag, Phone: ChallengedBy{Ending: target.Number.Ending(), Channel: string(ch.channel)},
		ExpiresAt: instant(ch.expires), TriesLeft: ch.triesLeft(), NextTryAt: up(c.history.NextTry(now)),
		NextSMSAt: up(c.history.NextSend(phone.SMS, now)), NextVoiceAt: up(c.history.NextSend(phone.Voice, now)),
		Delivery: ch.delivery.String(),
	}
}

// Challenge is a session's challenge by its id. It returns otp.ErrUnknown for one that is not this session's
// or older than the last two before the live one, and otp.ErrSpent for those two.
func (c *Credential) Challenge(a Asker, id otp.ID, now time.Time) (Challenge, error) {
	found, _, err := c.find(id, a)
	if err != nil {
		return Challenge{}, err
	}
	target, ok := c.target(found.phone)
	if found.tag == "" || !ok {
		return Challenge{}, otp.ErrSpent
	}
	return c.challenge(found, target, now), nil
}

// find looks for a session's challenge among those that are kept. Of an earlier one only the core is known.
func (c *Credential) find(id otp.ID, a Asker) (challenge, otp.Purpose, error) {
	if c == nil {
		return challenge{}, 0, otp.ErrUnknown
	}
	for _, p := range []otp.Purpose{otp.SignIn, otp.Enrolment} {
		mark := a.mark(p)
		if c.live.is(id, mark) {
			return c.live, p, nil
		}
		for _, old := range c.earlier {
			if old.is(id, mark) {
				return challenge{core: old}, p, nil
			}
		}
	}
	return challenge{}, 0, otp.ErrUnknown
}

// mine tells whether a challenge belongs to a session, whatever its purpose.
func (c *Credential) mine(ch core, a Asker) bool {
	return ch.mark == a.mark(otp.SignIn) || ch.mark == a.mark(otp.Enrolment)
}

// counted adds to a refused code what every answer tells (product.md 6).
func (c *Credential) counted(f *fault.Error, now time.Time) error {
	f = f.With("tries_left", c.live.triesLeft()).With("expires_at", instant(c.live.expires)).
		With("next_try_at", up(c.history.NextTry(now))).
		With("next_sms_at", up(c.history.NextSend(phone.SMS, now))).
		With("next_voice_at", up(c.history.NextSend(phone.Voice, now)))
	return f
}

// instant is t as the API shows it: RFC 3339, UTC, whole seconds.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// up is a wait's end, rounded up so that nobody comes a moment early.
func up(t time.Time) string { return instant(otp.CeilSecond(t)) }
