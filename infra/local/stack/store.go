package stack

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/dynamo"
)

// pass lets a holder's proofing end well, as the credit bureau's questions would.
func (s *Stack) pass(ctx context.Context, user string) error {
	id := account.IDOf(user)
	_, err := s.database().UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                aws.String(s.tables()["Credentials"]),
		Key:                      dynamo.Item{"p": dynamo.B(id[:])},
		UpdateExpression:         aws.String("SET #st = :proofed, #pm = :kbv"),
		ConditionExpression:      aws.String("#pf = :true"),
		ExpressionAttributeNames: map[string]string{"#st": "st", "#pm": "pm", "#pf": "pf"},
		ExpressionAttributeValues: dynamo.Item{
			":proofed": dynamo.S(string(credential.Proofed)), ":kbv": dynamo.S("kbv"), ":true": dynamo.Bool(true),
		},
	})
	return err
}
