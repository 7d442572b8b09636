// Package dynamotest gives tests a real DynamoDB endpoint: the pinned emulator, with tables of their own
// made from template.yaml, so that keys and indexes cannot drift from what is deployed. Under the real SDK
// client lies a transport that can cut replies, throttle, conflict and delay (Faults): the SDK is never
// mocked.
//
// The endpoint is PHONEOTP_EMULATOR when that is set (make test starts one for all), else an emulator is
// started for this test binary and ends with it. No test is skipped for want of it.
package dynamotest
