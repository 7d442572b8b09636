package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"phoneotp/shared/otp"
)

// The README says what the product goes by.
func TestTheReadmeIsCurrent(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want, err := insert(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if want != string(text) {
		t.Errorf("the table of limits is not current: run `make limits`. It should be\n%s", table())
	}
}

func TestAReadmeWithoutAPlace(t *testing.T) {
	for _, text := range []string{"", begin + "\n", end} {
		if _, err := insert(text); err == nil {
			t.Errorf("%q has a place for the table", text)
		}
	}
}

// Every rule that a refusal can name is explained.
func TestEveryRuleHasItsRow(t *testing.T) {
	all := table()
	for _, rule := range []string{
		otp.RuleGap, otp.RuleSends, otp.RuleCalls, otp.RuleWrongCodes, otp.RuleNumber, otp.RuleNewNumbers, otp.RuleAddress,
		otp.RulePrefix, otp.RuleCountry, otp.RuleSpend,
	} {
		if strings.Count(all, "| `"+rule+"` |") != 1 {
			t.Errorf("%s is not explained once", rule)
		}
	}
}

func TestSpans(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"2 min": 2 * time.Minute, "30 days": 30 * 24 * time.Hour, "24 h": 24 * time.Hour, "1 h": time.Hour, "15 min": 15 * time.Minute, "45 s": 45 * time.Second,
	} {
		if got := span(d); got != want {
			t.Errorf("span(%s) = %s, want %s", d, got, want)
		}
	}
}
