package doctor

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/brama-pay/brama/callback"
	"github.com/brama-pay/brama/fault"
	"github.com/brama-pay/brama/signature"
)

// MarkHeader is on every test message; its value names the examination.
const MarkHeader = "Brama-Doctor"

// outcome is how a trial went: the answer to its last message, and whether those
// before it were taken.
type outcome struct {
	callback.Answer
	prepared bool
	millis   int64
}

// visit is the state of an examination while it goes on.
type visit struct {
	*patient
	report *Report
	good   outcome
	forged outcome // the answer to a badly signed message
	halt   string  // why nothing more is sent
	slow   int64   // the longest time of an answer, in milliseconds
	tls    *callback.Answer
}

// examine sends the series and judges it.
func (p *patient) examine(ctx context.Context) (*Report, error) {
	v := &visit{patient: p, report: &Report{
		Shop: p.order.Shop, About: p.order.About, Store: p.order.Store, URL: callback.ShownURL(p.order.URL), Name: p.order.Name,
		At: p.startedAt.UnixMilli(), Look: p.look(),
	}}
	for _, t := range trials {
		if !t.concerns(p.order.About) {
			continue
		}
		if err := v.try(ctx, t); err != nil {
			return nil, err
		}
	}
	if err := v.explainGood(ctx); err != nil {
		return nil, err
	}
	v.surroundings()
	v.report.Grade = v.report.grade()
	return v.report, nil
}

// try sends a trial and notes its verdict.
func (v *visit) try(ctx context.Context, t trial) error {
	test := Test{Name: t.name, Sent: t.sends, Expected: t.wants.words(), Verdict: Skipped}
	if test.Answer = v.reason(ctx, t); test.Answer != "" {
		v.report.Tests = append(v.report.Tests, test)
		return nil
	}
	o, err := v.send(ctx, t)
	if err != nil {
		return err
	}
	if ctx.Err() != nil && o.Status == 0 {
		return v.try(ctx, t) // it was cut off by the end of the time
	}
	v.remember(t, o)
	test.Millis, test.Answer = o.millis, answerWords(o)
	test.Verdict, test.Wrong, test.Mend = v.judge(t, o)
	v.report.Tests = append(v.report.Tests, test)
	return nil
}

// reason is why a trial is not sent, "" when it is.
func (v *visit) reason(ctx context.Context, t trial) string {
	switch {
	case ctx.Err() != nil:
		return "not sent: the time is over"
	case v.halt != "":
		return "not sent: " + v.halt
	case t.name != trials[0].name && t.wants != refused && !v.good.Taken:
		return "not sent: the first message was refused"
	}
	return ""
}

func (v *visit) remember(t trial, o outcome) {
	v.slow = max(v.slow, o.millis)
	switch t.name {
	case "good":
		v.good = o
		if o.Status == 0 {
			v.halt = "the first message got no answer"
		}
	case "bad-signature":
		v.forged = o
	}
}

func (v *visit) send(ctx context.Context, t trial) (o outcome, err error) {
	letters, err := t.write(v.patient)
	if err != nil {
		return o, fault.Wrap(fault.Internal, err, "the test message %s cannot be made", t.name)
	}
	o.prepared = true
	for i, l := range letters {
		if i > 0 {
			o.prepared = o.prepared && o.Taken
		}
		if o.Answer, o.millis, err = v.post(ctx, l); err != nil {
			return o, err
		}
	}
	return o, nil
}

// post sends one letter.
func (v *visit) post(ctx context.Context, l *letter) (callback.Answer, int64, error) {
	body := l.body()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.URL, bytes.NewReader(body))
	if err != nil {
		return callback.Answer{}, 0, fault.Param("url", "not a URL")
	}
	request.Header.Set("Content-Type", l.ContentType)
	request.Header.Set("User-Agent", callback.UserAgent)
	request.Header.Set(MarkHeader, "test "+v.order.Name)
	if len(l.keys) > 0 {
		request.Header.Set("Webhook-Id", l.id)
		request.Header.Set("Webhook-Timestamp", strconv.FormatInt(l.at, 10))
		sealed := signature.Webhook(l.id, l.at, body, l.keys...)
		if l.seal != nil {
			sealed = l.seal(l, body)
		}
		request.Header.Set("Webhook-Signature", sealed)
	}
	at := v.doctor.Now()
	a := callback.Ask(ctx, v.doctor.Client, request, l.NeedOK)
	if v.tls == nil && a.Status != 0 {
		v.tls = &a
	}
	return a, v.doctor.Now().Sub(at).Milliseconds(), nil
}

func answerWords(o outcome) string {
	if o.Status == 0 {
		return o.Failure
	}
	words := strconv.Itoa(o.Status)
	if text := http.StatusText(o.Status); text != "" {
		words += " " + text
	}
	if strings.HasSuffix(o.Failure, "without OK as its body") {
		words += ", the body is not OK"
	}
	return fmt.Sprintf("%s in %d ms", words, o.millis)
}

// Bounds of time and of certificates.
const (
	slowMillis = 2000
	lateMillis = 5000
	expiryDays = 14
)

// surroundings judges the address, its certificate and how quick the answers were.
func (v *visit) surroundings() {
	if v.tls == nil {
		return // nothing was answered; the first test says why
	}
	t := Test{Name: "transport", Sent: "the address itself", Expected: "https:// with a certificate that is good for " + strconv.Itoa(expiryDays) + " days", Verdict: Passed, Answer: "good"}
	if u, err := url.Parse(v.order.URL); err == nil && u.Scheme == "http" && !local(u.Hostname()) {
		t.Answer, t.Verdict, t.Wrong, t.Mend = "http://", Fault, "messages can be read and held back on their way", "serve the address by https://"
	} else if state := v.tls.TLS; state != nil && len(state.PeerCertificates) > 0 {
		days := int(state.PeerCertificates[0].NotAfter.Sub(v.startedAt).Hours() / 24)
		t.Answer = fmt.Sprintf("the certificate ends in %d days", days)
		if days < expiryDays {
			t.Verdict, t.Wrong, t.Mend = Advice, "the certificate ends soon; then no message arrives any more", "renew it, and let a program do that"
		}
	}
	speed := Test{Name: "speed", Sent: "all of them", Expected: "an answer within 2 s; after 9 s the gateway gives up", Verdict: Passed, Answer: fmt.Sprintf("at most %d ms", v.slow), Millis: v.slow}
	if v.slow > slowMillis {
		speed.Verdict, speed.Wrong = Advice, "it takes its time to answer"
		speed.Mend = "note the message, answer OK, and work it off afterwards"
	}
	if v.slow > lateMillis {
		speed.Verdict = Fault
	}
	v.report.Tests = append(v.report.Tests, t, speed)
	v.unfinished()
}

// unfinished says that the time was too short for all messages.
func (v *visit) unfinished() {
	for _, t := range v.report.Tests {
		if t.Verdict == Skipped && strings.HasSuffix(t.Answer, "the time is over") {
			v.report.Tests = append(v.report.Tests, Test{
				Name: "patience", Sent: "all of them", Expected: "to be through in time", Answer: "not all were sent", Verdict: Fault,
				Wrong: "it is so slow that the time was over before all messages were sent", Mend: "answer first and work afterwards",
			})
			return
		}
	}
}

func local(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1"
}
