package notify_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-hr/rollcall/policy"
)

// mode is how the mail server behaves.
type mode string

const (
	works     mode = "works"
	busy      mode = "answers 451 to RCPT"
	refuses   mode = "answers 554 to RCPT"
	closing   mode = "answers 421 to MAIL"
	mute      mode = "never says hello"
	dumb      mode = "says hello and nothing more"
	hangs     mode = "never answers the message"
	drops     mode = "takes the message and hangs up without an answer"
	rude      mode = "takes the message, answers, and hangs up"
	forgetful mode = "hangs up in the middle of the message"
)

// mailServer takes mails as RFC 5321 has it, as far as a test needs.
type mailServer struct {
	policy.SMTP
	quit     chan struct{} // closed at the end of the test
	arrived  chan struct{}
	mu       sync.Mutex  // guards what follows
	starttls *tls.Config // offered, when set
	login    string      // base64 of AUTH PLAIN that is asked for, "" for none
	mode     mode
	mails    []received
	dials    int
}

// received is a mail that the server took, whatever the client was told.
type received struct{ From, To, Raw string }

func (m received) header(name string) string {
	for line := range strings.SplitSeq(m.Raw, "\n") {
		if line == "" {
			break
		}
		if k, v, ok := strings.Cut(line, ": "); ok && strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// newMailServer starts a server; with a configuration it speaks TLS from the first byte.
func newMailServer(t *testing.T, implicit *tls.Config) *mailServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if implicit != nil {
		l = tls.NewListener(l, implicit)
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.Atoi(port)
	s := &mailServer{SMTP: policy.SMTP{Host: host, Port: n, From: "rollcall@acme.test", TLS: policy.TLSOpportunistic}, mode: works, quit: make(chan struct{}), arrived: make(chan struct{}, 100)}
	var talks sync.WaitGroup
	talks.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			talks.Go(func() { s.talk(conn) })
			talks.Go(func() {
				<-s.quit
				conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		close(s.quit)
		l.Close()
		talks.Wait()
	})
	return s
}

func (s *mailServer) set(m mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = m
}

// demand sets what the server asks of a client.
func (s *mailServer) demand(login string, starttls *tls.Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.login, s.starttls = login, starttls
}

// taken returns and forgets the mails that arrived.
func (s *mailServer) taken() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.mails
	s.mails = nil
	return out
}

func (s *mailServer) talk(conn net.Conn) {
	defer conn.Close()
	s.mu.Lock()
	s.dials++
	mode, login, starttls := s.mode, s.login, s.starttls
	s.mu.Unlock()
	say := func(text string) { fmt.Fprint(conn, text+"\r\n") }
	if mode == mute || mode == dumb {
		if mode == dumb {
			say("220 mail.acme.test")
		}
		io.Copy(io.Discard, conn) // until the client gives up
		s.arrived <- struct{}{}
		return
	}
	say("220 mail.acme.test")
	var m received
	signedIn := login == ""
	in := bufio.NewScanner(conn)
	for in.Scan() {
		line := in.Text()
		switch verb, rest, _ := strings.Cut(line, ":"); {
		case strings.HasPrefix(line, "EHLO"):
			say("250-mail.acme.test\r\n250-8BITMIME")
			if _, secure := conn.(*tls.Conn); starttls != nil && !secure {
				say("250-STARTTLS")
			}
			say("250 AUTH PLAIN")
		case line == "STARTTLS" && starttls != nil:
			say("220 go on")
			conn = tls.Server(conn, starttls)
			in = bufio.NewScanner(conn)
		case strings.HasPrefix(line, "AUTH"):
			if signedIn = line == "AUTH PLAIN "+login; signedIn {
				say("235 welcome")
			} else {
				say("535 wrong: " + line)
			}
		case verb == "MAIL FROM" && !signedIn:
			say("530 sign in first")
		case verb == "MAIL FROM" && mode == closing:
			say("421 too many connections")
		case verb == "MAIL FROM":
			m = received{From: rest}
			say("250 ok")
		case verb == "RCPT TO" && mode == busy:
			say("451 come back later")
		case verb == "RCPT TO" && mode == refuses:
			say("554 no mail for" + rest)
		case verb == "RCPT TO":
			m.To = strings.Trim(strings.TrimSpace(rest), "<>")
			say("250 ok")
		case line == "DATA":
			say("354 go on")
			if !s.data(in, &m, mode) {
				return
			}
			say("250 taken")
			if mode == rude {
				return
			}
		case line == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// data takes a message; false when the server goes away without an answer.
func (s *mailServer) data(in *bufio.Scanner, m *received, mode mode) bool {
	var text strings.Builder
	for in.Scan() && in.Text() != "." {
		if mode == forgetful {
			return false
		}
		text.WriteString(strings.TrimPrefix(in.Text(), ".") + "\n")
	}
	if mode == hangs {
		<-s.quit
		return false
	}
	m.Raw = text.String()
	s.mu.Lock()
	s.mails = append(s.mails, *m)
	s.mu.Unlock()
	s.arrived <- struct{}{}
	return mode != drops
}
