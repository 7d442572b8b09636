package aging

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"phoneotp/shared/dynamo"
	"phoneotp/shared/proofing/appointment"
)

// ErrNoAppointment means that no appointment of this id still takes place.
var ErrNoAppointment = errors.New("no booked appointment has this id")

// Begin moves an appointment that still takes place, on its case too, so that it starts now.
func (a Ager) Begin(ctx context.Context, id string, now time.Time) error {
	item, err := a.get(ctx, a.Tables.Slots, "a#"+id)
	if err != nil {
		return err
	}
	f := dynamo.Read(item)
	state, of := appointment.State(f.MayText("st")), f.MayText("c")
	if state != appointment.Booked && state != appointment.Claimed {
		return ErrNoAppointment
	}
	by := f.Time("at").Sub(now.Truncate(time.Second))
	if err := f.Err(); err != nil {
		return err
	}
	if err := a.appointment(ctx, id, by); err != nil {
		return err
	}
	held, err := a.get(ctx, a.Tables.Cases, "c#"+of)
	if err != nil {
		return err
	}
	if err := shift(held, by, time.Millisecond, bookingInstants); err != nil {
		return err
	}
	name := nextGeneration(held)
	if err := a.put(ctx, a.Tables.Cases, held); err != nil || name == "" {
		return err
	}
	return a.Restart(ctx, name)
}

// appointment moves an appointment and the half hour that it takes.
func (a Ager) appointment(ctx context.Context, id string, by time.Duration) error {
	item, err := a.get(ctx, a.Tables.Slots, "a#"+id)
	if err != nil || item == nil {
		return err
	}
	slot := func() dynamo.Item {
		f := dynamo.Read(item)
		return dynamo.Item{"p": dynamo.S(fmt.Sprintf("s#%s#%d", f.Text("g"), f.Int("at"))), "i": dynamo.S(id)}
	}
	old := slot()
	if err := shift(item, by, time.Millisecond, appointmentInstants); err != nil {
		return err
	}
	mark := make([]byte, 12) // whoever has read it is overtaken
	_, _ = rand.Read(mark)
	item["m"], item["dy"] = dynamo.B(mark), dynamo.S(dynamo.Read(item).Time("at").UTC().Format(time.DateOnly))
	taken, err := a.get(ctx, a.Tables.Slots, dynamo.Read(old).Text("p"))
	if err != nil {
		return err
	}
	if dynamo.Read(taken).MayText("i") == id {
		if _, err := a.DB.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &a.Tables.Slots, Key: dynamo.Item{"p": old["p"]}}); err != nil {
			return err
		}
		if err := a.put(ctx, a.Tables.Slots, slot()); err != nil {
			return err
		}
	}
	return a.put(ctx, a.Tables.Slots, item)
}

func (a Ager) get(ctx context.Context, table, key string) (dynamo.Item, error) {
	out, err := a.DB.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: dynamo.Item{"p": dynamo.S(key)}, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

func (a Ager) put(ctx context.Context, table string, item dynamo.Item) error {
	_, err := a.DB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item})
	return err
}
