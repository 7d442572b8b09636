package catalog

import (
	"errors"
	"strconv"
	"strings"
)

// Money is an amount in minor units (cents) of a currency (ISO 4217, upper case).
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Times is n of it.
func (m Money) Times(n int) Money { return Money{m.Amount * int64(n), m.Currency} }

// Plus adds two amounts of one currency; the zero Money adds to anything. Two currencies are an error of
// the program that asks.
func (m Money) Plus(o Money) (Money, error) {
	if m == (Money{}) {
		return o, nil
	}
	if m.Currency != o.Currency {
		return Money{}, errors.New("catalog: " + m.Currency + " and " + o.Currency + " do not add up")
	}
	return Money{m.Amount + o.Amount, m.Currency}, nil
}

// String writes it for people, as "34.00 USD". Only currencies of two decimals are sold in.
func (m Money) String() string {
	sign, amount := "", m.Amount
	if amount < 0 {
		sign, amount = "-", -amount
	}
	var b strings.Builder
	b.WriteString(sign)
	b.WriteString(strconv.FormatInt(amount/100, 10))
	b.WriteByte('.')
	b.WriteString(strconv.FormatInt(100+amount%100, 10)[1:])
	b.WriteByte(' ')
	b.WriteString(m.Currency)
	return b.String()
}
