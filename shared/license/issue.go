package license

import (
	"fmt"
	"time"

	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
)

// Issuer makes new keys.
type Issuer struct {
	Licenses Licenses
	Keys     *Keyring
}

// Issue draws a key for one unit of an order and returns its license and the write that stores it, for the
// transaction that fulfils the order. The key itself is in neither, but for its sealed copy.
func (i Issuer) Issue(product, order string, purchased time.Time) (License, dynamo.Write, error) {
	plain := Generate()
	l := License{
		Digest: i.Keys.digests(plain)[0], State: Issued, Product: product, Order: order, Last4: plain.Last4(),
		PurchasedAt: purchased, DiesAt: credential.Expiry(purchased, 1), // 12 months, as the term that it opens
	}
	var err error
	if l.sealed, err = i.Keys.seal.Seal([]byte(plain.Reveal()), l.Digest); err != nil {
		return License{}, dynamo.Write{}, fmt.Errorf("license: seal: %w", err)
	}
	return l, i.Licenses.put(l), nil
}
