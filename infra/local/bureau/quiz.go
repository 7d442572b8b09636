package bureau

import (
	"crypto/rand"
	"fmt"
	"math/big"
)

// texts of the questions; a second batch goes on where the first ended.
var texts = []string{
	"On which of these streets have you lived?",
	"In which of these counties have you lived?",
	"Which of these firms have you worked for?",
	"Which of these car makers made a car that you owned?",
	"With which of these banks did you open an account?",
	"Which of these years stands on your first loan?",
	"Which of these colors had your first car?",
}

// ask opens the next batch of a session under a number of its own.
func (b *Bureau) ask(s *session, questions, choices int) map[string]any {
	s.right = nil
	var set []any
	for i := range questions {
		right := below(choices-1) + 1
		s.right = append(s.right, right)
		var list []string
		for place := 1; place < choices; place++ {
			text := fmt.Sprintf("Choice %d of question %d", place, s.asked+i+1)
			if place == right {
				text += " (right)"
			}
			list = append(list, text)
		}
		set = append(set, map[string]any{
			"questionType": 10 + i, "questionText": texts[(s.asked+i)%len(texts)],
			"questionSelect": map[string]any{"questionChoice": append(list, "None of the above")},
		})
	}
	s.asked += questions
	id := rand.Text()
	b.mu.Lock()
	if b.sessions == nil {
		b.sessions = map[string]*session{}
	}
	b.sessions[id] = s
	b.mu.Unlock()
	return envelope("CONTINUE", map[string]any{"kba": map[string]any{
		"general":     map[string]any{"sessionID": id, "numberOfQuestions": questions, "kbaresultCode": 0, "kbaresultCodeDescription": ""},
		"questionSet": set,
	}}, nil, nil)
}

func below(n int) int {
	v, _ := rand.Int(rand.Reader, big.NewInt(int64(n))) // fails only with the machine's randomness
	return int(v.Int64())
}

// stopped is a result without questions.
func stopped(result int, why string) map[string]any {
	return envelope("REFER", map[string]any{"kbascore": map[string]any{
		"general": map[string]any{"kbaresultCode": result, "kbaresultCodeDescription": why},
	}}, nil, nil)
}

// problem is an error, which the vendor answers with status 200.
func problem(kind, code, message string) map[string]any {
	return envelope("", map[string]any{}, nil, []any{map[string]any{"responseType": kind, "responseCode": code, "responseMessage": message}})
}

// envelope puts a product's answer where the vendor puts it.
func envelope(decision string, product map[string]any, decisions, warnings []any) map[string]any {
	overall := map[string]any{}
	if decision != "" {
		overall["decision"] = decision
	}
	return map[string]any{
		"responseHeader": map[string]any{
			"expRequestId": "RB" + rand.Text()[:12], "responseCode": "R0201", "responseType": "INFO", "overallResponse": overall,
		},
		"clientResponsePayload": map[string]any{"decisionElements": []any{map[string]any{
			"decisions": decisions, "warningsErrors": warnings,
			"otherData": map[string]any{"json": map[string]any{"fraudSolutions": map[string]any{"response": map[string]any{
				"products": map[string]any{"preciseIDServer": product},
			}}}},
		}}},
	}
}
