package meeting

import (
	"crypto/rand"
	"errors"
	"net/url"
	"strings"
)

// place is what stands for the room's name in a template.
const place = "{room}"

var errTemplate = errors.New("meeting: the template is no https address with {room} in it")

// Links makes links to rooms.
type Links struct{ before, after string }

// NewLinks reads a template, as "https://meet.example.org/{room}".
func NewLinks(template string) (Links, error) {
	before, after, ok := strings.Cut(template, place)
	u, err := url.Parse(before + "x" + after)
	if !ok || err != nil || strings.Contains(after, place) || u.Host == "" || u.User != nil {
		return Links{}, errTemplate
	}
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost") {
		return Links{}, errTemplate
	}
	if slash := strings.Index(before, "://"); slash < 0 || !strings.Contains(before[slash+3:], "/") {
		return Links{}, errTemplate // the name must stand in the path, not in the host
	}
	return Links{before, after}, nil
}

// DrawRoom draws the name of a room.
func DrawRoom() string { return strings.ToLower(rand.Text()) }

// To is the link to a room.
func (l Links) To(room string) string { return l.before + url.PathEscape(room) + l.after }
