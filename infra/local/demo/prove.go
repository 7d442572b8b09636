package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
)

// prove passes the credit bureau's questions: the stand-in marks the right choices.
func (b *browser) prove(ctx context.Context) error {
	var is struct {
		Consent struct {
			TextVersion string `json:"text_version"`
		} `json:"consent"`
	}
	if err := b.call(ctx, "GET", "/api/proofing", nil, &is); err != nil {
		return err
	}
	var asked struct {
		Quiz struct {
			ID        string `json:"id"`
			Questions []struct {
				ID      string `json:"id"`
				Choices []struct {
					ID   string `json:"id"`
					Text string `json:"text"`
				} `json:"choices"`
			} `json:"questions"`
		} `json:"quiz"`
	}
	if err := b.call(ctx, "POST", "/api/proofing/instant", map[string]any{
		"consent": map[string]any{"accepted": true, "text_version": is.Consent.TextVersion}, "name_confirmed": true,
		"applicant": map[string]any{
			"date_of_birth": fmt.Sprintf("19%02d-0%d-1%d", 50+below(40), 1+below(9), below(10)), "ssn_last4": fmt.Sprintf("%04d", below(10000)), "phone": "2025550143",
			"address": map[string]string{"line1": "1 Navy Way", "city": "Arlington", "region": "VA", "postal_code": "22201", "country": "US"},
		},
	}, &asked); err != nil {
		return err
	}
	var answers []map[string]string
	for _, q := range asked.Quiz.Questions {
		for _, c := range q.Choices {
			if strings.HasSuffix(c.Text, " (right)") {
				answers = append(answers, map[string]string{"question_id": q.ID, "choice_id": c.ID})
			}
		}
	}
	var end struct {
		Outcome string `json:"outcome"`
	}
	if err := b.call(ctx, "POST", "/api/proofing/instant/answers", map[string]any{"quiz_id": asked.Quiz.ID, "answers": answers}, &end); err != nil {
		return err
	}
	if end.Outcome != "passed" {
		return fmt.Errorf("the proofing ends with %q", end.Outcome)
	}
	return nil
}

// below draws a number from 0 to less than n.
func below(n int64) int64 {
	v, _ := rand.Int(rand.Reader, big.NewInt(n)) // fails only with the machine's randomness
	return v.Int64()
}
