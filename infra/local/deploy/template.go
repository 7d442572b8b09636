package deploy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// codeLine is how every function of the template names its code (infra/decisions/0001).
var codeLine = regexp.MustCompile(`(?m)^( +CodeUri: )dist/([a-z-]+)/$`)

// definitionLine is how a state machine of the template names its definition.
var definitionLine = regexp.MustCompile(`(?m)^( +DefinitionUri: )(statemachines/([a-z-]+\.asl\.json))$`)

// place puts uploaded code into the template: code maps a function's folder to its address, as s3://b/k.
// A function without code is an error, and so is code that no function of the template takes.
func place(template string, code map[string]string) (string, error) {
	var missing, taken []string
	placed := codeLine.ReplaceAllStringFunc(template, func(line string) string {
		part := codeLine.FindStringSubmatch(line)
		taken = append(taken, part[2])
		if code[part[2]] == "" {
			missing = append(missing, part[2])
			return line
		}
		return part[1] + code[part[2]]
	})
	for name := range code {
		if !slices.Contains(taken, name) {
			missing = append(missing, name+" (not in template.yaml)")
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return "", fmt.Errorf("functions and template.yaml differ: %s", strings.Join(missing, ", "))
	}
	return placed, nil
}
