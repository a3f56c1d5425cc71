package provider

import (
	"strings"
	"time"
)

// Lesson is what follows from an outcome.
type Lesson string

// The lessons.
const (
	Done   Lesson = "done"   // the act was done
	Failed Lesson = "failed" // the act was not done and will not be
	Resend Lesson = "resend" // not done: announce the next attempt when due
	Wait   Lesson = "wait"   // the provider has it; ask when due
	Doubt  Lesson = "doubt"  // nobody knows; ask when due, send nothing
	Answer Lesson = "answer" // the payer must answer first
)

// Bounds of repeating (design, "Sending, and knowing").
const (
	maxRefusals = 10
	maxRefusing = time.Hour
	maxSends    = 3 // of a call that finally never arrived
)

// Learn applies an outcome to an open attempt and its operation's work, and
// says what follows. asked tells an answer to Status from one to the call
// itself. It is pure: the caller stores both.
//
// The table of what follows from what is here and nowhere else; see its test.
func Learn(a *Attempt, w *Work, o Outcome, asked bool, t Timing, now int64) Lesson {
	if asked {
		a.Asked++
	} else {
		a.AnsweredAt = now
	}
	if o.Continue != "" {
		a.Continue = o.Continue
	}
	if o.ProviderID != "" {
		a.ProviderID = bounded(o.ProviderID)
	}
	if o.Reason != "" {
		a.Reason = bounded(o.Reason)
	}
	switch o.Result {
	case Succeeded, Declined:
		a.Outcome, w.DueAt = o.Result, 0
		if o.Result == Succeeded {
			return Done
		}
		return Failed
	case Refused:
		return refused(a, w, t, now)
	case Pending:
		a.Outcome = Pending
		w.DueAt = now + pause(t, a.Asked)
		return Wait
	case Challenge:
		if a.Verb != Authorize { // nobody could ever answer it
			return doubt(a, w, t, now)
		}
		a.Outcome = Challenge
		w.DueAt = 0
		return Answer
	case Missing:
		if asked {
			return missing(a, w, o, t, now)
		}
	}
	return doubt(a, w, t, now)
}

func refused(a *Attempt, w *Work, t Timing, now int64) Lesson {
	a.Outcome = Refused
	w.Refusals++
	if w.RefusedAt == 0 {
		w.RefusedAt = now
	}
	w.DueAt = 0
	if a.Verb == Authorize || w.Refusals >= maxRefusals || now-w.RefusedAt > maxRefusing.Milliseconds() {
		return Failed
	}
	w.DueAt = now + t.SendAgain.Milliseconds()<<min(w.Refusals-1, 6)
	return Resend
}

// missing believes the provider only when it promised to know by the time that it
// was asked, and was asked twice: an early answer is as early when it is heard
// late. What it had accepted before is never believed to be missing.
func missing(a *Attempt, w *Work, o Outcome, t Timing, now int64) Lesson {
	a.Missing++
	// A clock that was put back since: it was sent, and answered, by now at the latest.
	a.SentAt, a.AnsweredAt = min(a.SentAt, now), min(a.AnsweredAt, now)
	asked := now
	if o.AskedAt != 0 {
		asked = min(o.AskedAt, now)
	}
	final := t.SettleAfter >= 0 && a.Missing >= 2 && asked >= settledAt(a, t)
	if a.Outcome == Pending || a.Outcome == Challenge || !final {
		return doubt(a, w, t, now)
	}
	a.Outcome = Lost
	w.Losses++
	w.DueAt = 0
	if a.Verb == Authorize || w.Losses >= maxSends {
		return Failed
	}
	w.DueAt = now
	return Resend
}

// settledAt is when the provider knows for sure what it got. A send of which
// nothing came back may have lasted until its time-out.
func settledAt(a *Attempt, t Timing) int64 {
	sent := a.AnsweredAt
	if sent == 0 {
		sent = a.SentAt + t.CallTimeout.Milliseconds()
	}
	return sent + t.SettleAfter.Milliseconds()
}

func doubt(a *Attempt, w *Work, t Timing, now int64) Lesson {
	w.DueAt = now + pause(t, a.Asked)
	if a.Outcome == Pending || a.Outcome == Challenge {
		a.Outcome = Pending // it was accepted: silence does not undo that, so "missing" is not believed later either
		return Wait
	}
	a.Outcome = Unknown
	return Doubt
}

// pause grows with the questions asked, from AskFirst to AskMax.
func pause(t Timing, asked int64) int64 {
	return min(t.AskFirst<<min(asked, 20), max(t.AskMax, t.AskFirst)).Milliseconds()
}

// bounded makes a provider's text one that both databases keep: short, valid
// UTF-8 and without a zero byte.
func bounded(text string) string {
	const limit = 200
	text = text[:min(len(text), limit)]
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}
