package env

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Reader gathers settings and the mistakes among them.
type Reader struct {
	Get  func(string) string
	errs []error
}

// Need returns a variable that must be set.
func (r *Reader) Need(name string) string {
	v := r.Get(name)
	if v == "" {
		r.errs = append(r.errs, fmt.Errorf("%s is not set", name))
	}
	return v
}

// May returns a variable that may be empty.
func (r *Reader) May(name string) string { return r.Get(name) }

// NeedInt returns a whole number above zero that must be set.
func (r *Reader) NeedInt(name string) int {
	v := r.Need(name)
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil || n <= 0 {
		r.errs = append(r.errs, fmt.Errorf("%s is not a whole number above zero", name))
	}
	return n
}

// mostDays bounds a span of days: a year.
const mostDays = 365

// NeedDays returns a span of whole days, from none to a year, that must be set.
func (r *Reader) NeedDays(name string) time.Duration {
	v := r.Need(name)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseUint(v, 10, 16)
	if err != nil || n > mostDays {
		r.errs = append(r.errs, fmt.Errorf("%s is not a number of days from 0 to %d: %q", name, mostDays, v))
	}
	return time.Duration(n) * 24 * time.Hour
}

// Err joins everything that was wrong, or is nil.
func (r *Reader) Err() error { return errors.Join(r.errs...) }
