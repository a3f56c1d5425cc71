package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Who opens as many connections as there may be, and leaves them idle, must not
// keep the next client out.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	server.Config.ConnState = newConnections(4).state
	server.Start()
	defer server.Close()
	address := server.Listener.Addr().String()
	for range 20 {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got := ask(conn); got != "ok" {
			t.Fatalf("a new client beside idle ones: %q", got)
		}
	}
}

func ask(conn net.Conn) string {
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return string(text)
}

func TestSlashesAndPatience(t *testing.T) {
	var path string
	var left error
	h := hospitable(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		_, _ = io.ReadAll(r.Body)
		left = r.Context().Err()
	}), 1<<20)
	for asked, want := range map[string]string{"//gateway/v1/shop_balance": "/gateway/v1/shop_balance", "/a//b///": "/a/b/", "/": "/"} {
		r := httptest.NewRequest(http.MethodPost, "http://x"+asked, nil)
		if h.ServeHTTP(httptest.NewRecorder(), r); path != want {
			t.Errorf("%s is served as %s", asked, path)
		}
	}
	server := httptest.NewServer(h)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(conn, "POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.ReadAll(conn)
	if left != nil || path != "/half" {
		t.Errorf("a client that closed its sending side was given up: %v at %s", left, path)
	}
}
