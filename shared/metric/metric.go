// Package metric owns how a number reaches an operator: as a line of the log in CloudWatch's embedded metric
// format, which costs no call and no permission. Alarms of template.yaml stand on these metrics, by the
// namespace of the stack, so that two stages of one AWS account stay apart.
//
// A metric is a count and has no dimension: every distinct value of a dimension would be billed as a metric
// of its own (research/aws.md 8). Names are CamelCase and in the past tense, as "OrderRepaired", declared as
// constants by the room or function that counts.
//
// The package keeps no data.
package metric

import (
	"context"
	"log/slog"
	"time"
)

// Counter writes metrics of one namespace, METRICS_NAMESPACE in the template. The zero value writes into no
// namespace and is of no use.
type Counter struct{ Namespace string }

// Count says that name happened n times at now. Zero is said too: a heartbeat or a gauge of "none" is what an
// alarm on missing data waits for.
func (c Counter) Count(now time.Time, name string, n int) {
	type metric struct {
		Name string
		Unit string
	}
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	type envelope struct {
		Timestamp         int64
		CloudWatchMetrics []directive
	}
	slog.LogAttrs(context.Background(), slog.LevelInfo, "metric",
		slog.Any("_aws", envelope{
			Timestamp: now.UnixMilli(),
			CloudWatchMetrics: []directive{{
				Namespace: c.Namespace, Dimensions: [][]string{{}}, Metrics: []metric{{Name: name, Unit: "Count"}},
			}},
		}),
		slog.Int(name, n))
}
