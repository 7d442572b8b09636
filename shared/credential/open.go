package credential

import (
	"bytes"
	"time"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// Opening is what a license key opens.
type Opening struct {
	Holder      account.ID
	License     []byte // digest of the key
	Product     string
	Service     phone.Service
	Proofing    bool // the product asks for proofing first
	PurchasedAt time.Time
}

// Open is the write of redemption that gives the holder the credential (product.md 3). It is judged as done
// already if this very license opened what stands, and ErrExists if another live one stands. A dead one is
// replaced: its phones and proofing go, the failure ladder and the record of sends stay.
func (r *Registry) Open(o Opening, now time.Time) dynamo.Write {
	c := r.change(o.Holder).
		require("(attribute_not_exists(#p) OR #st = :revoked OR #ex <= :now)").
		assign("#st = :opened", "#li = :license", "#pr = :product", "#rg = :service", "#pa = :purchased", "#te = :one", "#ex = :expires",
			"#ph = :none", "#c = :empty", "#o = :earlier",
			"#r = if_not_exists(#r, :sends)", "#k = if_not_exists(#k, :calls)", "#na = if_not_exists(#na, :zero)", "#q = if_not_exists(#q, :gaps)",
			"#f = if_not_exists(#f, :zero)", "#lk = if_not_exists(#lk, :zero)",
			"#wn = if_not_exists(#wn, :zero)", "#we = if_not_exists(#we, :watched)").
		drop("#aa", "#pm", "#pe", "#hd", "#ro", "#cs", "#ce", "#ct", "#cu", "#cr", "#cg", "#cc", "#cd", "#ec", "#rf").
		with(":revoked", dynamo.S(string(Revoked))).with(":opened", dynamo.S(string(o.state()))).
		with(":now", dynamo.Ms(now)).with(":watched", dynamo.Ms(now.Add(otp.WatchSpan))).with(":license", dynamo.B(o.License)).with(":product", dynamo.S(o.Product)).
		with(":service", dynamo.S(string(o.Service))).with(":purchased", dynamo.Ms(o.PurchasedAt)).with(":one", dynamo.N(1)).
		with(":expires", dynamo.Ms(Expiry(o.PurchasedAt, 1))).with(":none", dynamo.M(dynamo.Item{})).
		with(":empty", dynamo.B([]byte{})).with(":earlier", dynamo.L(emptyCores()...)).
		with(":sends", zeros(otp.SendsKept)).with(":calls", zeros(otp.CallsKept)).with(":zero", dynamo.N(0)).with(":gaps", gapList())
	c.remind(AtExpiry.At(Expiry(o.PurchasedAt, 1))) // the others begin with the activation
	if o.Proofing {
		c.assign("#pf = :true").with(":true", dynamo.Bool(true))
	} else {
		c.drop("#pf")
	}
	return r.write(c, func(stands *Credential) error {
		switch {
		case stands == nil || !stands.Live(now):
			return nil
		case bytes.Equal(stands.License, o.License):
			return dynamo.ErrAlready
		}
		return ErrExists
	})
}

// Credential is what stands right after the opening.
func (o Opening) Credential() *Credential {
	return &Credential{
		Holder: o.Holder, State: o.state(), License: o.License, Product: o.Product, Service: o.Service, NeedsProofing: o.Proofing,
		PurchasedAt: o.PurchasedAt, Terms: 1, ExpiresAt: Expiry(o.PurchasedAt, 1),
	}
}

// state is where a credential begins: with proofing, a case is opened in the same transaction.
func (o Opening) state() State {
	if o.Proofing {
		return Proofing
	}
	return Registered
}

func zeros(n int) dynamo.Value {
	list := make([]dynamo.Value, n)
	for i := range list {
		list[i] = dynamo.N(0)
	}
	return dynamo.L(list...)
}

func emptyCores() []dynamo.Value {
	list := make([]dynamo.Value, otp.EarlierKept)
	for i := range list {
		list[i] = dynamo.B([]byte{})
	}
	return list
}

// gapList is a whole sequence of gaps, in milliseconds.
func gapList() dynamo.Value {
	var list []dynamo.Value
	for _, g := range otp.Gaps() {
		list = append(list, dynamo.N(g.Milliseconds()))
	}
	return dynamo.L(list...)
}
