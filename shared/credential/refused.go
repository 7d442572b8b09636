package credential

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/fault"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// refusedSend is a send that a limit refused.
type refusedSend struct {
	rule    string // otp.RuleGap and others
	channel string // as stored
	until   time.Time
}

// refusedSends are those since the last send, of each rule one, as they are stored: the rule, a colon, the channel's
// letter and the end in seconds; a space between them.
type refusedSends string

func (s refusedSend) String() string {
	return s.rule + ":" + s.channel + strconv.FormatInt(s.until.Unix(), 10)
}

// readRefusedSend reads one; not ok for what is none, as a later version may store.
func readRefusedSend(stored string) (s refusedSend, ok bool) {
	rule, rest, _ := strings.Cut(stored, ":")
	if rule == "" || rest == "" {
		return s, false
	}
	end, err := strconv.ParseInt(rest[1:], 10, 64)
	return refusedSend{rule: rule, channel: rest[:1], until: time.Unix(end, 0).UTC()}, err == nil
}

// has tells whether one of the rule is there that still holds: its end is ahead.
func (all refusedSends) has(rule string, now time.Time) bool {
	for stored := range strings.FieldsSeq(string(all)) {
		if s, ok := readRefusedSend(stored); ok && s.rule == rule && s.until.After(now) {
			return true
		}
	}
	return false
}

// with adds one, in the place of one of the same rule: as many are kept as there are rules.
func (all refusedSends) with(added refusedSend) refusedSends {
	var kept []string
	for stored := range strings.FieldsSeq(string(all)) {
		if s, ok := readRefusedSend(stored); ok && s.rule != added.rule {
			kept = append(kept, stored)
		}
	}
	return refusedSends(strings.Join(append(kept, added.String()), " "))
}

// since lists those that were not there before.
func (all refusedSends) since(before refusedSends) []refusedSend {
	known := " " + string(before) + " "
	var added []refusedSend
	for stored := range strings.FieldsSeq(string(all)) {
		if s, ok := readRefusedSend(stored); ok && !strings.Contains(known, " "+stored+" ") {
			added = append(added, s)
		}
	}
	return added
}

// telling bounds how long an answer waits for something that is only told.
const telling = time.Second

// refused marks a send that a limit refused: the table's stream turns the mark into an audit entry. One mark a rule
// until a code is sent or the limit is over, so that somebody who asks on and on writes nothing. Its own failure
// changes no answer; what a crash leaves unmarked the next refusal marks. Other errors than a limit's, and no
// credential, are none.
func (r *Registry) refused(ctx context.Context, c *Credential, by phone.Channel, err error, now time.Time) {
	f, _ := fault.Of(err)
	if c == nil || f == nil || f.Extra["rule"] == nil {
		return
	}
	end := f.RetryAt
	if end.IsZero() {
		end = otp.Never
	}
	s := refusedSend{rule: fmt.Sprint(f.Extra["rule"]), channel: letter(by), until: otp.CeilSecond(end)}
	ctx, cancel := context.WithTimeout(ctx, telling)
	defer cancel()
	for range saves {
		if c.refused.has(s.rule, now) {
			return
		}
		_, err := r.apply(ctx, r.refusing(c, s))
		if err == nil {
			return
		}
		stands, err := r.refusal(err)
		if err != nil {
			slog.Warn("credential", "what", "a refused send is not recorded", "rule", s.rule, "error", err.Error())
			return
		}
		if stands == nil || stands.live.id != c.live.id {
			return // a code was sent meanwhile: what held it back is over
		}
		c = stands // another rule's mark was faster
	}
	slog.Warn("credential", "what", "a refused send is not recorded", "rule", s.rule, "error", dynamo.ErrBusy.Error())
}

// refusing is the update that adds a refused send to those that were read.
func (r *Registry) refusing(c *Credential, s refusedSend) *change {
	ch := r.change(c.Holder).require("#c = :live").assign("#rf = :all").
		with(":live", dynamo.B(c.live.stored())).with(":all", dynamo.S(string(c.refused.with(s))))
	if c.refused == "" {
		return ch.require("attribute_not_exists(#rf)")
	}
	return ch.require("#rf = :seen").with(":seen", dynamo.S(string(c.refused)))
}

// refusedUnread is refused where the credential was not read yet: to its own phones alone, with one read.
func (r *Registry) refusedUnread(ctx context.Context, a Asker, phoneID string, channel phone.Channel, refusal error, now time.Time) {
	reading, cancel := context.WithTimeout(ctx, telling)
	defer cancel()
	c, err := r.Find(reading, a.Holder)
	if err != nil {
		slog.Warn("credential", "what", "a refused send is not recorded", "error", err.Error())
		return
	}
	if c.usable(now) != nil {
		return
	}
	p, there := c.Phone(phoneID)
	if !there {
		return
	}
	if channel == "" {
		channel = p.Channel
	}
	r.refused(ctx, c, channel, refusal, now)
}
