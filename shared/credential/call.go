package credential

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/telephony"
)

// ErrStale tells that an order for a call is not worth a call any more: another code took its place, it was
// placed already, or it is too late. It is no fault, since nobody waits for an answer.
var ErrStale = errors.New("credential: the call is not wanted any more")

// Claimer claims calls for voice-call.
type Claimer struct {
	Registry *Registry
	Keys     *otp.Keys
}

// Claimed is a call that this caller alone must place now.
type Claimed struct {
	To   phone.Number
	Code secret.Text
	Tag  string
	// TimeToLive is how long the call may still wait to ring.
	TimeToLive time.Duration
}

// Claim claims a call, once, and starts its code's two minutes: never beyond three minutes from the request,
// never later than two minutes after it (product.md 6). The challenge says sent from here on. It returns
// ErrStale when there is nothing to place, and secret.ErrUnreadable for an order that was not made here.
func (c *Claimer) Claim(ctx context.Context, o telephony.CallOrder, now time.Time) (Claimed, error) {
	code, err := c.Keys.Open(o.Challenge, o.Holder[:], o.Sealed)
	if err != nil {
		return Claimed{}, fmt.Errorf("credential: call: %w", err)
	}
	wait := o.Requested.Add(otp.LatestCall).Sub(now)
	if wait <= 0 {
		return Claimed{}, ErrStale
	}
	nonce := make([]byte, 8)
	_, _ = rand.Read(nonce) // never fails
	id := otp.ID(o.Challenge)
	after, err := c.Registry.apply(ctx, c.Registry.change(account.ID(o.Holder)).
		require("begins_with(#c, :id)", "#cc = :voice", "(#cd = :accepted OR #cd = :unknown)", "#cu = :zero", "#cs = :requested", "#lk <= :now", "#ex > :now", "#st <> :frozen", "#st <> :revoked").
		assign("#ce = :end", "#cd = :sent", "#an = :nonce").
		with(":id", dynamo.B(id[:])).with(":voice", letterOf(phone.Voice)).with(":accepted", dynamo.S(string(DeliveryAccepted))).
		with(":unknown", dynamo.S(string(DeliveryUnknown))).with(":sent", dynamo.S(string(DeliverySent))).
		with(":zero", dynamo.N(0)).with(":requested", dynamo.Ms(o.Requested)).with(":now", dynamo.Ms(now)).
		with(":frozen", dynamo.S(string(Frozen))).with(":revoked", dynamo.S(string(Revoked))).
		with(":end", dynamo.Ms(otp.VoiceExpiry(o.Requested, now))).with(":nonce", dynamo.B(nonce)))
	if err != nil {
		if after, err = c.Registry.refusal(err); err != nil {
			return Claimed{}, err
		}
		if after == nil || !bytes.Equal(after.nonce, nonce) {
			return Claimed{}, ErrStale
		}
	}
	target, ok := after.target(after.live.phone)
	if !ok {
		return Claimed{}, ErrStale
	}
	return Claimed{To: target.Number, Code: code, Tag: after.live.tag, TimeToLive: wait}, nil
}

// Ended records what became of a placed call, where it did not go out.
func (c *Claimer) Ended(ctx context.Context, o telephony.CallOrder, outcome telephony.Outcome) {
	switch outcome {
	case telephony.Failed:
		c.Registry.correct(ctx, account.ID(o.Holder), o.Challenge, DeliverySent, DeliveryFailed)
	case telephony.Unknown:
		c.Registry.correct(ctx, account.ID(o.Holder), o.Challenge, DeliverySent, deliveryDoubtful)
	}
}
