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
