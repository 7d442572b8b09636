package appointment

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/names"
	"phoneotp/shared/proofing"
)

// Slots is the table of appointments and of the half hours that they take.
type Slots struct {
	DB    *dynamo.DB
	Table string
}

// slotKept is how long a half hour that has passed is remembered.
const slotKept = 30 * 24 * time.Hour

// errTaken: the half hour of this agent was taken meanwhile. Another one's may be free.
var errTaken = errors.New("appointment: the slot is taken")

// errMoved: the appointment is not what was read.
var errMoved = fmt.Errorf("appointment: it was changed meanwhile: %w", proofing.ErrMoved)

func slotKey(agent account.ID, start time.Time) dynamo.Item {
	return dynamo.Item{"p": dynamo.S("s#" + agent.String() + "#" + strconv.FormatInt(start.UnixMilli(), 10))}
}

func appointmentKey(id string) dynamo.Item { return dynamo.Item{"p": dynamo.S("a#" + id)} }

// place is one half hour of one agent.
type place struct {
	agent account.ID
	at    int64 // ms
}

// taken reads which of these are taken.
func (s Slots) taken(ctx context.Context, places []place) (map[place]bool, error) {
	keys, of := make([]dynamo.Item, len(places)), map[string]place{}
	for i, p := range places {
		keys[i] = slotKey(p.agent, time.UnixMilli(p.at))
		of[dynamo.Read(keys[i]).Text("p")] = p
	}
	items, err := s.DB.BatchGet(ctx, s.Table, keys)
	if err != nil {
		return nil, fmt.Errorf("appointment: slots: %w", err)
	}
	out := map[place]bool{}
	for _, item := range items {
		out[of[dynamo.Read(item).Text("p")]] = true
	}
	return out, nil
}

// take is the write that takes the slot of an appointment.
func (s Slots) take(a Appointment) dynamo.Write {
	key := slotKey(a.Schedule, a.StartsAt)
	item := slotKey(a.Schedule, a.StartsAt)
	item["i"], item["x"] = dynamo.S(a.ID), dynamo.Lifetime(a.EndsAt.Add(slotKept))
	return dynamo.Create(s.Table, key, item, func(stands dynamo.Item) error {
		switch {
		case len(stands) == 0:
			return nil
		case dynamo.Read(stands).MayText("i") == a.ID:
			return dynamo.ErrAlready
		}
		return errTaken
	})
}

// free is the write that gives the slot back. Only the appointment that has it can.
func (s Slots) free(a Appointment) dynamo.Write {
	key := slotKey(a.Schedule, a.StartsAt)
	return dynamo.Write{
		Table: s.Table, Key: key,
		Item: types.TransactWriteItem{Delete: &types.Delete{
			TableName: &s.Table, Key: key, ConditionExpression: aws.String("i = :id"), ExpressionAttributeValues: dynamo.Item{":id": dynamo.S(a.ID)},
		}},
		Judge: func(stands dynamo.Item) error {
			if dynamo.Read(stands).MayText("i") == a.ID {
				return nil
			}
			return dynamo.ErrAlready
		},
	}
}

// put is the write of a new appointment.
func (s Slots) put(a Appointment) dynamo.Write {
	return dynamo.Create(s.Table, appointmentKey(a.ID), a.item(), func(stands dynamo.Item) error {
		if len(stands) == 0 {
			return nil
		}
		return dynamo.ErrAlready // the id is of 128 random bits
	})
}

// save is the write of a change, provided that nothing has changed since it was read.
func (s Slots) save(before, after Appointment) dynamo.Write {
	after.mark = drawMark(12)
	return dynamo.Write{
		Table: s.Table, Key: appointmentKey(after.ID),
		Item: types.TransactWriteItem{Put: &types.Put{
			TableName: &s.Table, Item: after.item(), ConditionExpression: aws.String("m = :mark"),
			ExpressionAttributeValues: dynamo.Item{":mark": dynamo.B(before.mark)},
		}},
		Judge: func(stands dynamo.Item) error {
			switch string(dynamo.Read(stands).MayBytes("m")) {
			case string(after.mark):
				return dynamo.ErrAlready
			case string(before.mark):
				return nil
			}
			return errMoved
		},
	}
}

// Find reads an appointment. It returns ErrUnknown if there is none.
func (s Slots) Find(ctx context.Context, id string) (Appointment, error) {
	if err := parseID(id); err != nil {
		return Appointment{}, err
	}
	item, err := s.DB.Get(ctx, s.Table, appointmentKey(id))
	if errors.Is(err, dynamo.ErrNone) {
		return Appointment{}, ErrUnknown
	}
	if err != nil {
		return Appointment{}, fmt.Errorf("appointment: %w", err)
	}
	return read(item)
}

// ofDay lists the appointments that start on a UTC day, earliest first. A change of this second may be missing.
func (s Slots) ofDay(ctx context.Context, day string) ([]Appointment, error) {
	items, err := s.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &s.Table, IndexName: aws.String("day"), KeyConditionExpression: aws.String("dy = :day"),
		ExpressionAttributeValues: dynamo.Item{":day": dynamo.S(day)},
	})
	if err != nil {
		return nil, fmt.Errorf("appointments of a day: %w", err)
	}
	out := make([]Appointment, len(items))
	for i, item := range items {
		if out[i], err = read(item); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a Appointment) item() dynamo.Item {
	item := dynamo.Item{
		"p": appointmentKey(a.ID)["p"], "c": dynamo.S(string(a.Case)), "h": dynamo.B(a.Holder[:]), "g": dynamo.S(a.Schedule.String()),
		"at": dynamo.Ms(a.StartsAt), "en": dynamo.Ms(a.EndsAt), "z": dynamo.S(a.Zone), "n": dynamo.N(a.Sequence), "st": dynamo.S(string(a.State)),
		"r": dynamo.S(a.room), "m": dynamo.B(a.mark), "dy": dynamo.S(a.StartsAt.UTC().Format(time.DateOnly)),
	}
	if a.Agent != nil {
		cues := make([]dynamo.Value, len(a.Cues))
		for i, c := range a.Cues {
			cues[i] = dynamo.S(c)
		}
		item["b"], item["ca"], item["w"], item["cu"] = dynamo.B(a.Agent[:]), dynamo.Ms(a.ClaimedAt), dynamo.S(a.Word), dynamo.L(cues...)
	}
	if !a.ConcludedAt.IsZero() {
		item["ct"], item["y"] = dynamo.Ms(a.ConcludedAt), dynamo.S(a.Reason)
	}
	if d := a.Document; d != nil {
		item["ck"] = dynamo.M(dynamo.Item{
			"dt": dynamo.S(d.Type), "dc": dynamo.S(d.Country), "de": dynamo.S(d.ExpiresOn), "dl": dynamo.S(d.Last4), "nc": dynamo.S(string(d.NameClass)),
		})
	}
	return item
}

func read(item dynamo.Item) (Appointment, error) {
	f := dynamo.Read(item)
	a := Appointment{
		ID: strings.TrimPrefix(f.Text("p"), "a#"), Case: proofing.ID(f.Text("c")), StartsAt: f.Time("at"), EndsAt: f.Time("en"), Zone: f.Text("z"),
		Sequence: f.Int("n"), State: State(f.Text("st")), ClaimedAt: f.MayTime("ca"), Word: f.MayText("w"), ConcludedAt: f.MayTime("ct"),
		Reason: f.MayText("y"), room: f.Text("r"), mark: f.Bytes("m"),
	}
	var holder, schedule, agent error
	a.Holder, holder = account.IDFromBytes(f.Bytes("h"))
	a.Schedule, schedule = account.ParseID(f.Text("g"))
	if f.Has("b") {
		var id account.ID
		id, agent = account.IDFromBytes(f.Bytes("b"))
		a.Agent = &id
		for _, v := range f.List("cu") {
			a.Cues = append(a.Cues, dynamo.Read(dynamo.Item{"c": v}).Text("c"))
		}
	}
	if f.Has("ck") {
		d := f.Map("ck")
		a.Document = &Document{Type: d.Text("dt"), Country: d.Text("dc"), ExpiresOn: d.Text("de"), Last4: d.Text("dl"), NameClass: names.Class(d.Text("nc"))}
		agent = errors.Join(agent, d.Err())
	}
	if !a.State.known() {
		return Appointment{}, fmt.Errorf("appointment: unknown state %q", a.State)
	}
	if err := errors.Join(f.Err(), holder, schedule, agent); err != nil {
		return Appointment{}, fmt.Errorf("appointment %s: %w", a.ID, err)
	}
	return a, nil
}
