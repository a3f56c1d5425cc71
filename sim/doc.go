// Package sim runs the whole gateway under one seed: the real doors, use cases,
// database, workers and callbacks, with a clock, a network, a provider, shops,
// payers and crashes that all follow from a number. The same seed is the same run
// to the byte.
//
// It is a room behind the doors: it wires every room as the command does, and
// nothing but the command and tests may import it. What is simulated is the world
// around the gateway; no rule of the gateway is repeated here but the promises
// that it must keep (mirror.go, check.go, bank.go).
//
// Only one goroutine runs at a time. Whatever waits – a caller for its commit, a
// sender for its provider, a receiver for its time – hands control back, and the
// world's generator says who goes on.
package sim
