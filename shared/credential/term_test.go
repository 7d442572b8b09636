package credential_test

import (
	"testing"
	"time"

	"phoneotp/shared/credential"
)

func TestExpiryIsCountedFromTheAnchor(t *testing.T) { // product.md 8
	at := func(s string) time.Time {
		parsed, err := time.Parse("2006-01-02 15:04:05.000", s+" 12:34:56.789")
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, row := range []struct {
		purchased string
		terms     int
		want      string
	}{
		{"2026-11-25", 1, "2027-11-25"}, {"2026-11-25", 3, "2029-11-25"}, {"2026-12-31", 1, "2027-12-31"}, {"2026-01-01", 0, "2026-01-01"},
		{"2024-02-29", 1, "2025-02-28"}, {"2024-02-29", 2, "2026-02-28"}, {"2024-02-29", 3, "2027-02-28"}, {"2024-02-29", 4, "2028-02-29"},
		{"2025-02-28", 3, "2028-02-28"}, {"2023-03-01", 1, "2024-03-01"},
	} {
		if got := credential.Expiry(at(row.purchased), row.terms); !got.Equal(at(row.want)) {
			t.Errorf("%s and %d terms: %v, want %s", row.purchased, row.terms, got, row.want)
		}
	}
	zone := time.FixedZone("far", 14*3600)
	local := time.Date(2026, 3, 1, 1, 0, 0, 0, zone) // still February in UTC
	if got := credential.Expiry(local, 1); !got.Equal(time.Date(2027, 2, 28, 11, 0, 0, 0, time.UTC)) {
		t.Errorf("a time of another zone: %v", got)
	}
}
