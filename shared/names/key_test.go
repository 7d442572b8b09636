package names_test

import (
	"testing"

	"phoneotp/shared/names"
)

func TestKey(t *testing.T) {
	for want, all := range map[string][]string{
		"obrien":     {"O'Brien", "o’brien", " OBRIEN ", "O Brien"},
		"garcia":     {"García", "GARCIA", "Garcı́a"},
		"smithjones": {"Smith-Jones", "Smith Jones", "smith‐jones"},
		"":           {"", "  ", "'-."},
		"李":          {"李"},
	} {
		for _, name := range all {
			if got := names.Key(name); got != want {
				t.Errorf("%q has the key %q, want %q", name, got, want)
			}
		}
	}
}
