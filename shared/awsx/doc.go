// Package awsx owns how a function reaches AWS: clients built from explicit options instead of the SDK's
// default loader (which links and initialises four more services), one shared HTTP transport with short
// deadlines, the trust anchors of AWS alone, and the reading of secrets without linking their client.
//
// Settings are the standard environment variables: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN, and AWS_ENDPOINT_URL or AWS_ENDPOINT_URL_<SERVICE> for another endpoint, where empty
// means unset. AWS_CALL_TIMEOUT is how long one try of one call may take (default 2s).
package awsx
