package license

import (
	"fmt"

	"phoneotp/shared/secret"
)

// Keyring is what digests and seals keys, from the commerce secret. A program without it can neither find a
// key nor read one.
type Keyring struct {
	digest *secret.Key
	seal   *secret.Key
}

// NewKeyring derives the room's keys.
func NewKeyring(commerce *secret.Ring) (*Keyring, error) {
	digest, err := commerce.Key("license digest")
	if err != nil {
		return nil, fmt.Errorf("license: %w", err)
	}
	seal, err := commerce.Key("license seal")
	if err != nil {
		return nil, fmt.Errorf("license: %w", err)
	}
	return &Keyring{digest, seal}, nil
}

// digests are where a key may lie: under the current version and those before.
func (k *Keyring) digests(p Plain) [][]byte { return k.digest.Digests([]byte(p.Reveal())) }

// Open reads the sealed copy of a key that has not been entered. ok is false where there is none.
func (k *Keyring) Open(l License) (key Plain, ok bool, err error) {
	if l.sealed == nil {
		return Plain{}, false, nil
	}
	clear, err := k.seal.Open(l.sealed, l.Digest)
	if err != nil {
		return Plain{}, false, fmt.Errorf("license: open the copy of %s: %w", l.Last4, err)
	}
	return Plain{secret.Text(clear)}, true, nil
}
