package server

import (
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// What one visitor may take of the server, so that those who are slow on purpose hold up nobody else.
const (
	headerTime     = 10 * time.Second // for the header of a request
	bodyTime       = time.Minute      // for all of a request
	stallTime      = time.Minute      // for the next piece of an answer to be taken
	idleTime       = 2 * time.Minute  // between two requests
	maxHeader      = 64 << 10
	maxConnections = 2000
	piece          = 64 << 10 // bytes of an answer that are sent at a time
)

// newHTTPServer serves the application within these bounds. Work itself has no end here: a run that somebody waits
// for, or a large export, may take its time as long as its answer is taken.
func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{Handler: paced(h), ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: stallTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
}

// limited lets so many connections in at a time; the others wait until one ends.
func limited(l net.Listener) net.Listener { return netutil.LimitListener(l, maxConnections) }

// paced gives every piece of an answer its own deadline. That for reading is the server's: it ends once all was read.
func paced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &pacedWriter{w, http.NewResponseController(w)}
		defer p.begin() // for what is still in the server's buffer
		next.ServeHTTP(p, r)
	})
}

type pacedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Unwrap lets http.ResponseController find the server's own writer.
func (p *pacedWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// begin gives the reader stallTime from now on. A connection without deadlines, as of a test, does without.
func (p *pacedWriter) begin() { _ = p.control.SetWriteDeadline(time.Now().Add(stallTime)) }

func (p *pacedWriter) Write(b []byte) (n int, err error) {
	for {
		p.begin()
		m, err := p.ResponseWriter.Write(b[n:min(n+piece, len(b))])
		if n += m; err != nil || n == len(b) {
			return n, err
		}
	}
}
