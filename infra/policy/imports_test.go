package policy

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// ranks is the import order (architecture.md 2): a room imports rooms of a lower rank, and of its own rank as
// long as Go allows. A new room takes its place here first.
var ranks = map[string]int{
	"fault": 0,
	"env":   1, "secret": 1, "dynamo": 1, "awsx": 1, "httpapi": 1, "taskapi": 1, "metric": 1, "sweep": 1,
	"catalog": 2, "phone": 2, "otp": 2, "names": 2, "payment": 2, "telephony": 2, "mail": 2, "bureau": 2, "meeting": 2, "signing": 2,
	"audit": 3, "notice": 3, "limit": 3, "history": 4,
	"account":      4,
	"session":      5,
	"credential":   6,
	"directory":    7,
	"license":      7,
	"proofing":     8,
	"order":        9,
	"applications": 10,
	"support":      10,
}

// room is the first part of a package's path below shared.
func room(dir string) string {
	rest, ok := strings.CutPrefix(dir, "shared/")
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}

func TestEveryRoomHasItsRank(t *testing.T) {
	for _, s := range load(t).sources {
		if r := room(s.dir()); r != "" {
			if _, ok := ranks[r]; !ok {
				t.Errorf("shared/%s has no rank in the import order", r)
			}
		}
	}
}

func TestRoomsImportDownwardsOnly(t *testing.T) {
	for _, s := range load(t).sources {
		if s.test || room(s.dir()) == "" {
			continue
		}
		mine := room(s.dir())
		for _, p := range s.imports() {
			dir, ours := strings.CutPrefix(p, module+"/")
			if !ours {
				continue
			}
			if room(dir) == "" {
				t.Errorf("%s imports %s: shared imports shared alone", s.path, dir)
			} else if ranks[room(dir)] > ranks[mine] {
				t.Errorf("%s imports %s, which is above it", s.path, dir)
			}
			if strings.HasSuffix(path.Base(dir), "test") {
				t.Errorf("%s imports %s, which is for tests", s.path, dir)
			}
		}
	}
}

func TestFunctionsImportRoomsOnly(t *testing.T) {
	for _, s := range load(t).sources {
		if s.test || !strings.HasPrefix(s.path, "functions/") {
			continue
		}
		for _, p := range s.imports() {
			dir, ours := strings.CutPrefix(p, module+"/")
			if !ours || strings.HasPrefix(dir, s.dir()) {
				continue
			}
			if room(dir) == "" {
				t.Errorf("%s imports %s: a function imports shared alone", s.path, dir)
			}
			if strings.HasSuffix(path.Base(dir), "test") {
				t.Errorf("%s imports %s, which is for tests", s.path, dir)
			}
		}
	}
}

// sdk is where packages of AWS live.
const sdk = "github.com/aws/aws-sdk-go-v2/service/"

func TestLambdaTypesStayAtTheEdge(t *testing.T) {
	for _, s := range load(t).product() {
		if strings.HasPrefix(s.path, "functions/") || slices.Contains([]string{"httpapi", "taskapi"}, room(s.dir())) {
			continue
		}
		for _, p := range s.imports() {
			if strings.HasPrefix(p, "github.com/aws/aws-lambda-go") {
				t.Errorf("%s imports %s", s.path, p)
			}
		}
	}
}

func TestDatabaseTypesStayInStores(t *testing.T) {
	for _, s := range load(t).product() {
		switch {
		case room(s.dir()) == "dynamo", path.Base(s.path) == "store.go":
			continue
		case s.path == "shared/awsx/clients.go": // the client's wiring, one for all
			continue
		case strings.HasPrefix(s.path, "functions/") && path.Base(s.path) == "main.go":
			continue
		}
		for _, p := range s.imports() {
			if strings.HasPrefix(p, sdk+"dynamodb") {
				t.Errorf("%s imports %s", s.path, p)
			}
		}
	}
}

// A room of the outside world owns its supplier's SDK; nobody else speaks to it.
func TestSuppliersHaveOneRoom(t *testing.T) {
	owners := map[string][]string{
		"github.com/stripe/stripe-go":     {"shared/payment"},
		"github.com/wneessen/go-mail":     {"shared/mail"},
		sdk + "sesv2":                     {"shared/mail"},
		sdk + "sns":                       {"shared/telephony/outbound"},
		sdk + "pinpointsmsvoicev2":        {"shared/telephony"},
		sdk + "sfn":                       {"shared/taskapi"},
		sdk + "sqs":                       {"functions/notice-relay"},
		"github.com/nyaruka/phonenumbers": {"shared/phone"},
	}
	for _, s := range load(t).product() {
		for _, p := range s.imports() {
			for supplier, rooms := range owners {
				if p != supplier && !strings.HasPrefix(p, supplier+"/") {
					continue
				}
				if !slices.ContainsFunc(rooms, func(dir string) bool { return s.dir() == dir || strings.HasPrefix(s.dir(), dir+"/") }) {
					t.Errorf("%s imports %s, which is for %v", s.path, p, rooms)
				}
			}
		}
	}
}
