package outbound

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"phoneotp/shared/awsx"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/telephony"
)

// The highest price of one text, in USD. SNS drops a text that would cost more.
const (
	maxPriceDomestic = "0.05"
	maxPriceForeign  = "0.50"
)

// SNS is the way out for texts and, by its topic, for calls. It is safe for concurrent use.
type SNS struct {
	api   *sns.Client
	topic string
}

// New makes the client: one attempt a call. Topic is the ARN of the voice topic; empty where a function
// places no calls.
func New(ctx context.Context, account *awsx.Account, topic string) *SNS {
	endpoint := account.Endpoint("SNS")
	if endpoint == nil {
		account.Warm(ctx, "sns")
	}
	return &SNS{topic: topic, api: sns.New(sns.Options{
		Region: account.Region, Credentials: account.Credentials(), HTTPClient: account.HTTP,
		Retryer: aws.NopRetryer{}, BaseEndpoint: endpoint,
	})}
}

// Text sends one text message to a number, at most once.
func (s *SNS) Text(ctx context.Context, to phone.Number, body secret.Text) telephony.Delivery {
	price := maxPriceForeign
	if to.Domestic() {
		price = maxPriceDomestic
	}
	_, err := s.api.Publish(ctx, &sns.PublishInput{
		PhoneNumber: aws.String(to.E164()), Message: aws.String(body.Reveal()),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"AWS.SNS.SMS.SMSType":  attribute("String", "Transactional"),
			"AWS.SNS.SMS.MaxPrice": attribute("Number", price),
		},
	})
	return telephony.OfText(err)
}

func attribute(kind, value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: &kind, StringValue: &value}
}

// Call puts an order for a call on the voice topic. A second one for the same challenge is harmless: the call
// is claimed once.
func (s *SNS) Call(ctx context.Context, order telephony.CallOrder) telephony.Delivery {
	message, err := order.Encode()
	if err == nil {
		_, err = s.api.Publish(ctx, &sns.PublishInput{TopicArn: &s.topic, Message: &message})
	}
	return telephony.OfCall(err)
}
