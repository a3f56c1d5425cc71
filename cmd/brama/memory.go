package main

import (
	"os"
	"runtime/debug"
)

// Memory is cheaper than the collector's time: what lives is small, so it may
// collect less often – until the limit is near, where it collects as it must.
const (
	collectAt   = 400       // percent of what lives
	memoryLimit = 384 << 20 // bytes
)

// tuneMemory sets both, unless the operator has said otherwise by GOGC or GOMEMLIMIT.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
