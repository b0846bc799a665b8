package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// argon are the parameters of argon2id.
type argon struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// current are the parameters for new hashes (OWASP's: 19 MiB, two passes, one thread); older ones are
// replaced when their person signs in.
func current() argon { return argon{memory: 19 * 1024, time: 2, threads: 1} }

const (
	saltLength = 16
	keyLength  = 32
)

func (a argon) key(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, a.time, a.memory, a.threads, keyLength)
}

func (a argon) encode(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.memory, a.time, a.threads, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// dummy is a hash that no password has, for accounts that are unknown or have none: to refuse them
// takes as long as to refuse a wrong password.
func (a argon) dummy() string { return a.encode(make([]byte, saltLength), make([]byte, keyLength)) }

// parsed is a hash in its parts.
type parsed struct {
	argon
	salt, key []byte
}

// parse reads the PHC form, with bounds on what computing it may cost.
func parse(hash string) (parsed, error) {
	bad := fmt.Errorf("a stored password is no argon2id hash that this version knows")
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return parsed{}, bad
	}
	var p parsed
	if n, err := fmt.Sscanf(parts[3]+"\n", "m=%d,t=%d,p=%d\n", &p.memory, &p.time, &p.threads); err != nil || n != 3 {
		return parsed{}, bad
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	p.key, err2 = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(p.key) != keyLength || len(p.salt) < 8 ||
		p.memory < 8 || p.memory > 1<<20 || p.time < 1 || p.time > 16 || p.threads < 1 || p.threads > 16 {
		return parsed{}, bad
	}
	return p, nil
}

// hash computes the stored form of a password.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	if _, err := io.ReadFull(s.o.Rand, salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	done, err := s.slot(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	return s.argon.encode(salt, s.argon.key(password, salt)), nil
}

// verify compares a password with a stored hash; "" costs the same and never fits. stale reports a
// hash with other parameters than today's.
func (s *Service) verify(ctx context.Context, password, hash string) (fits, stale bool, err error) {
	none := hash == ""
	if none {
		hash = s.argon.dummy()
	}
	if len(password) > 4*maxPassword { // nobody has one so long
		password, none = "", true
	}
	p, err := parse(hash)
	if err != nil {
		return false, false, err
	}
	done, err := s.slot(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	fits = subtle.ConstantTimeCompare(p.argon.key(password, p.salt), p.key) == 1
	return fits && !none, p.argon != s.argon, nil
}

// hashQueue is how many may wait for a slot: a few seconds' worth.
const hashQueue = 64

// slot waits until a password may be hashed: each takes 19 MiB and a processor. ErrBusy at once when too many wait
// already.
func (s *Service) slot(ctx context.Context) (done func(), err error) {
	done = func() { <-s.slots }
	select {
	case s.slots <- struct{}{}:
		return done, nil
	default:
	}
	select {
	case s.queue <- struct{}{}:
		defer func() { <-s.queue }()
	default:
		return nil, ErrBusy
	}
	select {
	case s.slots <- struct{}{}:
		return done, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
