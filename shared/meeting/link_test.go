package meeting_test

import (
	"testing"

	"phoneotp/shared/meeting"
)

func TestLinks(t *testing.T) {
	for template, want := range map[string]string{
		"https://meet.example.org/{room}":             "https://meet.example.org/abc%2F..",
		"http://localhost:8080/_local/meeting/{room}": "http://localhost:8080/_local/meeting/abc%2F..",
		"https://meet.example.org/x?r={room}&lang=en": "https://meet.example.org/x?r=abc%2F..&lang=en",
	} {
		l, err := meeting.NewLinks(template)
		if err != nil || l.To("abc/..") != want {
			t.Errorf("%s: %s, %v", template, l.To("abc/.."), err)
		}
	}
	for _, template := range []string{
		"", "{room}", "https://meet.example.org/", "https://{room}.example.org/", "https://{room}/", "http://meet.example.org/{room}",
		"ftp://meet.example.org/{room}", "https://meet.example.org/{room}/{room}", "https://a:b@meet.example.org/{room}", "https:///{room}", "javascript:/{room}",
	} {
		if _, err := meeting.NewLinks(template); err == nil {
			t.Errorf("%s is taken", template)
		}
	}
}

func TestRoomsAreNotGuessed(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		seen[meeting.DrawRoom()] = true
	}
	if len(seen) != 1000 || len(meeting.DrawRoom()) != 26 {
		t.Errorf("%d different rooms", len(seen))
	}
}
