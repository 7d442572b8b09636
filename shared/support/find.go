package support

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/audit"
	"phoneotp/shared/directory"
	"phoneotp/shared/order"
)

// Finder finds people. It reads single items by their keys, never a table (product.md 9).
type Finder struct {
	Accounts account.Accounts
	Orders   order.Orders
	Index    *directory.Index
	Log      audit.Log
}

// Found is one person of an answer.
type Found struct {
	UserID  string `json:"user_id"`
	Name    string `json:"name"`
	Email   string `json:"email"`
	Country string `json:"country"`
}

// most is how many people a search shows: more mean that the search says too little.
const most = 20

// digits is the last four of a number with a name before or after them.
var digits = regexp.MustCompile(`^(?:(\d{4})\s+(.+)|(.+?)\s+(\d{4}))$`)

// Search finds people by what was typed: a user ID, an email address, an order number, or the last four digits of a
// number and the family name. It finds nobody for anything else. Whom it found is recorded before it is shown, in
// the staff account's own trail; what was typed is not, since it may be anything. ErrSearch is for a text that is
// too short or long.
func (f Finder) Search(ctx context.Context, staff Staff, typed string, now time.Time) ([]Found, error) {
	typed = strings.TrimSpace(typed)
	if len(typed) < 3 || len(typed) > 120 {
		return nil, ErrSearch
	}
	found, err := f.find(ctx, typed, now)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	var ids []string
	for _, one := range found {
		ids = append(ids, one.UserID)
	}
	entry := staff.entry(staff.Account, EventSearched, "", now)
	entry.Detail = map[string]string{"people": strings.Join(ids, " ")}
	if err := f.Accounts.DB.Commit(ctx, f.Log.Write(entry)); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return found, nil
}

func (f Finder) find(ctx context.Context, typed string, now time.Time) ([]Found, error) {
	named, err := f.Accounts.ForSignIn(ctx, typed, now) // any text may be a user ID
	if err != nil {
		return nil, err
	}
	found, seen := []Found{}, map[account.ID]bool{{}: true}
	add := func(a account.Account) {
		if !seen[a.ID] && len(found) < most {
			seen[a.ID] = true
			found = append(found, show(a))
		}
	}
	add(named)
	ids, err := f.others(ctx, typed)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		a, err := f.Accounts.ByID(ctx, id, now)
		if errors.Is(err, account.ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		add(a)
	}
	return found, nil
}

func show(a account.Account) Found {
	return Found{UserID: a.UserID, Name: a.Name(), Email: a.Email, Country: a.Country}
}

// others are whom an order number, or digits with a name, lead to.
func (f Finder) others(ctx context.Context, typed string) ([]account.ID, error) {
	if number, ok := order.ParseNumber(typed); ok {
		purchaser, err := f.Orders.Purchaser(ctx, number)
		if errors.Is(err, order.ErrUnknown) {
			return nil, nil
		}
		return []account.ID{purchaser}, err
	}
	if m := digits.FindStringSubmatch(typed); m != nil {
		return f.Index.Find(ctx, m[1]+m[4], m[2]+m[3])
	}
	return nil, nil
}
