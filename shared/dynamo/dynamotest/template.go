package dynamotest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/goccy/go-yaml"

	"phoneotp/infra/local/pyenv"
)

type keySchema []struct {
	AttributeName string `yaml:"AttributeName"`
	KeyType       string `yaml:"KeyType"`
}

type tableResource struct {
	Type       string `yaml:"Type"`
	Properties struct {
		AttributeDefinitions []struct {
			AttributeName string `yaml:"AttributeName"`
			AttributeType string `yaml:"AttributeType"`
		} `yaml:"AttributeDefinitions"`
		KeySchema              keySchema `yaml:"KeySchema"`
		GlobalSecondaryIndexes []struct {
			IndexName  string    `yaml:"IndexName"`
			KeySchema  keySchema `yaml:"KeySchema"`
			Projection struct {
				ProjectionType   string   `yaml:"ProjectionType"`
				NonKeyAttributes []string `yaml:"NonKeyAttributes"`
			} `yaml:"Projection"`
		} `yaml:"GlobalSecondaryIndexes"`
	} `yaml:"Properties"`
}

// tables reads the DynamoDB tables of template.yaml once, by the environment variable that names each.
var tables = sync.OnceValues(func() (map[string]dynamodb.CreateTableInput, error) {
	root, err := pyenv.Root("")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		return nil, err
	}
	var template struct {
		Resources map[string]yaml.RawMessage `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		return nil, fmt.Errorf("template.yaml: %w", err)
	}
	inputs := map[string]dynamodb.CreateTableInput{}
	for logical, raw := range template.Resources {
		var kind struct {
			Type string `yaml:"Type"`
		}
		if err := yaml.Unmarshal(raw, &kind); err != nil {
			return nil, fmt.Errorf("template.yaml: %s: %w", logical, err)
		}
		if kind.Type != "AWS::DynamoDB::Table" {
			continue
		}
		var r tableResource
		if err := yaml.Unmarshal(raw, &r); err != nil {
			return nil, fmt.Errorf("template.yaml: %s: %w", logical, err)
		}
		inputs[strings.ToUpper(strings.TrimSuffix(logical, "Table"))+"_TABLE"] = input(r)
	}
	return inputs, nil
})

func input(r tableResource) dynamodb.CreateTableInput {
	in := dynamodb.CreateTableInput{BillingMode: types.BillingModePayPerRequest, KeySchema: schema(r.Properties.KeySchema)}
	for _, d := range r.Properties.AttributeDefinitions {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(d.AttributeName), AttributeType: types.ScalarAttributeType(d.AttributeType)})
	}
	for _, x := range r.Properties.GlobalSecondaryIndexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(x.IndexName), KeySchema: schema(x.KeySchema),
			Projection: &types.Projection{ProjectionType: types.ProjectionType(x.Projection.ProjectionType), NonKeyAttributes: x.Projection.NonKeyAttributes},
		})
	}
	return in
}

func schema(keys keySchema) []types.KeySchemaElement {
	var out []types.KeySchemaElement
	for _, k := range keys {
		out = append(out, types.KeySchemaElement{AttributeName: aws.String(k.AttributeName), KeyType: types.KeyType(k.KeyType)})
	}
	return out
}
