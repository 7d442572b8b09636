package journeys_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// proofingTags are the functions whose operations TestAnswersOfProofingKeepTheContract walks through.
var proofingTags = []string{"proofing", "proofing-review"}

func ofProofing(op *openapi3.Operation) bool {
	return slices.ContainsFunc(op.Tags, func(tag string) bool { return slices.Contains(proofingTags, tag) })
}

// atWork keeps the sessions of the staff: five codes in 15 minutes an account are all that are sent. Stories that run
// side by side come to work one after the other.
var (
	atWork  = map[string]http.CookieJar{}
	theDoor sync.Mutex
)

// staff is a demo account of the staff, signed in with a code to its number.
func staff(t testing.TB, user, number string) *person {
	t.Helper()
	p := newPerson(t)
	p.userID, p.password = user, staffPassword
	theDoor.Lock()
	defer theDoor.Unlock()
	if jar := atWork[user]; jar != nil {
		p.http.Jar = jar
		if s := p.call("GET", "/api/session", nil); s.status == 200 && s.at("level") == 3.0 {
			return p
		}
	}
	p.signIn()
	p.elevate(number, "sms")
	atWork[user] = p.http.Jar
	return p
}

// freeSlots are the starts of the free half hours of the next two weeks.
func (p *person) freeSlots() []string {
	p.t.Helper()
	now := time.Now().UTC()
	query := url.Values{"from": {now.Format(time.DateOnly)}, "to": {now.AddDate(0, 0, 14).Format(time.DateOnly)}, "zone": {"America/Denver"}}
	var starts []string
	list, _ := p.want(200, "GET", "/api/proofing/slots?"+query.Encode(), nil).json["slots"].([]any)
	for _, s := range list {
		starts = append(starts, s.(map[string]any)["starts_at"].(string))
	}
	if len(starts) < 4 {
		p.t.Fatalf("free are %v", starts)
	}
	return starts
}

// passedAs is a full checklist with this name on the document.
func passedAs(name string) map[string]any {
	return map[string]any{"outcome": "passed", "reason": "all good", "checklist": map[string]any{
		"consent": true, "in_view": true, "cues": []bool{true, true}, "face_match": true,
		"document": map[string]any{"type": "passport", "country": "US", "expires_on": "2031-01-01", "last4": "1234", "name": name, "genuine": true},
	}}
}

// TestAnswersOfProofingKeepTheContract walks through every operation of proofing with success: a failed quiz, a
// booking moved, cancelled and made again, a session whose pass needs a second agent, the activation code.
func TestAnswersOfProofingKeepTheContract(t *testing.T) {
	c := loadContract(t)
	p := prove(t, "us-proofed", "US", "Hopper")
	p.http.Transport = watched{t, c}
	quiz := p.quiz(p.applicant())
	outcome(t, p.answerQuiz(quiz, picks(quiz, false)), "not-verified", 2)
	slots := p.freeSlots()
	book := func(i int) answer {
		return p.want(201, "POST", "/api/proofing/appointment", map[string]any{"starts_at": slots[len(slots)-i], "zone": "America/Denver", "consent": p.consent(), "name_confirmed": true})
	}
	book(1)
	p.want(200, "PUT", "/api/proofing/appointment", map[string]any{"starts_at": slots[len(slots)-2]})
	p.want(204, "DELETE", "/api/proofing/appointment", nil)
	id := book(3).text("id")
	p.want(200, "POST", "/_local/appointments/"+id+"/now", nil)
	p.want(200, "GET", "/api/proofing", nil)

	first, second := staff(t, "agent1", "2025550111"), staff(t, "agent2", "2025550112")
	first.http.Transport, second.http.Transport = watched{t, c}, watched{t, c}
	first.want(200, "GET", "/api/agent/appointments?day="+time.Now().UTC().Format(time.DateOnly), nil)
	path := "/api/agent/appointments/" + id
	first.want(200, "POST", path+"/claim", nil)
	if word := p.want(200, "GET", "/api/proofing", nil).text("appointment", "verification_word"); word == "" {
		t.Error("the holder sees no verification word")
	}
	handed := first.want(202, "POST", path+"/conclude", passedAs("Grace Hoper"))
	first.want(200, "GET", "/api/agent/appointments?day="+time.Now().UTC().Format(time.DateOnly), nil)
	second.want(200, "POST", "/api/agent/cases/"+handed.text("case_id")+"/approve", map[string]any{"approve": true, "reason": "a typing error on the document"})
	code := first.want(200, "POST", path+"/conclude", passedAs("Grace Hoper")).text("activation_code")
	p.keep(code, "activation code")
	p.want(200, "POST", "/api/proofing/activation-code", map[string]any{"code": code})
	p.registerPhone(usNumber(), "sms")
	p.proofedBy("video")

	all := c.operations()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if ofProofing(all[name]) && !c.succeeded[name] {
			t.Errorf("%s was never seen to succeed", name)
		}
	}
}

// reviewer is who may send a request to an operation: an agent where only agents may, support where only support may.
func reviewer(op *openapi3.Operation, holder, agent, support *person) *person {
	if ofSupport(op) {
		return support
	}
	if slices.Contains(op.Tags, "proofing-review") {
		return agent
	}
	return holder
}
