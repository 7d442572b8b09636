package proofing

// ViewState is a case's state as the API shows it (api.md, Proofing). Whether fraud is suspected shows nowhere.
func (c Case) ViewState() string {
	switch c.State {
	case VideoOnly:
		return "video-only"
	case Approval, Fraud:
		return "in-review"
	case Ready:
		return "passed"
	}
	return string(c.State)
}

// Methods are what the holder may choose now, for an account of a country (ISO 3166).
func (c Case) Methods(country string) []string {
	switch c.State {
	case Choose, InQuiz:
		if country == "US" && (c.Quizzes < MaxQuizzes || c.State == InQuiz) {
			return []string{"instant", "video"}
		}
		return []string{"video"}
	case VideoOnly, Booked, Ready:
		return []string{"video"}
	}
	return []string{}
}

// CodeNeeded tells whether an activation code is to be entered.
func (c Case) CodeNeeded() bool { return c.State == Ready }

// Outcome is how a quiz ended: "passed", or "not-verified" for every other reason there is.
func (c Case) Outcome() string {
	if c.State == Passed {
		return "passed"
	}
	return "not-verified"
}

// Next is what to do after a quiz.
func (c Case) Next() string {
	switch c.State {
	case Passed:
		return "register-phone"
	case Choose:
		return "choose-method"
	case VideoOnly:
		return "video"
	case Failed:
		return "choose-product"
	}
	return "none"
}
