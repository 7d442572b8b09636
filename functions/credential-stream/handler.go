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

type handler struct {
	recorder credential.Recorder
	meter    credential.Meter
}

// handle records the changes of a batch in order. From the first that cannot be recorded the stream starts
// again; recording one twice changes nothing. What was recorded is counted for the breakers.
func (h *handler) handle(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	recorded := 0
	var changes []credential.Change
	var res events.DynamoDBEventResponse
	for _, r := range e.Records {
		change, n, err := h.record(ctx, r)
		if err != nil {
			slog.Error("credential stream", "event", r.EventID, "error", err.Error())
			res = startAgain(r)
			break
		}
		changes, recorded = append(changes, change), recorded+n
	}
	if err := h.meter.Count(ctx, changes); err != nil {
		slog.Error("credential stream", "what", "the batch is not counted", "error", err.Error())
		res = startAgain(e.Records[0])
	}
	slog.Info("credential stream", "records", len(e.Records), "written", recorded)
	return res, nil
}

func startAgain(r events.DynamoDBEventRecord) events.DynamoDBEventResponse {
	return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: r.Change.SequenceNumber}}}
}

func (h *handler) record(ctx context.Context, r events.DynamoDBEventRecord) (credential.Change, int, error) {
	holder, err := account.IDFromBytes(binary(r.Change.Keys, "p"))
	if err != nil {
		return credential.Change{}, 0, err
	}
	change := credential.Change{
		Event: r.EventID, Sequence: r.Change.SequenceNumber, Holder: holder, At: r.Change.ApproximateCreationDateTime.UTC(),
		Old: image(r.Change.OldImage), New: image(r.Change.NewImage),
	}
	writes := h.recorder.Writes(change)
	if len(writes) == 0 {
		return change, 0, nil
	}
	return change, len(writes), h.recorder.DB.Commit(ctx, writes...)
}

// image reads what is recorded of an item; what is absent is zero.
func image(item map[string]events.DynamoDBAttributeValue) credential.Image {
	i := credential.Image{
		Used: number(item["cu"]) > 0, Channel: text(item["cc"]), Tag: text(item["cg"]), Delivery: credential.Delivery(text(item["cd"])),
		SentAt: instant(item["cs"]), ExpiresAt: instant(item["ce"]), Tries: number(item["ct"]), Earlier: numbers(item["ec"]), Refused: text(item["rf"]),
		Watched: number(item["wn"]), Flagged: number(item["mc"]), Told: number(item["lw"]), LockedUntil: instant(item["lk"]),
	}
	if c := binary(item, "c"); len(c) >= len(i.Challenge) {
		i.Challenge = otp.ID(c[:len(i.Challenge)])
		i.Target = target(item, credential.PhoneOf(c))
	}
	return i
}

// target finds the phone of a challenge among the pending and the registered ones.
func target(item map[string]events.DynamoDBAttributeValue, id string) credential.Target {
	if pending := members(item["pe"]); text(pending["i"]) == id {
		return credential.Target{ID: id, Country: text(pending["r"]), Pending: true, Sealed: binary(pending, "n")}
	}
	return credential.Target{ID: id, Country: text(members(members(item["ph"])[id])["r"])}
}

func members(v events.DynamoDBAttributeValue) map[string]events.DynamoDBAttributeValue {
	if v.DataType() != events.DataTypeMap {
		return nil
	}
	return v.Map()
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

func numbers(v events.DynamoDBAttributeValue) []int64 {
	if v.DataType() != events.DataTypeList {
		return nil
	}
	var all []int64
	for _, each := range v.List() {
		all = append(all, number(each))
	}
	return all
}

func instant(v events.DynamoDBAttributeValue) time.Time { return time.UnixMilli(number(v)).UTC() }
