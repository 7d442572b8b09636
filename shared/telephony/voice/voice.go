package voice

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	eum "github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"

	"phoneotp/shared/awsx"
	"phoneotp/shared/phone"
	"phoneotp/shared/secret"
	"phoneotp/shared/telephony"
)

// MinTimeToLive is the shortest time to live that End User Messaging takes.
const MinTimeToLive = 5 * time.Second

// maxPricePerMinute is the highest price of a call that we pay, in USD.
const maxPricePerMinute = "1.00"

// Caller places calls. It is safe for concurrent use.
type Caller struct {
	api         *eum.Client
	origination string
}

// NewCaller makes the client. Origination is the number or pool that calls go out from (VOICE_ORIGINATION).
func NewCaller(ctx context.Context, account *awsx.Account, origination string) *Caller {
	endpoint := account.Endpoint("PINPOINT_SMS_VOICE_V2")
	if endpoint == nil {
		account.Warm(ctx, "sms-voice")
	}
	return &Caller{origination: origination, api: eum.New(eum.Options{
		Region: account.Region, Credentials: account.Credentials(), HTTPClient: account.HTTP,
		Retryer: aws.NopRetryer{}, BaseEndpoint: endpoint,
	})}
}

// Place starts a call that says the SSML, unless it cannot ring within the time to live.
func (c *Caller) Place(ctx context.Context, to phone.Number, ssml secret.Text, ttl time.Duration) telephony.Outcome {
	_, err := c.api.SendVoiceMessage(ctx, &eum.SendVoiceMessageInput{
		DestinationPhoneNumber: aws.String(to.E164()), OriginationIdentity: &c.origination,
		MessageBody: aws.String(ssml.Reveal()), MessageBodyTextType: types.VoiceMessageBodyTextTypeSsml, VoiceId: types.VoiceIdJoanna,
		MaxPricePerMinute: aws.String(maxPricePerMinute), TimeToLive: aws.Int32(int32(max(ttl, MinTimeToLive) / time.Second)),
	})
	outcome := telephony.Of(err)
	if err != nil {
		slog.Error("telephony", "call", "send a voice message", "outcome", string(outcome), "cause", telephony.Cause(err), "blame", "supplier")
	}
	return outcome
}
