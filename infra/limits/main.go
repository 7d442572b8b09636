// Command limits writes the table of every limit around codes and numbers into the README, from the constants that
// the product goes by: `make limits`. A test of this folder holds the README to it.
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// The lines of the README between which the table stands.
const (
	begin = "<!-- limits: made by `make limits` -->"
	end   = "<!-- end of limits -->"
)

func main() {
	const readme = "README.md"
	text, err := os.ReadFile(readme)
	if err == nil {
		var next string
		if next, err = insert(string(text)); err == nil {
			err = os.WriteFile(readme, []byte(next), 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "limits:", err)
		os.Exit(1)
	}
}

// insert puts the table in the place of the one that stands in the README.
func insert(readme string) (string, error) {
	before, rest, ok := strings.Cut(readme, begin+"\n")
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("README.md has no place for the table, between %q and %q", begin, end)
	}
	return before + begin + "\n\n" + table() + "\n" + end + after, nil
}

// row is one limit. Rule is the word that a refusal bears in its member "rule"; empty for what refuses otherwise.
type row struct{ what, limit, rule string }

func table() string {
	var b strings.Builder
	b.WriteString("| Limit | Value | `rule` |\n| --- | --- | --- |\n")
	for _, r := range rows() {
		rule := "-"
		if r.rule != "" {
			rule = "`" + r.rule + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.what, r.limit, rule)
	}
	return b.String()
}

func rows() []row {
	var gaps, windows, ladder []string
	for _, g := range otp.Gaps() {
		gaps = append(gaps, fmt.Sprintf("%d", int(g.Seconds())))
	}
	for _, w := range otp.Windows() {
		windows = append(windows, fmt.Sprintf("%d in %s", w.Sends, span(w.Span)))
	}
	for _, r := range otp.Ladder() {
		lock := "until support acts"
		if r.Lock > 0 {
			lock = span(r.Lock)
		}
		ladder = append(ladder, fmt.Sprintf("%d: %s", r.Wrong, lock))
	}
	us, abroad := otp.ZonesOf("US")[0], otp.ZonesOf("DE")
	return []row{
		{"code", fmt.Sprintf("%d digits, %s; a call's at most %s from its request", otp.Digits, span(otp.Life), span(otp.VoiceLife)), ""},
		{"tries of a code", fmt.Sprint(otp.Tries), ""},
		{"wait between sends", strings.Join(gaps, ", ") + " s; ends with a right code or " + span(otp.Quiet) + " of quiet", otp.RuleGap},
		{"sends of a holder", strings.Join(windows, ", "), otp.RuleSends},
		{"calls of a holder", fmt.Sprintf("%d in %s", otp.CallsKept, span(otp.CallSpan)), otp.RuleCalls},
		{"wrong codes in a row", strings.Join(ladder, ", "), otp.RuleWrongCodes},
		{"wrong codes in " + span(otp.WatchSpan), fmt.Sprintf("%d: a notice, and a person looks; right codes between them do not help", otp.WatchedWrong), ""},
		{"sends to an unconfirmed number, over all accounts", fmt.Sprintf("%d in %s", otp.NumberSends, span(otp.NumberSpan)), otp.RuleNumber},
		{"unconfirmed numbers of a holder", fmt.Sprintf("%d in %s", otp.NewNumbers, span(otp.NewNumbersSpan)), otp.RuleNewNumbers},
		{"sends to unconfirmed numbers from an address", "`SendsPerAddress` in " + span(otp.AddressSpan), otp.RuleAddress},
		{"unconfirmed numbers that differ in the last four digits alone", conversion(otp.PrefixConversion), otp.RulePrefix},
		{"unconfirmed numbers of a country", conversion(otp.CountryConversion), otp.RuleCountry},
		{"what all codes of a day may cost", fmt.Sprintf("`DailySpend`; unconfirmed numbers of the US %d %% of it, of other countries %d %%, of one of them %d %%", us.Percent, abroad[0].Percent, abroad[1].Percent), otp.RuleSpend},
		{"what a code is taken to cost, USD", fmt.Sprintf("text %s in the US, %s elsewhere; call %s, %s", usd(phone.SMS, "US"), usd(phone.SMS, "DE"), usd(phone.Voice, "US"), usd(phone.Voice, "DE")), ""},
		{"numbers of a holder", fmt.Sprint(credential.MaxPhones), ""},
		{"accounts of a number", fmt.Sprint(phonebook.MaxHolders), ""},
		{"changing numbers", "within " + span(credential.Fresh) + " of a code login", ""},
		{"a new number cannot remove or replace the others", "for " + span(credential.Quarantine), ""},
		{"the link that takes a change back", span(phonebook.LinkLife), ""},
	}
}

func conversion(c otp.Conversion) string {
	return fmt.Sprintf("fewer than %d %% of %d sends answered after %s, or of %d at once, in %s: none for %s",
		c.Percent, c.Sends, span(c.Settle), c.Burst, span(c.Window), span(c.Stop))
}

func usd(channel phone.Channel, country string) string {
	return fmt.Sprintf("%.3f", float64(otp.Price(channel, country))/1000)
}

// span is a length of time in the largest unit that it fills.
func span(d time.Duration) string {
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"days", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}} {
		if d >= 2*unit.size && d%unit.size == 0 || d == unit.size && unit.name != "days" {
			return fmt.Sprintf("%d %s", d/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d s", int(d.Seconds()))
}
