package main

import (
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
		TableCall  float64 `json:"table_call_ms"`
		TextCall   float64 `json:"text_call_ms"`
		LogBytes   float64 `json:"log_bytes_a_request"`
		Entries    float64 `json:"audit_entries_a_login"` // sent, tried, right
		PerSigning float64 `json:"entries_a_signature"`   // full batches: a million logins come in busy hours
	} `json:"assumed"`
}

// memoryGB is what the functions of a login are given (template.yaml, Globals).
const memoryGB = 0.256

const costMust = 9.00 // USD a million code logins (quality.md 1 row 12)

// cost reckons what a million code logins cost, one send and one right code each, from the figures that tests stated
// and the price file: what the person waits for, and what the streams do afterwards for the audit trail.
func cost(rows []row) ([]row, error) {
	var p prices
	if err := json.Unmarshal(priceFile, &p); err != nil {
		return nil, fmt.Errorf("prices: %w", err)
	}
	measured := map[string]float64{}
	for _, name := range []string{
		"AWS calls, otp-send", "AWS calls, otp-verify", "write units, send", "write units, right code, before its transaction",
		"writes in the transaction of a right code", "write units, an audit entry sealed in a batch of forty",
		"warm right code without the tables, p50, ms",
	} {
		v, err := figure(rows, name)
		if err != nil {
			return nil, err
		}
		measured[name] = v
	}
	a := p.AssumedValues
	const requests, sessions, inTransaction = 2, 2, 2 // a write in a transaction counts twice
	own := measured["warm right code without the tables, p50, ms"] * requests
	tables := measured["AWS calls, otp-send"] - 1 + measured["AWS calls, otp-verify"]
	seconds := (own + tables*a.TableCall + a.TextCall) / 1000
	writes := measured["write units, send"] + measured["write units, right code, before its transaction"] +
		inTransaction*measured["writes in the transaction of a right code"]
	waited := requests*(p.Request+p.Invocation) + seconds*memoryGB*p.GigabyteSec*mega + writes*p.Write + sessions*p.Read +
		p.Text + requests*a.LogBytes*mega/1e9*p.LogGigabyte
	// The stream writes what was sent and tried, and the spend of the day; then every entry is linked and signed.
	recorded := a.Entries * p.Write
	sealed := a.Entries*measured["write units, an audit entry sealed in a batch of forty"]*p.Write + a.Entries/a.PerSigning*p.Signature
	total := waited + recorded + sealed
	dollars := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
	return []row{
		{number: 12, what: "USD a million code logins, what people wait for", got: dollars(waited), must: "-"},
		{number: 12, what: "USD a million code logins, audit of codes by the stream", got: dollars(recorded), must: "-"},
		{number: 12, what: "USD a million code logins, their audit sealed", got: dollars(sealed), must: "-"},
		{number: 12, what: "USD a million code logins, all of it", got: dollars(total), must: dollars(costMust), missed: total > costMust},
	}, nil
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
