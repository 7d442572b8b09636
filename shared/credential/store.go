package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/shared/account"
	"phoneotp/shared/credential/phonebook"
	"phoneotp/shared/dynamo"
	"phoneotp/shared/otp"
	"phoneotp/shared/phone"
)

// Registry is the credentials table with the keys of its numbers. It is safe for concurrent use.
type Registry struct {
	DB      *dynamo.DB
	Table   string
	Numbers *Numbers
}

// Find reads a holder's credential consistently; nil if there is none.
func (r *Registry) Find(ctx context.Context, holder account.ID) (*Credential, error) {
	item, err := r.DB.Get(ctx, r.Table, key(holder))
	if errors.Is(err, dynamo.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return r.read(item)
}

func key(holder account.ID) dynamo.Item { return dynamo.Item{"p": dynamo.B(holder[:])} }

// page is how many due credentials one query finds.
const page = 1000

// due are the keys of one shard's credentials that the sweep has to look at, the longest waiting first. Each is
// there once, whatever becomes of those before it; the index follows the table within moments.
func (r *Registry) due(ctx context.Context, shard int, now time.Time) iter.Seq2[[][]byte, error] {
	return func(yield func([][]byte, error) bool) {
		var after dynamo.Item
		for {
			items, err := r.DB.Query(ctx, &dynamodb.QueryInput{
				TableName: &r.Table, IndexName: aws.String("due"), Limit: aws.Int32(page), ExclusiveStartKey: after,
				KeyConditionExpression:    aws.String("ds = :shard AND da <= :now"),
				ExpressionAttributeValues: dynamo.Item{":shard": dynamo.S(strconv.Itoa(shard)), ":now": dynamo.Ms(now)},
			})
			if err != nil {
				yield(nil, fmt.Errorf("find due credentials: %w", err))
				return
			}
			keys := make([][]byte, len(items))
			for i, item := range items {
				keys[i], after = dynamo.Read(item).Bytes("p"), item
			}
			if !yield(keys, nil) || len(items) < page {
				return
			}
		}
	}
}

// change is one conditional update of a holder's item.
type change struct {
	holder     account.ID
	set        []string
	remove     []string
	conditions []string
	names      map[string]string
	values     dynamo.Item
}

func (r *Registry) change(holder account.ID) *change {
	return &change{holder: holder, names: map[string]string{}, values: dynamo.Item{}}
}

// assign adds assignments, as "#ct = #ct + :one". Every name that begins with # is the attribute itself.
func (c *change) assign(set ...string) *change { c.set = append(c.set, set...); return c }

// require adds conditions, all of which must hold.
func (c *change) require(conditions ...string) *change {
	c.conditions = append(c.conditions, conditions...)
	return c
}

// drop removes attributes.
func (c *change) drop(names ...string) *change { c.remove = append(c.remove, names...); return c }

// with gives values, as ":one".
func (c *change) with(name string, v dynamo.Value) *change { c.values[name] = v; return c }

// named stands for a name that is data (a phone's id).
func (c *change) named(placeholder, name string) *change { c.names[placeholder] = name; return c }

// expressions returns the update's texts. Attribute names are all placeholders, since some are reserved words.
func (c *change) expressions() (update, condition string) {
	if len(c.set) > 0 {
		update = "SET " + strings.Join(c.set, ", ")
	}
	if len(c.remove) > 0 {
		update = strings.TrimSpace(update + " REMOVE " + strings.Join(c.remove, ", "))
	}
	condition = strings.Join(c.conditions, " AND ")
	for _, text := range []string{update, condition} {
		for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r != '#' && (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			if _, given := c.names[word]; word[0] == '#' && !given {
				c.names[word] = word[1:]
			}
		}
	}
	return update, condition
}

// apply makes the change and returns the item as it is afterwards, or *dynamo.Refused.
func (r *Registry) apply(ctx context.Context, c *change) (*Credential, error) {
	update, condition := c.expressions()
	item, err := r.DB.Update(ctx, &dynamodb.UpdateItemInput{
		TableName: &r.Table, Key: key(c.holder), UpdateExpression: &update, ConditionExpression: &condition,
		ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
	})
	if err != nil {
		return nil, err
	}
	return r.read(item)
}

// write is the change as a part of a transaction.
func (r *Registry) write(c *change, judge func(*Credential) error) dynamo.Write {
	update, condition := c.expressions()
	return dynamo.Write{
		Table: r.Table, Key: key(c.holder),
		Item: types.TransactWriteItem{Update: &types.Update{
			TableName: &r.Table, Key: key(c.holder), UpdateExpression: &update, ConditionExpression: aws.String(condition),
			ExpressionAttributeNames: c.names, ExpressionAttributeValues: c.values,
		}},
		Judge: func(stands dynamo.Item) error {
			found, err := r.stands(stands)
			if err != nil {
				return err
			}
			return judge(found)
		},
	}
}

// InProofing is the condition that the credential which a license opened still waits for its proofing: ErrRequired if
// it is revoked, over or another one by now. It changes nothing.
func (r *Registry) InProofing(holder account.ID, license []byte, now time.Time) dynamo.Write {
	return dynamo.Write{
		Table: r.Table, Key: key(holder),
		Item: types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &r.Table, Key: key(holder), ConditionExpression: aws.String("#li = :license AND #st = :proofing AND #ex > :now"),
			ExpressionAttributeNames: map[string]string{"#li": "li", "#st": "st", "#ex": "ex"},
			ExpressionAttributeValues: dynamo.Item{
				":license": dynamo.B(license), ":proofing": dynamo.S(string(Proofing)), ":now": dynamo.Ms(now),
			},
		}},
		Judge: func(item dynamo.Item) error {
			stands, err := r.stands(item)
			if err == nil && (stands == nil || !bytes.Equal(stands.License, license) || stands.State != Proofing || !stands.Live(now)) {
				return ErrRequired.Because(becauseNone)
			}
			return err
		},
	}
}

// unchanged is the condition, for a transaction, that a holder's credential is as it was read: phonebook.ErrMoved
// if its numbers, state or expiry are others. A nil credential is none.
func (r *Registry) unchanged(holder account.ID, read *Credential) dynamo.Write {
	condition, values := "attribute_not_exists(p)", dynamo.Item(nil)
	if read != nil {
		condition = "st = :st AND ex = :ex AND (hn = :hn OR attribute_not_exists(hn))"
		values = dynamo.Item{":st": dynamo.S(string(read.State)), ":ex": dynamo.Ms(read.ExpiresAt), ":hn": dynamo.N(read.changes)}
	}
	return dynamo.Write{
		Table: r.Table, Key: key(holder),
		Item: types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &r.Table, Key: key(holder), ConditionExpression: &condition, ExpressionAttributeValues: values,
		}},
		Judge: func(dynamo.Item) error { return phonebook.ErrMoved },
	}
}

// stands reads what a refusal left; nil if nothing.
func (r *Registry) stands(item dynamo.Item) (*Credential, error) {
	if len(item) == 0 {
		return nil, nil
	}
	return r.read(item)
}

// refusal unwraps a refused condition: the item that stands, or the error as it is.
func (r *Registry) refusal(err error) (*Credential, error) {
	refused, ok := errors.AsType[*dynamo.Refused](err)
	if !ok {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return r.stands(refused.Stands)
}

// read decodes an item and opens its numbers. Anything unknown in it is an error.
func (r *Registry) read(item dynamo.Item) (*Credential, error) {
	f := dynamo.Read(item)
	c := &Credential{
		State: State(f.Text("st")), License: f.Bytes("li"), Product: f.Text("pr"), Service: phone.Service(f.Text("rg")),
		NeedsProofing: f.Flag("pf"), Method: f.MayText("pm"), PurchasedAt: f.Time("pa"), Terms: int(f.Int("te")),
		ExpiresAt: f.Time("ex"), ActivatedAt: f.MayTime("aa"), Renewal: f.MayText("ro"), RemindAt: f.MayTime("da"),
		wrong: int(f.Int("f")), lockSet: f.MayTime("ls"), told: int(f.MayInt("lw")), watch: watch{wrong: int(f.MayInt("wn")), ends: f.MayTime("we"), flagged: f.MayTime("mc")}, nonce: f.MayBytes("an"), refused: refusedSends(f.MayText("rf")),
		history: otp.History{Next: f.Time("na"), LockedUntil: f.Time("lk")},
	}
	var err error
	c.changes, c.last = f.MayInt("hn"), f.MayInt("hd")
	if c.Holder, err = account.IDFromBytes(f.Bytes("p")); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	if !c.State.known() {
		return nil, fmt.Errorf("credential: unknown state %q", c.State)
	}
	instants(f, "r", c.history.Sends[:])
	instants(f, "k", c.history.Calls[:])
	if c.live, c.earlier, err = readChallenges(f); err != nil {
		return nil, err
	}
	if c.Phones, err = r.readPhones(c.Holder, f); err != nil {
		return nil, err
	}
	if f.Has("pe") {
		pending := f.Map("pe")
		p, err := r.readPhone(c.Holder, pending.Text("i"), pending)
		if err != nil {
			return nil, err
		}
		c.Pending, c.replaces = &p, pending.MayText("re")
	}
	if err := f.Err(); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return c, nil
}

func instants(f *dynamo.Fields, name string, into []time.Time) {
	for i, v := range f.List(name) {
		if i < len(into) {
			into[i] = dynamo.Read(dynamo.Item{name: v}).Time(name)
		}
	}
}

func readChallenges(f *dynamo.Fields) (live challenge, earlier [otp.EarlierKept]core, err error) {
	if live.core, err = readCore(f.MayBytes("c")); err != nil {
		return live, earlier, err
	}
	if f.Has("cs") {
		live.tag, live.sent, live.expires = f.Text("cg"), f.Time("cs"), f.Time("ce")
		live.tries, live.used = int(f.Int("ct")), f.Time("cu")
		live.delivery = Delivery(f.Text("cd"))
		if live.channel, err = channelOf(f.Text("cc")); err != nil {
			return live, earlier, err
		}
	}
	for i, v := range f.List("o") {
		if i == len(earlier) {
			break
		}
		if earlier[i], err = readCore(dynamo.Read(dynamo.Item{"o": v}).Bytes("o")); err != nil {
			return live, earlier, err
		}
	}
	return live, earlier, nil
}

func channelOf(letter string) (phone.Channel, error) {
	switch letter {
	case "s":
		return phone.SMS, nil
	case "v":
		return phone.Voice, nil
	}
	return "", fmt.Errorf("credential: unknown channel %q", letter)
}

func letterOf(c phone.Channel) dynamo.Value { return dynamo.S(letter(c)) }

func letter(c phone.Channel) string {
	if c == phone.Voice {
		return "v"
	}
	return "s"
}
