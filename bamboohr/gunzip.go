package bamboohr

import (
	"io"
	"net/http"
	"strings"
)

// WithGunzip unpacks answers with open instead of the transport's own way, the standard library's: with a faster
// package, say. What open returns must report a torn or damaged answer as an error, as compress/gzip does.
func WithGunzip(open func(io.Reader) (io.Reader, error)) Option {
	return func(o *options) { o.gunzip = open }
}

// unpacked is the body of an answer to a request that asked for gzip itself.
func unpacked(resp *http.Response, open func(io.Reader) (io.Reader, error)) io.ReadCloser {
	if open == nil || !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return resp.Body
	}
	return &gunzipped{ReadCloser: resp.Body, open: open}
}

// gunzipped opens what is packed at the first read, which may have to wait for its beginning.
type gunzipped struct {
	io.ReadCloser
	open func(io.Reader) (io.Reader, error)
	src  io.Reader
	err  error // why it could not be opened
}

func (g *gunzipped) Read(p []byte) (int, error) {
	if g.src == nil && g.err == nil {
		g.src, g.err = g.open(g.ReadCloser)
	}
	if g.err != nil {
		return 0, g.err
	}
	return g.src.Read(p)
}
