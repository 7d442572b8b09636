package history_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/audit"
	"phoneotp/shared/history"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const ada = "a#ada"

// did is an entry so many seconds after noon; details are names and texts in turn.
func did(seconds float64, what audit.Event, ref string, details ...string) audit.Entry {
	e := audit.Entry{Subject: ada, Actor: ada, What: what, At: noon.Add(time.Duration(seconds * float64(time.Second))), Ref: ref}
	for i := 0; i < len(details); i += 2 {
		if e.Detail == nil {
			e.Detail = map[string]string{}
		}
		e.Detail[details[i]] = details[i+1]
	}
	return e
}

// sent is a code that lives for two minutes.
func sent(seconds float64, ref, tag, channel string) audit.Entry {
	return did(seconds, "code-sent", ref, "tag", tag, "channel", channel, "until", until(seconds+120))
}

func until(seconds float64) string {
	return noon.Add(time.Duration(seconds * float64(time.Second))).Format(time.RFC3339)
}

func tried(seconds float64, ref, left string) audit.Entry {
	return did(seconds, "code-tried", ref, "tag", "KM", "tries_left", left)
}

// newest turns a story in the order of its happening into a page.
func newest(entries ...audit.Entry) audit.Page {
	slices.Reverse(entries)
	return audit.Page{Entries: entries}
}

func tell(now float64, entries ...audit.Entry) history.Story {
	return history.Tell(newest(entries...), nil, noon.Add(time.Duration(now*float64(time.Second))))
}

// lines are the sentences with their seconds after noon, the oldest first.
func lines(s history.Story) string {
	var all []string
	for _, l := range slices.Backward(s.Lines) {
		all = append(all, fmt.Sprintf("%v %s", l.At.Sub(noon).Seconds(), l.Text))
	}
	return strings.Join(all, "\n")
}

// code is the story of the newest code.
func code(t *testing.T, s history.Story) string {
	t.Helper()
	if len(s.Codes) == 0 {
		t.Fatal("no code is told")
	}
	c := s.Codes[0]
	all := []string{fmt.Sprintf("%s by %s: %s", c.Tag, c.Channel, c.State)}
	for _, step := range c.Steps {
		all = append(all, fmt.Sprintf("%v %s", step.At.Sub(noon).Seconds(), step.Text))
	}
	return strings.Join(all, "\n")
}

func TestWhatBecameOfACode(t *testing.T) {
	const handed, gone = "0 Code KM was asked for by text message, accepted and handed to the carrier service; no failure was reported.", "120 Code KM expired before the right one was entered."
	start := sent(0, "c1", "KM", "sms")
	for name, row := range map[string]struct {
		now     float64
		entries []audit.Entry
		state   history.CodeState
		want    string
	}{
		"nothing yet":               {119.999, []audit.Entry{start}, history.CodeWaiting, handed},
		"expired at the instant":    {120, []audit.Entry{start}, history.CodeExpired, handed + "\n120 Code KM expired; no code was entered."},
		"a wrong one, then nothing": {500, []audit.Entry{start, tried(9, "c1", "4")}, history.CodeExpired, handed + "\n9 A wrong code was entered for KM; tries left: 4.\n" + gone},
		"right at once": {500, []audit.Entry{start, tried(9, "c1", "4"), did(9.5, "code-accepted", "c1", "tries_left", "4")}, history.CodeRight,
			handed + "\n9.5 The right code was entered for KM."},
		"the right one is recorded before its try": {500, []audit.Entry{start, did(9.9, "code-accepted", "c1", "tries_left", "4"), tried(10, "c1", "4")}, history.CodeRight,
			handed + "\n9.9 The right code was entered for KM."},
		"wrong, earlier, right": {
			500, []audit.Entry{
				start, tried(9, "c1", "4"), tried(20, "c1", "3"), did(20, "code-earlier", "c1", "tag", "KM", "tries_left", "3"),
				tried(30, "c1", "2"), did(30.2, "code-accepted", "c1", "tries_left", "2"),
			}, history.CodeRight,
			handed + "\n9 A wrong code was entered for KM; tries left: 4.\n20 The code of an earlier message was entered in place of KM; tries left: 3.\n30.2 The right code was entered for KM.",
		},
		"an old record of a right one": {500, []audit.Entry{start, tried(9, "c1", "4"), tried(10, "c1", "3"), did(10.2, "code-accepted", "c1")}, history.CodeRight,
			handed + "\n9 A wrong code was entered for KM; tries left: 4.\n10.2 The right code was entered for KM."},
		"a number registered": {500, []audit.Entry{start, tried(9, "c1", "4"), did(9.5, "phone-added", "p1", "ending", "0101", "challenge", "c1", "tries_left", "4")}, history.CodeRight,
			handed + "\n9 The right code was entered for KM.\n9.5 A number was registered, ending 0101."},
		"an old record of the first number": {500, []audit.Entry{start, tried(9, "c1", "4"), did(9.5, "phone-added", "p1"), did(9.5, "credential-activated", "c1")}, history.CodeRight,
			handed + "\n9 The right code was entered for KM.\n9.5 A number was registered.\n9.5 The credential was activated."},
		"all tries": {500, []audit.Entry{start, tried(1, "c1", "1"), tried(2, "c1", "0")}, history.CodeUsedUp,
			handed + "\n1 A wrong code was entered for KM; tries left: 1.\n2 A wrong code was entered for KM; tries left: 0."},
		"locked": {500, []audit.Entry{start, tried(1, "c1", "4"), did(1, "codes-locked", "c1", "wrong", "10", "until", until(1801))}, history.CodeLocked,
			handed + "\n1 A wrong code was entered for KM; tries left: 4.\n1 Codes were locked for 30 minutes after 10 wrong codes in a row, until 2026-11-25T12:30:01Z."},
		"locked for good": {500, []audit.Entry{start, did(1, "codes-locked", "c1", "wrong", "51", "until", "support acts")}, history.CodeLocked,
			handed + "\n1 Codes were locked after 51 wrong codes in a row, until support acts."},
		"undelivered": {500, []audit.Entry{start, did(1, "code-undelivered", "c1", "tag", "KM", "delivery", "failed")}, history.CodeUndelivered,
			"0 Code KM was asked for by text message.\n1 Code KM could not be delivered.\n120 Code KM expired; no code was entered."},
		"nobody knows whether it went out": {5, []audit.Entry{start, did(1, "code-undelivered", "c1", "delivery", "unknown")}, history.CodeDoubtful,
			"0 Code KM was asked for by text message.\n1 It is not known whether code KM went out: the answer was lost."},
		"it went out all the same": {500, []audit.Entry{start, did(1, "code-undelivered", "c1", "delivery", "unknown"), tried(9, "c1", "4")}, history.CodeExpired,
			"0 Code KM was asked for by text message.\n1 It is not known whether code KM went out: the answer was lost.\n9 A wrong code was entered for KM; tries left: 4.\n" + gone},
		"the stream's clock is ahead": {500, []audit.Entry{start, tried(121, "c1", "4")}, history.CodeExpired, handed + "\n121 A wrong code was entered for KM; tries left: 4.\n121 Code KM expired before the right one was entered."},
		"an old record":               {500, []audit.Entry{did(0, "code-sent", "c1", "tag", "KM", "channel", "sms"), tried(9, "c1", "4")}, history.CodeOver, handed + "\n9 A wrong code was entered for KM; tries left: 4."},
		"an old record just now":      {179.999, []audit.Entry{did(0, "code-sent", "c1", "tag", "KM", "channel", "sms")}, history.CodeWaiting, handed},
		"an old record of no channel": {180, []audit.Entry{did(0, "code-sent", "c1")}, history.CodeOver, "0 Code was asked for."},
		"a channel of another version": {120, []audit.Entry{sent(0, "c1", "KM", "unknown")}, history.CodeExpired,
			"0 Code KM was asked for by unknown.\n120 Code KM expired; no code was entered."},
	} {
		s := tell(row.now, row.entries...)
		if got := lines(s); got != row.want || s.Codes[0].State != row.state || len(s.Codes) != 1 {
			t.Errorf("%s: %s\n%s\nwant %s\n%s", name, s.Codes[0].State, got, row.state, row.want)
		}
	}
}

func TestACall(t *testing.T) {
	asked := did(0, "code-sent", "c1", "tag", "KM", "channel", "voice", "until", until(180))
	placed := did(50, "code-called", "c1", "tag", "KM", "until", until(170))
	for want, s := range map[string]history.Story{
		"KM by voice: waiting\n0 Asked for":                                                                                                tell(179, asked),
		"KM by voice: expired\n0 Asked for\n180 It expired; no call was placed":                                                            tell(180, asked),
		"KM by voice: waiting\n0 Asked for\n50 The call was placed":                                                                        tell(169, asked, placed),
		"KM by voice: expired\n0 Asked for\n50 The call was placed\n170 It expired; no code was entered":                                   tell(170, asked, placed),
		"KM by voice: undelivered\n0 Asked for\n50 The call was placed\n51 It could not be delivered":                                      tell(99, asked, placed, did(51, "code-undelivered", "c1", "delivery", "failed")),
		"KM by voice: right\n0 Asked for\n50 The call was placed\n60 The right code was entered":                                           tell(999, asked, placed, tried(60, "c1", "4"), did(60, "code-accepted", "c1")),
		"KM by voice: doubtful\n0 Asked for\n1 Whether it went out is not known: the answer was lost\n180 It expired; no code was entered": tell(999, asked, did(1, "code-undelivered", "c1", "delivery", "unknown")),
	} {
		if got := code(t, s); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

// A newer code takes the place of one that lives, up to its end and not at it; two of one millisecond stand by place.
func TestACodeIsReplaced(t *testing.T) {
	for at, want := range map[float64]string{
		0:       "0 It was replaced by a newer one, QP",
		30:      "30 It was replaced by a newer one, QP",
		119.999: "119.999 It was replaced by a newer one, QP",
		120:     "120 It expired; no code was entered",
		400:     "120 It expired; no code was entered",
	} {
		s := tell(900, sent(0, "c1", "KM", "sms"), sent(at, "c2", "QP", "sms"))
		if len(s.Codes) != 2 || s.Codes[0].Tag != "QP" {
			t.Fatalf("at %v: %+v", at, s.Codes)
		}
		if got := code(t, history.Story{Codes: s.Codes[1:]}); !strings.HasSuffix(got, "\n"+want) {
			t.Errorf("at %v: %s\nwant %s", at, got, want)
		}
		if got := code(t, s); !strings.HasPrefix(got, "QP by sms: expired\n") {
			t.Errorf("at %v: the newer one: %s", at, got)
		}
	}
	old := tell(900, did(0, "code-sent", "c1", "tag", "KM"), did(179, "code-sent", "c2", "tag", "QP"))
	if got := old.Codes[1].State; got != history.CodeReplaced {
		t.Errorf("of an old record: %s", got)
	}
}

// Codes whose entries come mixed, as a stream that is late leaves them, keep their own stories.
func TestTwoCodesAlternate(t *testing.T) {
	s := tell(900,
		sent(0, "c1", "KM", "sms"), sent(30, "c2", "QP", "sms"), tried(30, "c1", "4"), did(31, "code-tried", "c2", "tag", "QP", "tries_left", "4"),
		tried(32, "c1", "3"), did(33, "code-earlier", "c2", "tag", "QP", "tries_left", "4"), did(40, "code-tried", "c2", "tag", "QP", "tries_left", "3"), did(41, "code-accepted", "c2", "tries_left", "3"),
	)
	want := "QP by sms: right\n30 Asked for, accepted and handed to the carrier service; no failure was reported\n33 The code of an earlier message was entered, tries left: 4\n41 The right code was entered"
	if got := code(t, s); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := s.Codes[1]; got.State != history.CodeReplaced || len(got.Steps) != 4 {
		t.Errorf("the first: %+v", got)
	}
}

func TestARefusalSaysItsRule(t *testing.T) {
	for rule, want := range map[string]string{
		"gap":         "No code was sent by text message: the last one was sent a moment before; wait until 2026-11-25T12:00:30Z.",
		"sends":       "No code was sent by text message: too many were asked for (5 in 15 minutes, 10 in an hour, 20 in 24 hours); wait until 2026-11-25T12:00:30Z.",
		"a later one": "No code was sent by text message: a later one; wait until 2026-11-25T12:00:30Z.",
	} {
		s := tell(900, sent(-900, "c0", "KM", "sms"), did(0, "code-refused", "", "rule", rule, "channel", "sms", "until", until(30)))
		if got := s.Lines[0].Text; got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
		c := s.Codes[0]
		if c.State != history.CodeRefused || c.Challenge != "" || c.Channel != "sms" || !c.Asked.Equal(noon) || c.Steps[0].Text+"." != strings.Replace(want, " by text message", "", 1) || len(s.Codes) != 2 {
			t.Errorf("%+v", c)
		}
	}
	if got := tell(9, did(0, "code-refused", "")).Lines[0].Text; got != "No code was sent." {
		t.Errorf("of nothing: %s", got)
	}
}

func TestNothingToTell(t *testing.T) {
	if s := tell(9); len(s.Lines) != 0 || len(s.Codes) != 0 {
		t.Errorf("%+v", s)
	}
	s := tell(9, did(0, "code-tried", "", "tries_left", "4"), did(1, "code-sent", "", "tag", "KM"), did(2, "code-accepted", ""), did(3, "codes-locked", "lost"), did(4, "an-older-version", "c1"))
	want := "0 A wrong code was entered; tries left: 4.\n1 Code KM was asked for.\n2 The right code was entered.\n3 Codes were locked after wrong codes in a row.\n4 an-older-version"
	if got := lines(s); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if _, codes := history.Horizon(newest(did(0, "signed-in", "s1"))); codes {
		t.Error("a page without codes has a horizon")
	}
}

// A story that is cut into pages anywhere, of any size, has the same lines as in one piece, each once.
func TestPagesTellTheSameAsOne(t *testing.T) {
	var all []audit.Entry
	for i := range 6 { // a minute apart and then longer: some are replaced, some expire, some are right, one locks
		at, ref := float64(i*i*30), fmt.Sprint("c", i)
		all = append(all, sent(at, ref, fmt.Sprint("K", i), "sms"), did(at+5, "code-tried", ref, "tag", fmt.Sprint("K", i), "tries_left", "4"))
		if i%2 == 1 {
			all = append(all, did(at+5, "code-earlier", ref, "tag", fmt.Sprint("K", i), "tries_left", "4"), did(at+6, "signed-in", fmt.Sprint("s", i)))
		}
		if i%3 == 2 {
			all = append(all, did(at+9.9, "code-accepted", ref, "tries_left", "3"), did(at+10, "code-tried", ref, "tag", fmt.Sprint("K", i), "tries_left", "3"))
		}
	}
	all = append(all, did(760, "codes-locked", "c5", "wrong", "10", "until", until(9999)))
	slices.Reverse(all)
	now := noon.Add(time.Hour)
	whole := map[string]int{}
	for _, l := range history.Tell(audit.Page{Entries: all}, nil, now).Lines {
		whole[fmt.Sprint(l.At, l.Ref, l.Text)]++
	}
	for size := 1; size < len(all); size++ {
		parts := map[string]int{}
		for from := 0; from < len(all); from += size {
			end := min(from+size, len(all))
			page := audit.Page{Entries: all[from:end], Older: all[end:min(end+8, len(all))]}
			var later []audit.Entry
			if until, codes := history.Horizon(page); codes {
				for _, e := range all[:from] {
					if !e.At.After(until) {
						later = append(later, e)
					}
				}
			}
			for _, l := range history.Tell(page, later, now).Lines {
				parts[fmt.Sprint(l.At, l.Ref, l.Text)]++
			}
		}
		if !maps.Equal(parts, whole) {
			for l, n := range parts {
				if whole[l] != n {
					t.Errorf("pages of %d: %d times %s", size, n, l)
				}
			}
			for l := range whole {
				if parts[l] == 0 {
					t.Errorf("pages of %d: missing %s", size, l)
				}
			}
		}
	}
}

// Telling changes no entry.
func TestEntriesStayAsTheyAre(t *testing.T) {
	page := newest(sent(0, "c1", "KM", "sms"), did(1, "code-accepted", "c1"), did(2, "codes-locked", "c1", "wrong", "10"))
	before := fmt.Sprint(page)
	history.Tell(page, nil, noon.Add(time.Hour))
	if got := fmt.Sprint(page); got != before {
		t.Errorf("%s became %s", before, got)
	}
}

func FuzzTell(f *testing.F) {
	f.Add("code-sent", "code-tried", "c1", "tries_left", "4", int64(3))
	f.Add("code-sent", "code-sent", "", "until", "2026-11-25T12:00:00Z", int64(-3))
	f.Fuzz(func(t *testing.T, first, second, ref, name, value string, gap int64) {
		s := tell(1000, did(0, audit.Event(first), ref, name, value), did(float64(gap%500), audit.Event(second), ref, name, value))
		if len(s.Lines) == 0 {
			t.Error("nothing is told")
		}
		for _, l := range s.Lines {
			if strings.TrimSpace(string(l.What)) != "" && l.Text == "" {
				t.Errorf("%q says nothing", l.What)
			}
		}
		for _, c := range s.Codes {
			if len(c.Steps) == 0 || slices.ContainsFunc(c.Steps, func(s history.Step) bool { return s.Text == "" }) {
				t.Errorf("a code without a story: %+v", c)
			}
		}
	})
}
