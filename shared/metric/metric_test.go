package metric_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"phoneotp/shared/metric"
)

// TestALineIsInTheEmbeddedMetricFormat holds a line against the format's own description: the directive names
// the member beside it that has the value.
func TestALineIsInTheEmbeddedMetricFormat(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })

	metric.Counter{Namespace: "phoneotp/prod"}.Count(time.UnixMilli(1764108000123), "OrderRepaired", 3)

	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("%s: %v", &log, err)
	}
	want := map[string]any{
		"Timestamp": 1764108000123.0,
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": "phoneotp/prod", "Dimensions": []any{[]any{}},
			"Metrics": []any{map[string]any{"Name": "OrderRepaired", "Unit": "Count"}},
		}},
	}
	if d := cmp.Diff(want, line["_aws"]); d != "" {
		t.Errorf("directive (-want +got):\n%s", d)
	}
	if line["OrderRepaired"] != 3.0 {
		t.Errorf("value %v", line["OrderRepaired"])
	}
}
