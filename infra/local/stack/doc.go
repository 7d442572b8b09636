// Package stack owns the whole local stack as one thing to start and stop: `make run` is it, and the
// journeys start one of their own.
//
// The order of a start: the port, so that a taken one is said at once; the functions' build beside the
// emulator's start; the stand-ins for the world; the deployment of template.yaml; the settings that an
// operator makes by hand on AWS (Stripe's keys, the sender's identity); demo data; then the door opens.
//
// With a state folder everything is kept between clean stops: the emulator's state, the messages, the
// payments. A killed stack loses what came since the last clean stop, and nothing that it leaves behind
// stops the next start.
package stack
