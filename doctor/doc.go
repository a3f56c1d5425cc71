// Package doctor examines a shop's receiver of callbacks: it sends a series of test
// messages, right ones and forged ones, looks at what is answered, and says in
// words what is wrong and how it is mended (docs/callbacks.md).
//
// No test is money. Nothing is owed and nothing is stored but that an examination
// was made. The messages are of operations that cannot be: the shop's own id begins
// with callback.TestPrefix, with which none can be made; the gateway's number is of
// the last millisecond of its numbering, in the year 2095; the webhook-id is none
// that a message can have, and a header says what it is.
//
// It must not know how a protocol prints a message: it is given the renderers, and
// knows only where a signature stands and what it covers, so that it can forge one.
package doctor
