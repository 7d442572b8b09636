package history

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/otp"
)

// What nobody records, since nothing happens then: it follows from other entries, and the clock.
const (
	EventCodeExpired  audit.Event = "code-expired"  // without the right code; at its end
	EventCodeReplaced audit.Event = "code-replaced" // by a newer one of the same person; when that was sent
)

// The entries of other rooms that are told together.
const (
	codeSent        = "code-sent"
	codeCalled      = "code-called"
	codeUndelivered = "code-undelivered"
	codeTried       = "code-tried"
	codeEarlier     = "code-earlier"
	codeAccepted    = "code-accepted"
	codeRefused     = "code-refused"
	codesLocked     = "codes-locked"
	phoneAdded      = "phone-added"
	phoneReplaced   = "phone-replaced"
	phoneRefused    = "phone-refused"
	activated       = "credential-activated"
)

// Line is an entry as it is told, or what follows from some.
type Line struct {
	audit.Entry
	Text string
}

// Code is the story of one code, or of a request for one that a limit refused.
type Code struct {
	Challenge string // empty for a refusal
	Tag       string
	Channel   string // "sms", "voice"
	Phone     string // id; empty where it was not recorded
	Asked     time.Time
	State     CodeState
	Steps     []Step // the oldest first
}

// Step is something that happened to a code.
type Step struct {
	What audit.Event
	At   time.Time
	Text string
}

// CodeState is what became of a code.
type CodeState string

// The states of codes.
const (
	CodeWaiting     CodeState = "waiting"     // it may be typed
	CodeRight       CodeState = "right"       // it was typed
	CodeRefused     CodeState = "refused"     // by a limit: none was sent
	CodeUndelivered CodeState = "undelivered" // and nothing was typed
	CodeDoubtful    CodeState = "doubtful"    // whether it went out is not known, and nothing was typed
	CodeLocked      CodeState = "locked"      // a wrong code reached a rung of the ladder
	CodeUsedUp      CodeState = "used-up"     // no tries were left
	CodeReplaced    CodeState = "replaced"
	CodeExpired     CodeState = "expired"
	CodeOver        CodeState = "over" // an old record does not tell more
)

// Story is what a page tells, the newest first.
type Story struct {
	Lines []Line
	Codes []Code // those that were asked for on this page
}

// Tell tells a page of one person's entries at an instant. Later are the entries after the page until Horizon.
func Tell(page audit.Page, later []audit.Entry, now time.Time) Story {
	told := gather(slices.Concat(later, page.Entries, page.Older))
	var s Story
	var lines []Line
	for _, e := range page.Entries {
		t := told[challengeOf(e)]
		switch {
		case e.What == codeRefused:
			s.Codes = append(s.Codes, Code{
				Channel: e.Detail["channel"], Asked: e.At, State: CodeRefused, Steps: []Step{{e.What, e.At, say(codeSteps[codeRefused], e.Detail)}},
			})
		case t == nil:
		case e.What == codeTried && t.twice(e):
			continue // what it turned out to be has an entry of its own
		case e.What == codeSent:
			s.Codes = append(s.Codes, t.code(now))
			if end, ended := t.end(now); ended {
				s.Lines = append(s.Lines, Line{end, t.line(end)})
			}
		}
		lines = append(lines, Line{e, t.line(e)})
	}
	s.Lines = append(s.Lines, lines...) // of one instant, the end of a code is the newest
	slices.SortStableFunc(s.Lines, func(a, b Line) int { return cmp.Compare(b.At.UnixMilli(), a.At.UnixMilli()) })
	return s
}

// Horizon is until when later entries decide about what a page tells; false where none do.
func Horizon(page audit.Page) (time.Time, bool) {
	for _, e := range page.Entries { // the newest first
		if e.What == codeSent || e.What == codeTried {
			return e.At.Add(otp.VoiceLife + streamLag), true
		}
	}
	return time.Time{}, false
}

// streamLag is how far the clock of a stream may be behind or ahead.
const streamLag = 30 * time.Second

// tale is what entries tell of one code.
type tale struct {
	sent    audit.Entry
	next    *audit.Entry    // the next code of this person
	until   time.Time       // what it lives to; zero where that was not recorded
	called  bool            // a call was placed
	failed  *audit.Entry    // undelivered
	locked  bool            // a wrong code reached a rung
	right   *audit.Entry    // of a right code
	others  []audit.Entry   // what happened to it afterwards, the newest first
	tried   time.Time       // last; zero where nothing was typed
	left    int             // tries, after the last one
	rights  map[string]bool // right tries, by the tries left after them
	earlier map[string]bool // tries that were earlier codes, likewise
}

// gather reads entries, the newest first, into tales by the challenge's id.
func gather(all []audit.Entry) map[string]*tale {
	told := map[string]*tale{}
	of := func(challenge string) *tale {
		if told[challenge] == nil {
			told[challenge] = &tale{left: otp.Tries, rights: map[string]bool{}, earlier: map[string]bool{}}
		}
		return told[challenge]
	}
	var next *audit.Entry
	for i, e := range all {
		challenge := challengeOf(e)
		if challenge == "" {
			continue
		}
		of(challenge).add(e, next)
		if e.What == codeSent {
			next = &all[i]
		}
	}
	return told
}

// challengeOf is the code that an entry belongs to; empty for none.
func challengeOf(e audit.Entry) string {
	switch e.What {
	case codeSent, codeCalled, codeUndelivered, codeTried, codeEarlier, codeAccepted, codesLocked, phoneRefused, activated:
		return e.Ref
	case phoneAdded, phoneReplaced:
		return e.Detail["challenge"]
	}
	return ""
}

func (t *tale) add(e audit.Entry, next *audit.Entry) {
	left := e.Detail["tries_left"]
	switch e.What {
	case codeSent:
		t.sent, t.next = e, next
		t.lives(e)
		return
	case codeCalled:
		t.lives(e)
		t.called = true
	case codeUndelivered:
		t.failed = &e
	case codesLocked:
		t.locked = true
	case codeTried:
		if e.At.After(t.tried) {
			t.tried = e.At
		}
		if n, err := strconv.Atoi(left); err == nil {
			t.left = min(t.left, n)
		}
	case codeEarlier:
		t.earlier[left] = true
	case codeAccepted, phoneAdded, phoneReplaced, phoneRefused:
		t.right, t.rights[left] = &e, true
	case activated: // told by its number; it says of old entries that the last try was right
		t.rights[""] = true
		return
	}
	t.others = append(t.others, e)
}

// lives notes until when the code lives: the newest entry that says it.
func (t *tale) lives(e audit.Entry) {
	if until, err := time.Parse(time.RFC3339, e.Detail["until"]); err == nil && t.until.IsZero() {
		t.until = until
	}
}

// isRight tells whether a try was. Entries of older versions do not name it: then it was the last one.
func (t *tale) isRight(try audit.Entry) bool {
	left := try.Detail["tries_left"]
	return left != "" && t.rights[left] || t.rights[""] && left == strconv.Itoa(t.left)
}

// twice tells whether another entry says what a try turned out to be.
func (t *tale) twice(try audit.Entry) bool {
	return t.earlier[try.Detail["tries_left"]] || t.isRight(try) && t.right != nil && t.right.What == codeAccepted
}

// line is an entry's sentence among the others. t is nil for what is about no code.
func (t *tale) line(e audit.Entry) string {
	if t == nil {
		return Sentence(e)
	}
	e = t.completed(e)
	if text, another := codeLines[t.kind(e)]; another {
		return say(text, e.Detail)
	}
	return Sentence(e)
}

// kind is what an entry turned out to be: its event, or a finer word for it.
func (t *tale) kind(e audit.Entry) string {
	switch {
	case e.What == codeSent && e.Detail["channel"] == "sms" && t.failed == nil:
		return handedOver
	case e.What == codeUndelivered && e.Detail["delivery"] == "unknown":
		return outUnknown
	case e.What == codeTried && t.isRight(e):
		return triedRight
	case e.What == EventCodeExpired && t.sent.Detail["channel"] == "voice" && !t.called && t.failed == nil:
		return uncalled
	case e.What == EventCodeExpired && t.tried.IsZero():
		return untyped
	}
	return string(e.What)
}

// completed is an entry with what other entries know about it.
func (t *tale) completed(e audit.Entry) audit.Entry {
	more := maps.Clone(e.Detail)
	if more == nil {
		more = map[string]string{}
	}
	if tag, there := t.sent.Detail["tag"]; there && more["tag"] == "" {
		more["tag"] = tag
	}
	if e.What == codesLocked {
		if n, err := strconv.Atoi(more["wrong"]); err == nil {
			if rung, reached := otp.RungAt(n); reached && rung.Lock > 0 {
				more["lock"] = span(rung.Lock)
			}
		}
	}
	e.Detail = more
	return e
}

// state is what became of the code.
func (t *tale) state(now time.Time) CodeState {
	_, replaced := t.replaced()
	switch {
	case len(t.rights) > 0:
		return CodeRight
	case t.locked:
		return CodeLocked
	case t.left <= 0:
		return CodeUsedUp
	case t.failed != nil && t.tried.IsZero() && t.failed.Detail["delivery"] == "unknown":
		return CodeDoubtful
	case t.failed != nil && t.tried.IsZero():
		return CodeUndelivered
	case replaced:
		return CodeReplaced
	case t.until.IsZero() && now.Before(t.sent.At.Add(otp.VoiceLife)), now.Before(t.until):
		return CodeWaiting
	case t.until.IsZero():
		return CodeOver
	}
	return CodeExpired
}

// replaced is when a newer code took its place, if it lived then. It lives up to its end, not at it.
func (t *tale) replaced() (time.Time, bool) {
	if t.next == nil {
		return time.Time{}, false
	}
	end := t.until
	if end.IsZero() {
		end = t.sent.At.Add(otp.VoiceLife)
	}
	return t.next.At, t.next.At.Before(end)
}

// end is the end of a code that nobody records.
func (t *tale) end(now time.Time) (audit.Entry, bool) {
	switch t.state(now) {
	case CodeRight, CodeLocked, CodeUsedUp, CodeWaiting, CodeOver:
		return audit.Entry{}, false
	}
	e := audit.Entry{Subject: t.sent.Subject, Actor: audit.System, Ref: t.sent.Ref, Detail: maps.Clone(t.sent.Detail)}
	if at, yes := t.replaced(); yes {
		e.What, e.At = EventCodeReplaced, at
		if newer, there := t.next.Detail["tag"]; there {
			e.Detail["newer"] = newer
		}
		return e, true
	}
	e.What, e.At = EventCodeExpired, t.until
	if t.tried.After(e.At) {
		e.At = t.tried // the stream's clock is ahead
	}
	return e, !t.until.IsZero() && !now.Before(t.until)
}

// code is the story of the code alone.
func (t *tale) code(now time.Time) Code {
	c := Code{
		Challenge: t.sent.Ref, Tag: t.sent.Detail["tag"], Channel: t.sent.Detail["channel"], Phone: t.sent.Detail["phone"], Asked: t.sent.At, State: t.state(now),
	}
	step := func(e audit.Entry) {
		e = t.completed(e)
		c.Steps = append(c.Steps, Step{e.What, e.At, say(codeSteps[t.kind(e)], e.Detail)})
	}
	step(t.sent)
	for _, e := range slices.Backward(t.others) {
		if e.What == codeTried && (t.twice(e) || t.isRight(e) && t.right != nil) {
			continue
		}
		step(e)
	}
	if end, ended := t.end(now); ended {
		step(end)
	}
	slices.SortStableFunc(c.Steps, func(a, b Step) int { return a.At.Truncate(time.Millisecond).Compare(b.At.Truncate(time.Millisecond)) })
	return c
}
