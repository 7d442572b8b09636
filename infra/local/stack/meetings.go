package stack

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/infra/local/front"
	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
)

// meeting finds the appointment that has a room, and whose it is.
func (s *Stack) meeting(ctx context.Context, room string) (front.Meeting, error) {
	t, db := s.tables(), s.database()
	p := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{
		TableName: aws.String(t["Slots"]), FilterExpression: aws.String("r = :room"), ExpressionAttributeValues: dynamo.Item{":room": dynamo.S(room)},
	})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return front.Meeting{}, err
		}
		for _, item := range page.Items {
			return s.meetingOf(ctx, db, room, item)
		}
	}
	return front.Meeting{}, front.ErrNoMeeting
}

func (s *Stack) meetingOf(ctx context.Context, db *dynamodb.Client, room string, item dynamo.Item) (front.Meeting, error) {
	f := dynamo.Read(item)
	m := front.Meeting{Room: room, StartsAt: f.Time("at"), EndsAt: f.Time("en"), Zone: f.Text("z"), State: f.Text("st")}
	id, err := account.IDFromBytes(f.Bytes("h"))
	if err != nil {
		return m, err
	}
	if err := f.Err(); err != nil {
		return m, err
	}
	out, err := db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(s.tables()["Accounts"]), Key: dynamo.Item{"p": dynamo.S("a#" + id.String())}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return m, err
	}
	who := dynamo.Read(out.Item)
	m.Holder = strings.TrimSpace(who.Text("g") + " " + who.Text("fn"))
	return m, who.Err()
}
