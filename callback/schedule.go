package callback

import "time"

// Lease is how long a message is left to the process that sends it, in
// milliseconds. After it any process may begin the next try.
const Lease = 10_000

// timeout bounds a whole try. It ends within the lease, so that two tries of a
// message never run at the same time while clocks agree.
const timeout = 9 * time.Second

// pauses are between the tries (api/avanor.md §8); the last one repeats.
var pauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute,
	30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
}

// giveUpAfter is how long after its first try a message is tried.
const giveUpAfter = 72 * time.Hour

// jitterScale is one, as a jitter: ±10 % of it is the most.
const (
	jitterScale = 10_000
	jitterMost  = jitterScale / 10
)

// next is when to try again after so many failed tries, the first of them at
// startedAt; false when it is time to give up. jitter is in 1/10,000 of the pause.
func next(tried, startedAt, now, jitter int64) (dueAt int64, ok bool) {
	pause := pauses[min(max(tried, 1), int64(len(pauses)))-1].Milliseconds()
	dueAt = now + pause + pause*jitter/jitterScale
	return dueAt, dueAt <= startedAt+giveUpAfter.Milliseconds()
}

// jitterOf spreads 16 random bits evenly over ±jitterMost.
func jitterOf(bits uint16) int64 {
	return int64(bits)*(2*jitterMost+1)>>16 - jitterMost
}
