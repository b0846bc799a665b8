package main

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// mood is how the mail server behaves.
type mood string

const (
	fine     mood = "works"
	down     mood = "is not there"
	refusing mood = "refuses every recipient"
	silent   mood = "never says hello"
	dropping mood = "takes the message and hangs up without an answer"
)

// postOffice is a mail server that keeps what it took.
type postOffice struct {
	t    *testing.T
	port string
	// now is noted with every mail.
	now func() string

	mu    sync.Mutex // guards what follows
	mood  mood
	l     net.Listener // nil while it is not there
	calls int
	hung  []net.Conn // calls that nobody answers
	mails []letter
}

// letter is a mail that the server took, whatever the client was told.
type letter struct{ At, To, ID, Subject, Text string }

// posts gives the office a mail server, which its configuration names.
func (o *office) posts(m mood) *postOffice {
	o.t.Helper()
	p := &postOffice{t: o.t, mood: m, now: func() string { return "" }}
	p.open("127.0.0.1:0")
	if m == down {
		p.set(down)
	}
	o.t.Cleanup(func() { p.set(down) })
	path := filepath.Join(o.dir, "rollcall.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		o.t.Fatal(err)
	}
	text = fmt.Appendf(text, "smtp: { host: 127.0.0.1, port: %s, from: rollcall@acme.test, tls: none }\n", p.port)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		o.t.Fatal(err)
	}
	return p
}

func (p *postOffice) open(address string) {
	p.t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		p.t.Fatal(err)
	}
	_, p.port, _ = net.SplitHostPort(l.Addr().String())
	p.l = l
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.talk(conn)
		}
	}()
}

// set changes how the server behaves from the next call on, and ends calls that nobody answers.
func (p *postOffice) set(m mood) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mood = m
	for _, c := range p.hung {
		c.Close()
	}
	p.hung = nil
	if m == down && p.l != nil {
		p.l.Close()
		p.l = nil
	}
	if m != down && p.l == nil {
		p.open("127.0.0.1:" + p.port)
	}
}

// taken are the mails so far, in the order in which they came.
func (p *postOffice) taken() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]letter(nil), p.mails...)
}

// called is how often somebody called.
func (p *postOffice) called() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func (p *postOffice) talk(conn net.Conn) {
	defer conn.Close()
	p.mu.Lock()
	p.calls++
	m := p.mood
	if m == silent {
		p.hung = append(p.hung, conn)
	}
	p.mu.Unlock()
	if m == silent {
		_, _ = io.Copy(io.Discard, conn) // until the client gives up
		return
	}
	fmt.Fprint(conn, "220 mail.acme.test\r\n")
	to := ""
	for in := bufio.NewScanner(conn); in.Scan(); {
		line := in.Text()
		switch {
		case strings.HasPrefix(line, "RCPT TO:") && m == refusing:
			fmt.Fprint(conn, "451 come back later\r\n")
		case strings.HasPrefix(line, "RCPT TO:"):
			to = strings.Trim(line[len("RCPT TO:"):], "<> ")
			fmt.Fprint(conn, "250 ok\r\n")
		case line == "DATA":
			fmt.Fprint(conn, "354 go on\r\n")
			if whole := p.keep(in, to); !whole || m == dropping {
				return
			}
			fmt.Fprint(conn, "250 taken\r\n")
		case line == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

// keep reads a message; false when its sender breaks off.
func (p *postOffice) keep(in *bufio.Scanner, to string) bool {
	var text strings.Builder
	for in.Scan() && in.Text() != "." {
		text.WriteString(strings.TrimPrefix(in.Text(), ".") + "\n")
	}
	if in.Text() != "." {
		return false
	}
	m, err := mail.ReadMessage(strings.NewReader(text.String()))
	if err != nil {
		p.t.Errorf("a mail that is none: %v", err)
		return true
	}
	body, _ := io.ReadAll(m.Body)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		p.t.Errorf("subject: %v", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, letter{p.now(), to, m.Header.Get("Message-ID"), subject, string(body)})
	return true
}
