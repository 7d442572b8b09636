package applications

import "phoneotp/shared/credential"

// The sentences of this room, in English: what is missing and how to get it.

func needs(a Application) string {
	switch a.Level {
	case credential.LevelProofed:
		return a.Name + " opens at Phone OTP strength with identity proofing (level 3). "
	case credential.LevelOTP:
		return a.Name + " opens at Phone OTP strength (level 2). "
	}
	return ""
}

var ways = map[Step]string{
	Redeem:         "Enter your license key, or buy a credential first.",
	Renew:          "Your credential has expired: renew it, or buy a new one.",
	ContactSupport: "Your credential is frozen: contact support.",
	ChooseProduct:  "Your credential is without proofing: choose a product with proofing.",
	Prove:          "Complete your identity proofing first.",
	RegisterPhone:  "Register your phone first.",
	Elevate:        "Elevate your credential strength with a code.",
}
