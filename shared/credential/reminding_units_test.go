package credential_test

import (
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"phoneotp/infra/bench/figures"
	"phoneotp/shared/dynamo"
)

// fill puts so many credentials that are not due for years into the table, as far as the index sees them.
func (o *office) fill(t *testing.T, from, until int) {
	t.Helper()
	const batch, writers = 25, 8
	work := make(chan int)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for start := range work {
				var puts []types.WriteRequest
				for i := start; i < min(start+batch, until); i++ {
					id := make([]byte, 16)
					binary.BigEndian.PutUint64(id, uint64(i))
					puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{Item: dynamo.Item{
						"p": dynamo.B(id), "ds": dynamo.S(fmt.Sprint(i % 8)), "da": dynamo.Ms(on(2000).Add(time.Duration(i) * time.Second)),
					}}})
				}
				out, err := o.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{o.Table("CREDENTIALS_TABLE"): puts}})
				if err != nil || len(out.UnprocessedItems) > 0 {
					t.Errorf("fill: %v", err)
				}
			}
		})
	}
	for start := from; start < until; start += batch {
		work <- start
	}
	close(work)
	wg.Wait()
}

// units are what a sweep reads, on its own and of the index.
func (o *office) units(t *testing.T, now time.Time) (all, index float64) {
	t.Helper()
	o.Faults.Clear()
	o.Faults.Meter()
	out, err := o.Sweep(t.Context(), now)
	if err != nil || out.Handled != 10 {
		t.Fatalf("%+v, %v", out, err)
	}
	for _, c := range o.Faults.Calls() {
		switch c.Operation {
		case "Query":
			index += c.Units
			all += c.Units
		case "GetItem", "BatchGetItem":
			all += c.Units
		}
	}
	return all, index
}

// What is not due costs nothing, however much it is (quality.md 1 row 10).
func TestTheSweepReadsWhatIsDueAndNothingElse(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for i := range 10 {
		o.open(t, o.who(fmt.Sprintf("holder%d", i)))
	}
	few, many := 1_000, figures.Size(4_000, 100_000)
	o.fill(t, 0, few)
	small, index := o.units(t, on(305))
	o.fill(t, few, many)
	large, _ := o.units(t, on(335))
	if index == 0 || index > 8 {
		t.Errorf("the index costs %v units", index)
	}
	figures.Exactly(t, 10, fmt.Sprintf("sweep: read units, 10 due among %d against 10 among 1000", many), large, small)
}
