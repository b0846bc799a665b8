package account

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// limit says how failures slow down whoever made them: the first few cost nothing, then the wait
// doubles from the first to the longest. Nothing is ever locked.
type limit struct {
	free           int
	first, longest time.Duration
	forget         time.Duration // one failure is forgotten after each of these
}

// The limits. One address at one account is held strictly; one address at all accounts together is an
// office as often as an attacker and is held softly; mails with links are few by nature.
func accountLimit() limit { return limit{5, time.Second, 15 * time.Minute, time.Hour} }
func addressLimit() limit { return limit{100, time.Second, 30 * time.Second, 30 * time.Second} }
func mailLimit() limit    { return limit{3, 10 * time.Minute, 2 * time.Hour, time.Hour} }

// knownFor is how long an address counts as the account's own after a sign-in.
const knownFor = 30 * 24 * time.Hour

// left is the number of failures that are not forgotten. A clock that was set back forgets nothing.
func (l limit) left(t Tally, now time.Time) int {
	if gone := now.Sub(t.Last); gone > 0 {
		return max(0, t.Failures-int(gone/l.forget))
	}
	return t.Failures
}

// wait is how long to wait after so many failures.
func (l limit) wait(failures int) time.Duration {
	over := failures - l.free
	switch {
	case over < 0:
		return 0
	case over > 20:
		return l.longest
	}
	return min(l.first<<over, l.longest)
}

// remaining is how long to wait still; never longer than a whole wait, wherever the clock went.
func (l limit) remaining(t Tally, now time.Time) time.Duration {
	w := l.wait(l.left(t, now))
	return min(w, max(0, t.Last.Add(w).Sub(now)))
}

// counter is one count of failures.
type counter struct {
	limit
	who Hash
}

func countOf(l limit, parts ...string) counter {
	return counter{l, sha256.Sum256([]byte(strings.Join(parts, "\x00")))}
}

// signInCounters are the strict count of an account at an address, and the soft one of whoever connects: a
// proxy, which everybody shares, where one only passes on the address that somebody makes up.
func signInCounters(in SignIn) (pair, net counter) {
	return countOf(accountLimit(), "account", directory.EmailKey(in.Email), network(in.Address)),
		countOf(addressLimit(), "address", network(cmp.Or(in.Through, in.Address)))
}

// begin counts a try as a failure before it is made, so that many at once are no way around, and
// refuses it with *ThrottledError, uncounted, while there is a wait.
func (c counter) begin(tx Tx, now time.Time) error {
	t, err := tx.Tally(c.who)
	if err != nil {
		return err
	}
	if wait := c.remaining(t, now); wait > 0 {
		return &ThrottledError{wait}
	}
	return tx.SetTally(c.who, Tally{c.left(t, now) + 1, now})
}

// forgive takes one failure back: the try was none.
func (c counter) forgive(tx Tx) error {
	t, err := tx.Tally(c.who)
	if err != nil || t.Failures == 0 {
		return err
	}
	t.Failures--
	return tx.SetTally(c.who, t)
}

// clear forgets all failures and remembers the success.
func (c counter) clear(tx Tx, now time.Time) error { return tx.SetTally(c.who, Tally{0, now}) }

// beginSignIn counts a sign-in, and reports whether the address's count has it too. Where somebody signed
// in lately and did not fail since, the address's other failures do not matter: whoever shares it cannot
// keep them out.
func beginSignIn(tx Tx, pair, net counter, now time.Time) (counted bool, err error) {
	t, err := tx.Tally(pair.who)
	if err != nil {
		return false, err
	}
	known := t.Failures == 0 && now.Sub(t.Last) < knownFor
	if err := pair.begin(tx, now); err != nil {
		return false, err
	}
	err = net.begin(tx, now)
	if _, throttled := errors.AsType[*ThrottledError](err); throttled && known {
		return false, nil
	}
	return err == nil, err
}

// failureLog bounds how many failed sign-ins are written to the audit trail, which grows for ever.
type failureLog struct {
	mu      sync.Mutex
	minute  time.Time
	written int
	skipped int
	pruned  time.Time
}

const failuresPerMinute = 60

// take reports whether a failure may be written, and how many were not since the last that was.
func (l *failureLog) take(now time.Time) (ok bool, skipped int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := now.Truncate(time.Minute); m != l.minute {
		l.minute, l.written = m, 0
	}
	if l.written >= failuresPerMinute {
		l.skipped++
		return false, 0
	}
	l.written++
	skipped, l.skipped = l.skipped, 0
	return true, skipped
}

// prune reports, once an hour, that it is time to drop counts that nobody needs any more.
func (l *failureLog) prune(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if gone := now.Sub(l.pruned); gone >= 0 && gone < time.Hour {
		return false
	}
	l.pruned = now
	return true
}
