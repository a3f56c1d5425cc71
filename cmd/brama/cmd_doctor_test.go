package main

import (
	"strings"
	"testing"
)

// Without --shop the only one that can be meant is, and else those that may be are named.
func TestDoctorFindsTheShop(t *testing.T) {
	e := newEstate(t).founded()
	e.refused("there is no shop; make one", "doctor")
	e.must("shop", "create", "First", "--id", "77", "--commit")
	e.refused("--url: the shop has configured none", "doctor") // 77, the only one
	e.refused("--name: must be 1 to 20", "doctor", "--url", "https://shop.example", "--name", "A B")
	e.must("shop", "create", "Second", "--id", "78", "--commit")
	e.refused("which shop? --shop 77 (First), --shop 78 (Second)", "doctor")
	e.must("shop", "set", "78", "callback_url=http://127.0.0.1:1/x", "--commit")
	if got := e.run("doctor"); !strings.Contains(got.stdout, "127.0.0.1:1") { // 78's, the only one that has any
		t.Error(got)
	}
}

// In a demo nobody has to look up a number first.
func TestDoctorInADemo(t *testing.T) {
	e := newEstate(t)
	stop := e.serve("--demo")
	defer stop()
	if got := e.run("doctor"); got.status != 0 || !strings.Contains(e.must("audit", "list", "1520"), "doctor") {
		t.Error(got)
	}
}
