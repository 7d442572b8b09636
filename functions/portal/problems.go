package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed problems.json
var problemsFile []byte

// problemPage explains one code of the product's problem documents at /problems/<code>.
type problemPage struct {
	Code    string `json:"code"`
	Status  int    `json:"status"`
	Title   string `json:"title"`   // as the fault declares it
	Meaning string `json:"meaning"` // what happened
	Remedy  string `json:"remedy"`  // what to do
	Link    *struct {
		Href string `json:"href"`
		Text string `json:"text"`
	} `json:"link,omitempty"`
}

func loadProblems() ([]problemPage, error) {
	var pages []problemPage
	if err := json.Unmarshal(problemsFile, &pages); err != nil {
		return nil, fmt.Errorf("portal: problems.json: %w", err)
	}
	return pages, nil
}
