package main

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
)

//go:embed prices.json
var priceFile []byte

// prices are USD a million, except where the name says otherwise, and what cannot be measured on one machine.
type prices struct {
	Request       float64 `json:"api_request"`
	Invocation    float64 `json:"lambda_request"`
	GigabyteSec   float64 `json:"lambda_gb_second_arm64"` // USD each
	Write         float64 `json:"write_unit"`
	Read          float64 `json:"read_unit"`
	Text          float64 `json:"text_request"` // what the carrier takes is no infrastructure
	Signature     float64 `json:"signature_p256"`
	LogGigabyte   float64 `json:"log_gigabyte"` // USD each
	AssumedValues struct {
		TableCall float64 `json:"table_call_ms"`
		TextCall  float64 `json:"text_call_ms"`
		Batches   float64 `json:"stream_batches_a_login"` // of codes: a send, a try with what came of it; one of other readers
		Recorded  float64 `json:"stream_writes_a_login"`  // sent, tried, and the spend of the day
		Looked    float64 `json:"sealing_reads_a_login"`  // the emulator does not count what a batch of reads takes
		Entries   float64 `json:"audit_entries_a_login"`  // sent, tried, right
	} `json:"assumed"`
}

// memoryGB is what the functions of a login are given (template.yaml, Globals).
const memoryGB = 0.256

// What quality.md 1 row 12 asks of the requests of a million code logins, in USD, and what the audit trail may cost
// besides (decision 0014).
const (
	costMust  = 9.00
	trailMust = 4.50
)

// cost reckons what a million code logins cost, one send and one right code each, from the figures that tests stated
// and the price file: what the person waits for, and what the streams do afterwards for the audit trail.
func cost(rows []row) ([]row, error) {
	var p prices
	if err := json.Unmarshal(priceFile, &p); err != nil {
		return nil, fmt.Errorf("prices: %w", err)
	}
	m := measured{rows: rows}
	waited, trail := p.requests(&m), p.trail(&m)
	if m.err != nil {
		return nil, m.err
	}
	return []row{
		dollars("USD a million code logins, what people wait for", waited, costMust),
		dollars("USD a million code logins, recorded and sealed afterwards", trail, trailMust),
		{number: 12, what: "USD a million code logins, both", got: cents(waited + trail), must: "-"},
	}, nil
}

// requests is what the two requests of a login cost.
func (p prices) requests(m *measured) float64 {
	const requests, sessions, inTransaction = 2, 2, 2 // a write in a transaction counts twice
	own := m.figure("warm right code without the tables, p50, ms") * requests
	tables := m.figure("AWS calls, otp-send") - 1 + m.figure("AWS calls, otp-verify")
	seconds := (own + tables*p.AssumedValues.TableCall + p.AssumedValues.TextCall) / 1000
	writes := m.figure("write units, send") + m.figure("write units, right code, before its transaction") +
		inTransaction*m.figure("writes in the transaction of a right code")
	logged := m.figure("bytes of log, otp-send") + m.figure("bytes of log, otp-verify") + requests*m.figure("bytes of log, a request at the door")
	return requests*(p.Request+p.Invocation) + seconds*memoryGB*p.GigabyteSec*mega + writes*p.Write + sessions*p.Read + p.Text + p.log(logged)
}

// trail is what the streams write of a login, and what linking and signing that costs.
func (p prices) trail(m *measured) float64 {
	writes := p.AssumedValues.Recorded + m.figure("write units, the three entries of a login sealed in a busy batch")
	signatures := p.AssumedValues.Entries / m.figure("entries a signature, in a busy batch")
	seconds := writes * p.AssumedValues.TableCall / 1000
	return writes*p.Write + p.AssumedValues.Looked*p.Read + signatures*p.Signature + p.AssumedValues.Batches*p.Invocation +
		seconds*memoryGB*p.GigabyteSec*mega + p.log(m.figure("bytes of log, a login in the stream of codes"))
}

func (p prices) log(bytes float64) float64 { return bytes * mega / 1e9 * p.LogGigabyte }

func dollars(what string, got, must float64) row {
	return row{number: 12, what: what, got: cents(got), must: cents(must), missed: got > must}
}

func cents(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// measured finds figures, and keeps the first that is missing.
type measured struct {
	rows []row
	err  error
}

// figure is what a test stated.
func (m *measured) figure(what string) float64 {
	v, err := figure(m.rows, what)
	m.err = cmp.Or(m.err, err)
	return v
}

// figure is what a test stated.
func figure(rows []row, what string) (float64, error) {
	for _, r := range rows {
		if r.what == what {
			return strconv.ParseFloat(r.got, 64)
		}
	}
	return 0, fmt.Errorf("no test states %q", what)
}
