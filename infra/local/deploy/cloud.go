package deploy

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"phoneotp/infra/local/emulator"
)

// Cloud is the emulator's administrator: clients that may do everything.
type Cloud struct {
	Endpoint string

	stacks  *cloudformation.Client
	files   *s3.Client
	apis    *apigatewayv2.Client
	lambdas *lambda.Client
	secrets *secretsmanager.Client
	config  aws.Config
}

// Reach makes the clients for an emulator's endpoint.
func Reach(endpoint string) *Cloud {
	c := aws.Config{
		Region:       emulator.Region,
		BaseEndpoint: aws.String(endpoint),
		HTTPClient:   &http.Client{Timeout: time.Minute},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: emulator.AccessKey, SecretAccessKey: emulator.SecretKey}, nil
		}),
	}
	return &Cloud{
		Endpoint: endpoint,
		config:   c,
		stacks:   cloudformation.NewFromConfig(c),
		files:    s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true }),
		apis:     apigatewayv2.NewFromConfig(c),
		lambdas:  lambda.NewFromConfig(c),
		secrets:  secretsmanager.NewFromConfig(c),
	}
}

// Config is what further clients of the same emulator are made from.
func (c *Cloud) Config() aws.Config { return c.config }
