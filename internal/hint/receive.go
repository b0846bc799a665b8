package hint

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
)

const (
	maxBody = 1 << 20
	// maxUnder is how many deliveries are read at once, so that strangers cannot fill the memory.
	maxUnder = 256
	// patience is how long a delivery waits for the store; BambooHR tries again after five minutes.
	patience = 3 * time.Second
	// keysFor is how long keys are believed, and askAgain how soon they are read again when one does not fit:
	// another process may just have registered the webhook.
	keysFor  = 10 * time.Second
	askAgain = time.Second
)

// nobody's key takes as long to refuse as a connection's: an answer does not tell which connections there are.
const nobody = "00000000000000000000000000000000"

// secret is what signs a connection's deliveries.
type secret struct {
	hook, key string
	err       error // it cannot be opened
}

// keyring holds the private keys of the registered webhooks.
type keyring struct {
	mu   sync.Mutex
	read time.Time // zero: not read, or no longer right
	keys map[string]secret
}

func (k *keyring) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.read = time.Time{}
}

// key is a connection's secret, known for at most an age; ok is false when there is none.
func (s *Service) key(ctx context.Context, connection string, age time.Duration) (found secret, ok bool, err error) {
	k := &s.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	now := s.o.Now()
	if old := now.Sub(k.read); k.read.IsZero() || old > age || old < 0 {
		hooks, err := s.o.Store.Hooks(ctx)
		if err != nil {
			return found, false, err
		}
		k.keys = map[string]secret{}
		for _, h := range hooks {
			if h.ID == "" {
				continue
			}
			key, err := s.o.Sealer.Open(h.Sealed, h.Connection)
			k.keys[h.Connection] = secret{h.ID, string(key), err}
		}
		k.read = now
	}
	found, ok = k.keys[connection]
	return found, ok, found.err
}

// ServeHTTP takes one delivery for the connection in the path. It answers 2xx once the hint is kept, and then
// BambooHR is done with it; a 4xx is never tried again, a 5xx is (bamboohr-api §4). Nothing of a delivery is
// logged, and no answer tells anything about the company.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.under.Add(1) > maxUnder {
		s.under.Add(-1)
		busy(w)
		return
	}
	defer s.under.Add(-1)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		answer(w, http.StatusRequestEntityTooLarge, "too large")
		return
	}
	if err != nil {
		answer(w, http.StatusBadRequest, "not readable")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	connection := r.PathValue("connection")
	signer, known, err := s.signer(ctx, connection, r.Header, body)
	switch {
	case err != nil:
		busy(w)
		return
	case signer.hook == "":
		if known {
			s.refuse(connection)
		}
		answer(w, http.StatusUnauthorized, "not signed by a webhook of this server")
		return
	}
	d := &Delivery{Connection: connection, Hook: signer.hook, Stamp: stamp(r.Header), At: s.o.RunNow()}
	d.Signature, _ = hex.DecodeString(r.Header.Get(bamboohr.SignatureHeader)) // it was verified as hex
	if d.IDs, err = employees(r.Header.Get("Content-Type"), body); err != nil {
		s.refuse(connection)
		answer(w, http.StatusBadRequest, "not readable")
		return
	}
	switch err = s.keep(ctx, d); {
	case err != nil:
		busy(w)
	case !d.Known: // the webhook was taken away at this moment
		answer(w, http.StatusUnauthorized, "not signed by a webhook of this server")
	case !d.New:
		answer(w, http.StatusOK, "known already")
	default:
		answer(w, http.StatusAccepted, "thank you")
	}
}

// signer tells whose key signed a delivery just now; the zero secret when none did. known tells whether the
// connection has a webhook.
func (s *Service) signer(ctx context.Context, connection string, h http.Header, body []byte) (by secret, known bool, err error) {
	for _, age := range []time.Duration{keysFor, askAgain} {
		k, ok, err := s.key(ctx, connection, age)
		if err != nil {
			return by, false, err
		}
		known = ok
		if !ok {
			k.key = nobody
		}
		at := h.Get(bamboohr.TimestampHeader)
		if bamboohr.VerifySignature(k.key, body, at, h.Get(bamboohr.SignatureHeader)) && ok {
			by = k
			break
		}
	}
	if age := s.o.RunNow().Sub(stamp(h)); age > oldest || age < -newest {
		by = secret{} // recorded and sent again, or a clock is wrong
	}
	return by, known, nil
}

// stamp is when a delivery was signed; the zero instant, which is never recent, when it does not say.
func stamp(h http.Header) time.Time {
	seconds, err := strconv.ParseUint(h.Get(bamboohr.TimestampHeader), 10, 33)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// busy asks BambooHR to come again: what cannot be kept must not be answered with 2xx, nor with a 4xx.
func busy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "300")
	answer(w, http.StatusServiceUnavailable, "try again later")
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // an error means that whoever asked is gone
}
