package awsx

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// DynamoDB returns a client of the account's DynamoDB, with its connection opened where TLS is spoken.
func (a *Account) DynamoDB(ctx context.Context) *dynamodb.Client {
	endpoint := a.Endpoint("DYNAMODB")
	if endpoint == nil {
		a.Warm(ctx, "dynamodb")
	}
	return dynamodb.New(dynamodb.Options{
		Region: a.Region, Credentials: a.Credentials(), HTTPClient: a.HTTP, Retryer: a.Retryer(), BaseEndpoint: endpoint,
	})
}
