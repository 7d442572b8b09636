package deploy

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// timeToLive sets each table's expiry attribute as the template says.
func (c *Cloud) timeToLive(ctx context.Context, s *Stack) error {
	db := dynamodb.NewFromConfig(c.config)
	type table struct {
		TimeToLiveSpecification struct {
			AttributeName string
			Enabled       bool
		}
	}
	return each(s, "AWS::DynamoDB::Table", func(logical string, t table) error {
		want := t.TimeToLiveSpecification
		if !want.Enabled {
			return nil
		}
		name := aws.String(s.physical[logical])
		now, err := db.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: name})
		if err != nil {
			return err
		}
		if d := now.TimeToLiveDescription; d != nil && d.TimeToLiveStatus == types.TimeToLiveStatusEnabled {
			return nil
		}
		_, err = db.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
			TableName: name,
			TimeToLiveSpecification: &types.TimeToLiveSpecification{
				AttributeName: aws.String(want.AttributeName), Enabled: aws.Bool(true),
			},
		})
		return err
	})
}
