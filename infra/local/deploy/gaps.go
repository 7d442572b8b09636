package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// fillGaps adds by API what the emulator ignored in the template. What is there already stays.
func (c *Cloud) fillGaps(ctx context.Context, s *Stack) error {
	if err := c.timeToLive(ctx, s); err != nil {
		return err
	}
	if err := c.concurrency(ctx, s); err != nil {
		return err
	}
	return c.routes(ctx, s)
}

func (c *Cloud) concurrency(ctx context.Context, s *Stack) error {
	type function struct{ ReservedConcurrentExecutions *int32 }
	return each(s, "AWS::Lambda::Function", func(logical string, f function) error {
		if f.ReservedConcurrentExecutions == nil {
			return nil
		}
		_, err := c.lambdas.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{
			FunctionName: aws.String(s.physical[logical]), ReservedConcurrentExecutions: f.ReservedConcurrentExecutions,
		})
		return err
	})
}

// httpAPI is the OpenAPI body that the SAM transform makes of the functions' events.
type httpAPI struct {
	Body struct {
		Paths map[string]map[string]struct {
			Integration struct {
				URI json.RawMessage `json:"uri"`
			} `json:"x-amazon-apigateway-integration"`
		} `json:"paths"`
	}
}

// routes makes a route and an integration for every path and method of the API.
func (c *Cloud) routes(ctx context.Context, s *Stack) error {
	return each(s, "AWS::ApiGatewayV2::Api", func(logical string, api httpAPI) error {
		id := aws.String(s.physical[logical])
		have, err := c.routeKeys(ctx, id)
		if err != nil {
			return err
		}
		targets := map[string]string{} // by function
		for path, methods := range api.Body.Paths {
			for method, m := range methods {
				key := routeKey(method, path)
				if have[key] {
					continue
				}
				function := functionOf.FindString(string(m.Integration.URI))
				if targets[function] == "" {
					if targets[function], err = c.integrate(ctx, id, s.physical[function]); err != nil {
						return fmt.Errorf("%s: %w", key, err)
					}
				}
				if _, err := c.apis.CreateRoute(ctx, &apigatewayv2.CreateRouteInput{
					ApiId: id, RouteKey: aws.String(key), Target: aws.String("integrations/" + targets[function]),
				}); err != nil {
					return fmt.Errorf("%s: %w", key, err)
				}
			}
		}
		return nil
	})
}

// routeKey turns an OpenAPI method and path into API Gateway's key, as "GET /api/orders/{number}".
func routeKey(method, path string) string {
	if path == "/$default" {
		return "$default"
	}
	if method == "x-amazon-apigateway-any-method" {
		method = "ANY"
	}
	return strings.ToUpper(method) + " " + path
}

func (c *Cloud) routeKeys(ctx context.Context, api *string) (map[string]bool, error) {
	have := map[string]bool{}
	in := &apigatewayv2.GetRoutesInput{ApiId: api}
	for {
		out, err := c.apis.GetRoutes(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range out.Items {
			have[aws.ToString(r.RouteKey)] = true
		}
		if aws.ToString(out.NextToken) == "" {
			return have, nil
		}
		in.NextToken = out.NextToken
	}
}

func (c *Cloud) integrate(ctx context.Context, api *string, function string) (string, error) {
	if function == "" {
		return "", fmt.Errorf("its integration names no function of the template")
	}
	f, err := c.lambdas.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(function)})
	if err != nil {
		return "", err
	}
	out, err := c.apis.CreateIntegration(ctx, &apigatewayv2.CreateIntegrationInput{
		ApiId: api, IntegrationType: types.IntegrationTypeAwsProxy, IntegrationUri: f.FunctionArn,
		IntegrationMethod: aws.String("POST"), PayloadFormatVersion: aws.String("2.0"),
	})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.IntegrationId), nil
}
