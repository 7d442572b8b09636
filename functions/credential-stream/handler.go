package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"phoneotp/shared/account"
	"phoneotp/shared/credential"
	"phoneotp/shared/otp"
)

type handler struct{ recorder credential.Recorder }

// handle records the changes of a batch in order. From the first that cannot be recorded the stream starts
// again; recording one twice changes nothing.
func (h *handler) handle(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	recorded := 0
	for _, r := range e.Records {
		n, err := h.record(ctx, r)
		if err != nil {
			slog.Error("credential stream", "event", r.EventID, "error", err.Error())
			return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: r.Change.SequenceNumber}}}, nil
		}
		recorded += n
	}
	slog.Info("credential stream", "records", len(e.Records), "written", recorded)
	return events.DynamoDBEventResponse{}, nil
}

func (h *handler) record(ctx context.Context, r events.DynamoDBEventRecord) (int, error) {
	holder, err := account.IDFromBytes(binary(r.Change.Keys, "p"))
	if err != nil {
		return 0, err
	}
	writes := h.recorder.Writes(credential.Change{
		Event: r.EventID, Holder: holder, At: r.Change.ApproximateCreationDateTime.UTC(),
		Old: image(r.Change.OldImage), New: image(r.Change.NewImage),
	})
	if len(writes) == 0 {
		return 0, nil
	}
	return len(writes), h.recorder.DB.Commit(ctx, writes...)
}

// image reads what is recorded of an item; what is absent is zero.
func image(item map[string]events.DynamoDBAttributeValue) credential.Image {
	i := credential.Image{
		Channel: text(item["cc"]), Tag: text(item["cg"]), Delivery: credential.Delivery(text(item["cd"])),
		SentAt: time.UnixMilli(number(item["cs"])).UTC(), Tries: number(item["ct"]),
		Watched: number(item["wn"]), Flagged: number(item["mc"]), Told: number(item["lw"]), LockedUntil: time.UnixMilli(number(item["lk"])).UTC(),
	}
	if c := binary(item, "c"); len(c) >= len(i.Challenge) {
		i.Challenge = otp.ID(c[:len(i.Challenge)])
	}
	return i
}

// binary is for attributes that may be absent: the zero value calls itself binary and is none.
func binary(item map[string]events.DynamoDBAttributeValue, name string) []byte {
	v, there := item[name]
	if !there || v.DataType() != events.DataTypeBinary {
		return nil
	}
	return v.Binary()
}

func text(v events.DynamoDBAttributeValue) string {
	if v.DataType() != events.DataTypeString {
		return ""
	}
	return v.String()
}

func number(v events.DynamoDBAttributeValue) int64 {
	if v.DataType() != events.DataTypeNumber {
		return 0
	}
	n, err := v.Integer()
	if err != nil {
		return 0
	}
	return n
}
