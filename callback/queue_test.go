package callback

import (
	"fmt"
	"strings"
	"testing"
)

// A host that answers is given more loops, and at the first silence fewer again.
func TestALaneFollowsItsAnswers(t *testing.T) {
	quick, slow, silent := Try{Status: 500, Millis: 20}, Try{Status: 200, Millis: 8_000}, Try{Millis: 9_000}
	l := &lane{least: 4, most: 4}
	for i, step := range []struct {
		try   Try
		times int
		want  int64
	}{{quick, 1, 5}, {slow, 3, 5}, {quick, 100, 16}, {silent, 1, 4}, {silent, 5, 4}, {quick, 2, 6}} {
		for range step.times {
			l.heard(step.try)
		}
		if l.most != step.want {
			t.Errorf("step %d: %d loops, want %d", i, l.most, step.want)
		}
	}
	(*lane)(nil).heard(quick) // of a message whose URL names nobody
}

func TestHostsHaveOneSpelling(t *testing.T) {
	for address, want := range map[string]string{
		"https://Shop.Example/a?b=c": "shop.example", "http://shop.example.:8080": "shop.example", "https://shop.example:443/": "shop.example",
		"https://[2001:DB8::1]:8443/x": "2001:db8::1", "": "", "http://%zz": "",
	} {
		if got := hostOf(address); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

// What is due is served shop by shop in turn, oldest first within a shop; what
// is at a limit is left in its place.
func TestShopsAreServedInTurn(t *testing.T) {
	q := &queue{running: map[int64]due{}, busy: map[int64]int64{}, lanes: map[string]*lane{}}
	for i := range int64(6) {
		q.found = append(q.found, due{shop: 1, id: 10 + i, object: 10 + i, host: "a"})
	}
	for i := range int64(3) {
		q.found = append(q.found, due{shop: 3, id: 30 + i, object: 30 + i, host: "b"}, due{shop: 2, id: 20 + i, object: 20 + i, host: "a"})
	}
	var order []string
	var last due
	for {
		d, ok := q.pop(limits{shop: 5, host: 4})
		if !ok {
			break
		}
		order, last = append(order, fmt.Sprint(d.id)), d
	}
	if got := strings.Join(order, " "); got != "10 20 30 11 21 31 32" {
		t.Errorf("served %s", got)
	}
	if q.release(last); len(q.found) != 5 || q.lanes["b"].busy != 2 {
		t.Errorf("%d are left, lane b %+v", len(q.found), q.lanes["b"])
	}
	q.release(due{shop: 1, id: 10, host: "a"})
	if d, ok := q.pop(limits{shop: 5, host: 4}); !ok || d.id != 12 {
		t.Errorf("a loop of host a is free and %+v is served", d)
	}
	for _, id := range []int64{11, 12, 20, 21, 30, 31} {
		q.release(q.running[id])
	}
	if len(q.lanes)+len(q.busy)+len(q.running) != 0 {
		t.Errorf("kept for nobody: %v, %v, %v", q.lanes, q.busy, q.running)
	}
}
