package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"phoneotp/infra/stacks"
)

// Stack is what was deployed: the names that the emulator gave, by the template's logical names.
type Stack struct {
	physical map[string]string
	template template
}

// template is the part of the processed template (after the SAM transform) that the gaps need.
type template struct {
	Resources map[string]struct {
		Type       string
		Properties json.RawMessage
	}
}

// Name is the physical name of a logical resource: a table's or function's name, a queue's address, a
// topic's ARN. Asking for one that the template lacks is an error.
func (s *Stack) Name(logical string) (string, error) {
	name, ok := s.physical[logical]
	if !ok {
		return "", fmt.Errorf("template.yaml has no resource %s", logical)
	}
	return name, nil
}

// Names are all physical names by logical name.
func (s *Stack) Names() map[string]string { return maps.Clone(s.physical) }

func (c *Cloud) describe(ctx context.Context) (*Stack, error) {
	names, err := stacks.List(ctx, c.stacks, StackName)
	if err != nil {
		return nil, err
	}
	s := &Stack{physical: names}
	body, err := c.stacks.GetTemplate(ctx, &cloudformation.GetTemplateInput{
		StackName: aws.String(StackName), TemplateStage: types.TemplateStageProcessed,
	})
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(aws.ToString(body.TemplateBody)), &s.template); err != nil {
		return nil, fmt.Errorf("processed template: %w", err)
	}
	return s, nil
}

// each calls do for every resource of a type, with its properties decoded.
func each[T any](s *Stack, kind string, do func(logical string, properties T) error) error {
	for logical, r := range s.template.Resources {
		if r.Type != kind {
			continue
		}
		var properties T
		if err := json.Unmarshal(r.Properties, &properties); err != nil {
			return fmt.Errorf("%s: %w", logical, err)
		}
		if err := do(logical, properties); err != nil {
			return fmt.Errorf("%s: %w", logical, err)
		}
	}
	return nil
}

// functionOf finds the function that an integration's or a schedule's address names.
var functionOf = regexp.MustCompile(`([A-Z][A-Za-z]*Function)`)
