package server

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections stay inside the process, so that its time can be a test's.
type pipes struct {
	calls chan net.Conn
	over  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.calls:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.over); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.calls <- theirs
	return ours
}

// paceTest serves a handler in a bubble of its own.
func paceTest(t *testing.T, h http.HandlerFunc, test func(t *testing.T, p *pipes)) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{make(chan net.Conn), make(chan struct{})}
		s := newHTTPServer(h, slog.New(slog.DiscardHandler))
		go s.Serve(p)
		test(t, p)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second) // the server lets what it said go out before it hangs up
	})
}

// get asks on a connection and returns the body of the answer.
func get(t *testing.T, c net.Conn, path string) string {
	t.Helper()
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: rollcall.test\r\n\r\n", path)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// A reader who takes nothing ends after a while, and meanwhile others are served.
func TestSlowReaderHoldsNobody(t *testing.T) {
	var ended time.Duration
	paceTest(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/small" {
			io.WriteString(w, "small")
			return
		}
		begun := time.Now()
		if _, err := w.Write(bytes.Repeat([]byte("x"), 8<<20)); err == nil {
			t.Error("all was taken")
		}
		ended = time.Since(begun)
	}, func(t *testing.T, p *pipes) {
		slow := p.dial()
		fmt.Fprintf(slow, "GET /large HTTP/1.1\r\nHost: rollcall.test\r\n\r\n")
		synctest.Wait()
		other := p.dial()
		if got := get(t, other, "/small"); got != "small" {
			t.Errorf("meanwhile: %q", got)
		}
		other.Close()
		time.Sleep(2 * stallTime)
		synctest.Wait()
		slow.Close()
		if ended != stallTime {
			t.Errorf("the slow reader was given %s", ended)
		}
	})
}

// A large answer that is taken little by little arrives, however long it takes.
func TestSteadyReaderGetsEverything(t *testing.T) {
	const size = 4 << 20
	paceTest(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(size))
		w.Write(bytes.Repeat([]byte("x"), size))
	}, func(t *testing.T, p *pipes) {
		c := p.dial()
		defer c.Close()
		fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: rollcall.test\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for b := make([]byte, piece); ; {
			n, err := io.ReadFull(res.Body, b)
			got += n
			if err != nil {
				break
			}
			time.Sleep(stallTime / 2)
		}
		if got != size {
			t.Errorf("%d bytes of %d", got, size)
		}
	})
}

// Work may take longer than any deadline: whoever waits for a run gets its answer.
func TestLongWorkIsAnswered(t *testing.T) {
	paceTest(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if _, err := io.ReadAll(r.Body); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Hour)
		if err := r.Context().Err(); err != nil {
			t.Errorf("%s was given up: %v", r.Method, err)
		}
		io.WriteString(w, "done")
	}, func(t *testing.T, p *pipes) {
		c := p.dial()
		defer c.Close()
		if got := get(t, c, "/"); got != "done" {
			t.Errorf("got %q", got)
		}
		fmt.Fprint(c, "POST / HTTP/1.1\r\nHost: rollcall.test\r\nContent-Length: 2\r\n\r\nhi")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); err != nil || string(body) != "done" {
			t.Errorf("got %q, %v", body, err)
		}
	})
}

// Requests that come by drops end, headers and bodies, and so do connections that ask nothing.
func TestSlowWriterEnds(t *testing.T) {
	for name, c := range map[string]struct {
		first string
		most  time.Duration
	}{
		"nothing": {"", headerTime},
		"header":  {"GET / HTTP/1.1\r\nHost: rollcall.test\r\n", headerTime},
		"body":    {"POST / HTTP/1.1\r\nHost: rollcall.test\r\nContent-Length: 100000\r\n\r\n", bodyTime},
	} {
		t.Run(name, func(t *testing.T) {
			paceTest(t, func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.ReadAll(r.Body); err == nil {
					t.Error("all was read")
				}
			}, func(t *testing.T, p *pipes) {
				conn := p.dial()
				defer conn.Close()
				begun := time.Now()
				go io.Copy(io.Discard, conn)
				_, err := io.WriteString(conn, c.first)
				for err == nil {
					time.Sleep(time.Second)
					if time.Since(begun) > time.Hour {
						t.Fatal("still listened to")
					}
					if name == "nothing" {
						_, err = conn.Write(nil)
						if time.Since(begun) > c.most {
							_, err = conn.Write([]byte("x"))
						}
						continue
					}
					_, err = io.WriteString(conn, "x")
				}
				if took := time.Since(begun); took > c.most+2*time.Second {
					t.Errorf("listened to for %s", took)
				}
			})
		})
	}
}

// An answer is not begun before the header is read, and a header has an end.
func TestLargeHeaderIsRefused(t *testing.T) {
	paceTest(t, func(http.ResponseWriter, *http.Request) { t.Error("served") }, func(t *testing.T, p *pipes) {
		c := p.dial()
		defer c.Close()
		go fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: rollcall.test\r\nX: %s\r\n\r\n", strings.Repeat("x", 1<<20))
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("got %v, %v", res, err)
		}
	})
}

// Connections beyond the limit wait for one to end.
func TestConnectionsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pipes{make(chan net.Conn), make(chan struct{})}
		l := limited(p)
		taken := make(chan net.Conn)
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			for ctx.Err() == nil {
				if c, err := l.Accept(); err == nil {
					taken <- c
				}
			}
		}()
		go func() {
			for range maxConnections + 1 {
				_, theirs := net.Pipe()
				p.calls <- theirs
			}
		}()
		var first net.Conn
		for range maxConnections {
			first = <-taken
		}
		synctest.Wait()
		select {
		case <-taken:
			t.Error("one too many")
		default:
		}
		first.Close()
		<-taken
		stop()
		l.Close()
	})
}
