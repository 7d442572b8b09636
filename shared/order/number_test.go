package order_test

import (
	"testing"

	"phoneotp/shared/order"
)

func TestOrderNumbersAreReadAsPeopleTypeThem(t *testing.T) {
	for typed, want := range map[string]string{
		"SO-0123ABCD": "SO-0123ABCD", " so-o123abcd ": "SO-0123ABCD", "so0i23abcd": "SO-0123ABCD", "SO-L123ABCD": "SO-1123ABCD",
		"SO-0123ABC": "", "SO-0123ABCDE": "", "SO-0123ABCU": "", "0123ABCD": "", "": "", "SO": "", "sofia": "",
	} {
		if got, ok := order.ParseNumber(typed); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, %v; want %q", typed, got, ok, want)
		}
	}
}
