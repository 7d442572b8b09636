package support_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/otp"
	"phoneotp/shared/support"
)

// record puts entries of a person into the trail, in this order.
func (w *world) record(t *testing.T, of account.Account, entries ...audit.Entry) {
	t.Helper()
	var writes []dynamo.Write
	for i, e := range entries {
		e.Subject = audit.Account(of.ID.String())
		writes = append(writes, w.Log.WriteOnce(e, fmt.Sprint(1000+i), 0))
	}
	for chunk := range slices.Chunk(writes, 50) {
		fatal(t, w.DB.Commit(t.Context(), chunk...))
	}
}

func codeSent(at time.Time, ref, tag, phoneID string) audit.Entry {
	detail := map[string]string{"tag": tag, "channel": "sms", "until": at.Add(2 * time.Minute).Format(time.RFC3339)}
	if phoneID != "" {
		detail["phone"] = phoneID
	}
	return audit.Entry{What: "code-sent", At: at, Ref: ref, Detail: detail}
}

func codeTried(at time.Time, ref, left string, what audit.Event) audit.Entry {
	return audit.Entry{What: what, At: at, Ref: ref, Detail: map[string]string{"tag": "KM", "tries_left": left}}
}

func TestCodesAtOneGlance(t *testing.T) {
	w := start(t)
	a, n := w.active(t, "grace")
	id := w.held(t, a).Phones[0].ID
	w.record(t, a,
		codeSent(noon, "c1", "AA", id),
		codeSent(noon.Add(30*time.Second), "c2", "KM", id),
		codeTried(noon.Add(35*time.Second), "c2", "4", "code-tried"),
		codeTried(noon.Add(40*time.Second), "c2", "3", "code-tried"), codeTried(noon.Add(40*time.Second), "c2", "3", "code-earlier"),
		audit.Entry{What: "code-refused", At: noon.Add(50 * time.Second), Detail: map[string]string{"rule": "gap", "channel": "voice", "until": noon.Add(90 * time.Second).Format(time.RFC3339)}},
		audit.Entry{What: "phone-removed", At: noon.Add(10 * time.Minute), Ref: "p-gone", Detail: map[string]string{"ending": "0199"}},
		codeSent(noon.Add(9*time.Minute), "c3", "QP", "p-gone"),
		codeSent(noon.Add(20*time.Minute), "c4", "ZZ", "p-unknown"),
	)
	raw, err := json.MarshalIndent(w.of(t, "grace", "", noon.Add(21*time.Minute)).Codes, "", " ")
	fatal(t, err)
	want := fmt.Sprintf(`[
 {"tag":"ZZ","channel":"sms","asked_at":"2026-11-23T12:20:00Z","state":"waiting","steps":[
  {"event":"code-sent","at":"2026-11-23T12:20:00Z","text":"Asked for, accepted and handed to the carrier service; no failure was reported"}]},
 {"tag":"QP","channel":"sms","ending":"0199","asked_at":"2026-11-23T12:09:00Z","state":"expired","steps":[
  {"event":"code-sent","at":"2026-11-23T12:09:00Z","text":"Asked for, accepted and handed to the carrier service; no failure was reported"},
  {"event":"code-expired","at":"2026-11-23T12:11:00Z","text":"It expired; no code was entered"}]},
 {"channel":"voice","asked_at":"2026-11-23T12:00:50Z","state":"refused","steps":[
  {"event":"code-refused","at":"2026-11-23T12:00:50Z","text":"No code was sent: the last one was sent a moment before; wait until 2026-11-23T12:01:30Z"}]},
 {"tag":"KM","channel":"sms","ending":"%[1]s","asked_at":"2026-11-23T12:00:30Z","state":"expired","steps":[
  {"event":"code-sent","at":"2026-11-23T12:00:30Z","text":"Asked for, accepted and handed to the carrier service; no failure was reported"},
  {"event":"code-tried","at":"2026-11-23T12:00:35Z","text":"A wrong code was entered, tries left: 4"},
  {"event":"code-earlier","at":"2026-11-23T12:00:40Z","text":"The code of an earlier message was entered, tries left: 3"},
  {"event":"code-expired","at":"2026-11-23T12:02:30Z","text":"It expired before the right code was entered"}]},
 {"tag":"AA","channel":"sms","ending":"%[1]s","asked_at":"2026-11-23T12:00:00Z","state":"replaced","steps":[
  {"event":"code-sent","at":"2026-11-23T12:00:00Z","text":"Asked for, accepted and handed to the carrier service; no failure was reported"},
  {"event":"code-replaced","at":"2026-11-23T12:00:30Z","text":"It was replaced by a newer one, KM"}]}]`, n.Ending())
	if got, want := plain(t, string(raw)), plain(t, want); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// plain is JSON without white space.
func plain(t *testing.T, text string) string {
	t.Helper()
	var v []support.Code
	fatal(t, json.Unmarshal([]byte(text), &v))
	b, err := json.Marshal(v)
	fatal(t, err)
	return string(b)
}

// The newest ten codes are told; who never asked for one has an empty list.
func TestTenCodesAreTold(t *testing.T) {
	w := start(t)
	a := w.Person(t, "grace", monday)
	if got := w.of(t, "grace", "", noon).Codes; got == nil || len(got) != 0 {
		t.Errorf("none: %v", got)
	}
	var entries []audit.Entry
	for i := range 12 {
		entries = append(entries, codeSent(ten.Add(time.Duration(i)*3*time.Minute), fmt.Sprint("c", i), fmt.Sprint("T", i), ""))
	}
	w.record(t, a, entries...)
	got := w.of(t, "grace", "", noon).Codes
	if len(got) != 10 || got[0].Tag != "T11" || got[9].Tag != "T2" || got[9].Ending != "" {
		t.Errorf("%d: %+v", len(got), got)
	}
}

// A code whose end lies on the page after its own is told alike, wherever the pages are cut.
func TestACodeAtAPagesEdge(t *testing.T) {
	for _, after := range []int{94, 95, 96, 97, 98, 99, 100, 101} { // entries between the code's story and now
		w := start(t)
		a := w.Person(t, "grace", monday.Add(-time.Hour))
		entries := []audit.Entry{
			codeSent(monday, "c1", "KM", ""), codeTried(monday.Add(time.Second), "c1", "4", "code-tried"), codeTried(monday.Add(time.Second), "c1", "4", "code-earlier"),
			codeTried(monday.Add(2*time.Second), "c1", "3", "code-tried"), {What: "code-accepted", At: monday.Add(2 * time.Second), Ref: "c1", Detail: map[string]string{"tries_left": "3"}},
			codeSent(monday.Add(10*time.Second), "c2", "QP", ""), codeSent(monday.Add(20*time.Second), "c3", "ZZ", ""),
		}
		for i := range after {
			entries = append(entries, audit.Entry{What: "signed-in", At: monday.Add(30*time.Second + time.Duration(i)*time.Millisecond)})
		}
		w.record(t, a, entries...)
		var told []string
		for before := ""; ; {
			p := w.of(t, "grace", before, monday.Add(time.Hour))
			for _, e := range p.Timeline.Entries {
				if strings.HasPrefix(e.Event, "code") {
					told = append(told, e.Event+" "+e.At[14:19])
				}
			}
			if before = p.Timeline.Next; before == "" {
				break
			}
		}
		slices.Sort(told)
		want := "code-accepted 00:02; code-earlier 00:01; code-expired 02:20; code-replaced 00:20; code-sent 00:00; code-sent 00:10; code-sent 00:20"
		if got := strings.Join(told, "; "); got != want {
			t.Errorf("with %d after: %s\nwant %s", after, got, want)
		}
	}
}

// What the credentials table's stream records of a code is what is told of it.
func TestWhatTheStreamRecordsIsTold(t *testing.T) {
	w := start(t)
	a, n := w.active(t, "grace")
	live, sent := otp.NewID(), noon.Add(time.Minute)
	image := func(tries int64, earlier ...int64) credential.Image {
		return credential.Image{
			Challenge: live, Channel: "s", Tag: "KM", Delivery: credential.DeliveryAccepted, Target: credential.Target{ID: w.held(t, a).Phones[0].ID},
			SentAt: sent, ExpiresAt: sent.Add(otp.Life), Tries: tries, Earlier: earlier,
		}
	}
	recorder := credential.Recorder{DB: w.DB, Log: w.Log, Outbox: w.Outbox}
	images := []credential.Image{{}, image(0), image(1), image(2), image(2, 2)}
	for i := range len(images) - 1 {
		fatal(t, w.DB.Commit(t.Context(), recorder.Writes(credential.Change{
			Event: fmt.Sprint("e", i), Sequence: fmt.Sprint(1000 + i), Holder: a.ID, At: sent.Add(time.Duration(i) * 10 * time.Second).Truncate(time.Second), Old: images[i], New: images[i+1],
		})...))
	}
	for now, want := range map[time.Duration]string{
		otp.Life - time.Millisecond: "waiting: code-sent code-tried code-earlier",
		otp.Life:                    "expired: code-sent code-tried code-earlier code-expired",
	} {
		c := w.of(t, "grace", "", sent.Add(now)).Codes[0]
		got := c.State + ":"
		for _, s := range c.Steps {
			got += " " + s.Event
		}
		if got != want || c.Ending != n.Ending() || c.Tag != "KM" {
			t.Errorf("after %s: %s, %+v", now, got, c)
		}
	}
}
