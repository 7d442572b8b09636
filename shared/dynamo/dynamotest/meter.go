package dynamotest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
)

// metered asks the endpoint to add what the call consumed and notes it on the n-th call. The request no
// longer fits its signature, which an emulator without access control does not check.
func (f *Faults) metered(n int, r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	ask := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &ask); err != nil {
		return nil, err
	}
	var items []json.RawMessage
	if list, ok := ask["TransactItems"]; ok {
		if err := json.Unmarshal(list, &items); err != nil {
			return nil, err
		}
	}
	ask["ReturnConsumedCapacity"] = json.RawMessage(`"TOTAL"`)
	if body, err = json.Marshal(ask); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	res, err := f.under.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
	f.mu.Lock()
	defer f.mu.Unlock()
	if n < len(f.calls) {
		f.calls[n].Units, f.calls[n].Items = units(answer), len(items)
	}
	return res, nil
}

// units reads ConsumedCapacity, which is an object for one table and a list for several.
func units(answer []byte) float64 {
	type capacity struct{ CapacityUnits float64 }
	var one struct{ ConsumedCapacity capacity }
	if json.Unmarshal(answer, &one) == nil {
		return one.ConsumedCapacity.CapacityUnits
	}
	var many struct{ ConsumedCapacity []capacity }
	if json.Unmarshal(answer, &many) != nil {
		return 0
	}
	sum := 0.0
	for _, c := range many.ConsumedCapacity {
		sum += c.CapacityUnits
	}
	return sum
}
