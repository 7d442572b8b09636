package credential

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/telephony"
)

// Sender sends codes: to registered phones for login, to the pending one for enrolment.
type Sender struct {
	Registry *Registry
	Keys     *otp.Keys
	Wording  otp.Wording
	SNS      Outbound
	Gate     Gate
}

// Outbound hands codes over, each once; package outbound does it. It stands here as what is asked of it because many
// functions link this room and send nothing.
type Outbound interface {
	// Text sends a text to a number.
	Text(ctx context.Context, to phone.Number, body secret.Text) telephony.Delivery
	// Call has a call placed.
	Call(ctx context.Context, order telephony.CallOrder) telephony.Delivery
}

// Asker is who asks: a holder in a session, by the session's lasting id.
type Asker struct {
	Holder  account.ID
	Session string
	From    string // the client's address
}

func (a Asker) mark(p otp.Purpose) otp.Mark { return otp.MarkOf(p, []byte(a.Session)) }

// Send sends a login code to a registered phone, voiding the live one. An empty channel means the phone's
// own; a phone by text may be called, a phone by voice takes no text (ErrVoiceOnly).
//
// It returns ErrFrozen, ErrNotActive, ErrPhoneUnknown, otp.ErrLocked, otp.ErrLimit or otp.ErrTooSoon. Two
// calls, the conditional update and the publish (a third, once a minute, reads what is stopped) (one more update where a guess of the channel or of the
// sequence was wrong, the publish failed, or it is the first that a limit refuses). What came of the publish stands in the Challenge.
func (s *Sender) Send(ctx context.Context, a Asker, phoneID string, channel phone.Channel, now time.Time) (Challenge, error) {
	if len(phoneID) != phoneIDSize {
		c, err := s.Registry.Find(ctx, a.Holder)
		if err == nil {
			err = c.usable(now)
		}
		if err == nil {
			err = ErrPhoneUnknown
		}
		return Challenge{}, err
	}
	if err := s.Gate.Confirmed(ctx, now); err != nil {
		s.Registry.refusedUnread(ctx, a, phoneID, channel, err, now)
		return Challenge{}, err
	}
	d := s.draw(a, otp.SignIn, phoneID, phone.SMS, now)
	if channel != "" {
		d.channel = channel
	}
	after, err := s.save(ctx, d, func(c *change) {
		c.require("#st = :active", "#ex > :now", "attribute_exists(#ph.#phone)").named("#phone", phoneID).with(":active", dynamo.S(string(Active)))
		if channel == "" || channel == phone.SMS {
			c.require("#ph.#phone.#c = :channel")
		}
	}, func(stands *Credential) error {
		if err := stands.usable(now); err != nil {
			return err
		}
		p, ok := stands.Phone(phoneID)
		switch {
		case !ok:
			return ErrPhoneUnknown
		case channel == "":
			d.channel = p.Channel
		case channel == phone.SMS && p.Channel == phone.Voice:
			return ErrVoiceOnly.At("/channel", reasonVoiceOnly)
		}
		return nil
	})
	if err != nil {
		return Challenge{}, err
	}
	return s.dispatch(ctx, d, after)
}

// draft is a challenge that is about to be saved, with its code in clear.
type draft struct {
	Asker
	core
	purpose otp.Purpose
	channel phone.Channel
	code    secret.Text
	tag     string
	now     time.Time
}

func (s *Sender) draw(a Asker, p otp.Purpose, phoneID string, channel phone.Channel, now time.Time) *draft {
	d := &draft{Asker: a, purpose: p, channel: channel, code: otp.NewCode(), tag: otp.NewTag(), now: now}
	d.core = core{id: otp.NewID(), mark: a.mark(p), phone: phoneID}
	d.digest = s.Keys.Digest(d.binding(a.Holder[:]), d.code)
	return d
}

// saves bounds how often a save adapts to what stands.
const saves = 4

// save makes the draft the live challenge in one conditional update and returns the item afterwards. After a
// refusal, judge says what stands in the way for this kind of send, or adapts the draft; then the limits are
// judged.
func (s *Sender) save(ctx context.Context, d *draft, more func(*change), judge func(*Credential) error) (*Credential, error) {
	stale := false
	for range saves {
		c := s.Registry.saving(d, stale)
		more(c)
		after, err := s.Registry.apply(ctx, c)
		if err == nil {
			return after, nil
		}
		stands, err := s.Registry.refusal(err)
		if err != nil {
			return nil, err
		}
		if stands != nil && stands.live.id == d.id {
			return stands, nil // our own write, whose answer was lost
		}
		if err := judge(stands); err != nil {
			return nil, err
		}
		if err := stands.history.Judge(d.channel, d.now); err != nil {
			if left := s.Registry.tellLeft(ctx, stands, d.now); left != nil {
				return nil, left
			}
			s.Registry.refused(ctx, stands, d.channel, err, d.now)
			return nil, err
		}
		stale = !stands.history.Next.IsZero() && stands.history.Stale(d.now)
	}
	return nil, fmt.Errorf("credential: send: %w", dynamo.ErrBusy)
}

// saving is the update of every send: the live challenge becomes an earlier one, the send enters its rings,
// and the gap moves on. A stale sequence begins anew.
func (r *Registry) saving(d *draft, stale bool) *change {
	life := otp.Life
	if d.channel == phone.Voice {
		life = otp.VoiceLife // until the call is placed
	}
	c := r.change(d.Holder).
		require("#lk <= :now").
		assign("#o[0] = #c", "#o[1] = #o[0]", "#c = :core", "#cs = :now", "#ce = :end", "#ct = :zero", "#cu = :zero", "#cr = :zero",
			"#cg = :tag", "#cc = :channel", "#cd = :accepted").
		drop("#ec", "#rf").
		with(":now", dynamo.Ms(d.now)).with(":core", dynamo.B(d.bytes())).with(":end", dynamo.Ms(d.now.Add(life))).
		with(":zero", dynamo.N(0)).with(":tag", dynamo.S(d.tag)).with(":channel", letterOf(d.channel)).
		with(":accepted", dynamo.S(string(DeliveryAccepted)))
	shift(c, "#r", otp.SendsKept)
	for i, w := range otp.Windows() {
		name := ":w" + strconv.Itoa(i)
		c.require("#r["+strconv.Itoa(w.Sends-1)+"] <= "+name).with(name, dynamo.Ms(d.now.Add(-w.Span)))
	}
	if d.channel == phone.Voice {
		shift(c, "#k", otp.CallsKept)
		c.require("#k["+strconv.Itoa(otp.CallsKept-1)+"] <= :hour").with(":hour", dynamo.Ms(d.now.Add(-otp.CallSpan)))
	}
	quiet := dynamo.Ms(d.now.Add(-otp.Quiet))
	if stale {
		gaps := otp.Gaps()
		return c.require("#r[0] <= :quiet").assign("#na = :first", "#q = :rest").with(":quiet", quiet).
			with(":first", dynamo.Ms(d.now.Add(gaps[0]))).
			with(":rest", dynamo.L(dynamo.N(gaps[1].Milliseconds()), dynamo.N(gaps[2].Milliseconds()), dynamo.N(gaps[3].Milliseconds()), dynamo.N(gaps[3].Milliseconds())))
	}
	return c.require("(#na = :zero OR #r[0] > :quiet)", "#na <= :now").with(":quiet", quiet).
		assign("#na = :now + #q[0]", "#q[0] = #q[1]", "#q[1] = #q[2]", "#q[2] = #q[3]")
}

// shift puts the instant of this send at the head of a ring.
func shift(c *change, ring string, n int) {
	c.assign(ring + "[0] = :now")
	for i := 1; i < n; i++ {
		c.assign(ring + "[" + strconv.Itoa(i) + "] = " + ring + "[" + strconv.Itoa(i-1) + "]")
	}
}

// dispatch hands the code over, once, and tells the challenge as it then is. The item says accepted from the
// save on; only another outcome is written.
func (s *Sender) dispatch(ctx context.Context, d *draft, after *Credential) (Challenge, error) {
	target, ok := after.target(d.phone)
	if !ok {
		return Challenge{}, fmt.Errorf("credential: the phone of a new challenge is gone")
	}
	var sent telephony.Delivery
	if d.channel == phone.Voice {
		sealed, err := s.Keys.Seal(d.id, d.Holder[:], d.code)
		if err != nil {
			return Challenge{}, fmt.Errorf("credential: %w", err)
		}
		sent = s.SNS.Call(ctx, telephony.CallOrder{Holder: d.Holder, Challenge: d.id, Sealed: sealed, Requested: d.now})
	} else {
		sent = s.SNS.Text(ctx, target.Number, s.Wording.Text(d.code, d.tag))
	}
	switch sent.Outcome {
	case telephony.Failed:
		after.live.delivery = DeliveryFailed
	case telephony.Unknown:
		after.live.delivery = DeliveryUnknown
	}
	if after.live.delivery != DeliveryAccepted {
		s.Registry.correct(ctx, d.Holder, d.id, DeliveryAccepted, after.live.delivery)
	}
	view := after.challenge(after.live, target, d.now)
	view.DeliveryDetail = sent.Detail
	return view, nil
}

// correct writes what became of a code's way. It is only told, so that its own failure changes no answer.
func (r *Registry) correct(ctx context.Context, holder account.ID, id otp.ID, from, to Delivery) {
	_, err := r.apply(ctx, r.change(holder).
		require("begins_with(#c, :id)", "#cd = :from").assign("#cd = :to").
		with(":id", dynamo.B(id[:])).with(":from", dynamo.S(string(from))).with(":to", dynamo.S(string(to))))
	if err != nil {
		slog.Warn("credential", "what", "the outcome of a send is not recorded", "outcome", to.String(), "error", err.Error())
	}
}
