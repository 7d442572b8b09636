package proofing

import (
	"fmt"
	"strings"

	"phoneotp/shared/license"
	"phoneotp/shared/secret"
)

// Keys seal what a case holds and digest persons, from the vault.
type Keys struct {
	quiz   *secret.Key
	token  *secret.Key
	person *secret.Key
}

// NewKeys derives the room's keys.
func NewKeys(vault *secret.Ring) (*Keys, error) {
	k := &Keys{}
	for label, into := range map[string]**secret.Key{"proofing quiz": &k.quiz, "proofing token": &k.token, "proofing person": &k.person} {
		key, err := vault.Key(label)
		if err != nil {
			return nil, fmt.Errorf("proofing: %w", err)
		}
		*into = key
	}
	return k, nil
}

// CodeKey derives what digests activation codes, from the codes secret: Desk.Codes where codes are given or entered.
func CodeKey(codes *secret.Ring) (*secret.Key, error) {
	key, err := codes.Key("activation code")
	if err != nil {
		return nil, fmt.Errorf("proofing: %w", err)
	}
	return key, nil
}

// digest of somebody, so that another account does not help.
func (k *Keys) personOf(given, family string, birth, last4 secret.Text) []byte {
	fold := func(s string) []byte { return []byte(strings.ToLower(strings.Join(strings.Fields(s), " "))) }
	return k.person.Digest(fold(given), fold(family), []byte(birth.Reveal()), []byte(last4.Reveal()))
}

// codeSymbols are the random symbols of an activation code; a check symbol follows (product.md 4).
const codeSymbols = 13

func drawCode() secret.Text { return license.Draw(codeSymbols) }
