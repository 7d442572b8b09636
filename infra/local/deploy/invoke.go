package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// RunSchedules runs every schedule of the template once, now, and returns when all have answered.
func (c *Cloud) RunSchedules(ctx context.Context, s *Stack) error {
	type schedule struct {
		Target struct {
			Arn   json.RawMessage
			Input string
		}
	}
	return each(s, "AWS::Scheduler::Schedule", func(_ string, sc schedule) error {
		function := functionOf.FindString(string(sc.Target.Arn))
		if function == "" {
			return fmt.Errorf("its target is no function of the template")
		}
		out, err := c.lambdas.Invoke(ctx, &lambda.InvokeInput{
			FunctionName: aws.String(s.physical[function]), InvocationType: types.InvocationTypeRequestResponse,
			Payload: []byte(sc.Target.Input),
		})
		if err != nil {
			return err
		}
		if out.FunctionError != nil {
			return fmt.Errorf("%s: %s", aws.ToString(out.FunctionError), out.Payload)
		}
		return nil
	})
}

// Variables are the environment variables of every function among the resources, by logical name.
func (c *Cloud) Variables(ctx context.Context, resources map[string]string) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	for logical, physical := range resources {
		if !strings.HasSuffix(logical, "Function") {
			continue
		}
		f, err := c.lambdas.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(physical)})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", logical, err)
		}
		all[logical] = map[string]string{}
		if f.Environment != nil {
			all[logical] = f.Environment.Variables
		}
	}
	return all, nil
}

// Secret is the document of a secret.
func (c *Cloud) Secret(ctx context.Context, id string) (string, error) {
	out, err := c.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.SecretString), nil
}

// AmendSecret sets members of a secret's JSON document and leaves the others.
func (c *Cloud) AmendSecret(ctx context.Context, id string, members map[string]string) error {
	now, err := c.Secret(ctx, id)
	if err != nil {
		return err
	}
	document := map[string]string{}
	if err := json.Unmarshal([]byte(now), &document); err != nil {
		return fmt.Errorf("secret %s is no document of texts: %w", id, err)
	}
	for name, value := range members {
		document[name] = value
	}
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	_, err = c.secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: aws.String(id), SecretString: aws.String(string(text)),
	})
	return err
}
