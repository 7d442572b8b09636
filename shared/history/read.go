package history

import (
	"context"
	"fmt"
	"time"

	"phoneotp/shared/audit"
)

// Page is a page of somebody's history, as it stands and as it is told.
type Page struct {
	audit.Page
	Story
}

// farthest is how many entries after a page are read to judge its codes: far more than a person causes in a code's
// life.
const farthest = 200

// Read reads up to most entries from before a place on, as audit.Reader.Newest does, and tells them. One query; one
// more for a page with codes that is not the newest.
func Read(ctx context.Context, trail audit.Reader, subject, before string, most int32, now time.Time) (Page, error) {
	page, err := trail.Newest(ctx, subject, before, most)
	if err != nil {
		return Page{}, fmt.Errorf("history: %w", err)
	}
	var later []audit.Entry
	if until, codes := Horizon(page); codes && before != "" {
		if later, err = trail.Later(ctx, subject, before, until, farthest); err != nil {
			return Page{}, fmt.Errorf("history: %w", err)
		}
	}
	return Page{page, Tell(page, later, now)}, nil
}
