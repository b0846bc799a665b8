package bamboohr

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	firstBackoff = 500 * time.Millisecond
	longestDelay = 30 * time.Second // of our own back-off
	longestWait  = 15 * time.Minute // asked for by the server; beyond it the caller re-schedules
)

// retryPolicy bounds the attempts of one call.
type retryPolicy struct {
	tries int
	total time.Duration
}

// delay says how long to wait before attempt number next (from 2), or false
// when there is to be none. A write is repeated only when it was surely not
// sent, or surely refused (bamboohr-api §9.9).
func (c *Client) delay(e *Error, write bool, next int, started time.Time) (time.Duration, bool) {
	again := e.transient
	if write {
		again = e.notSent || e.Status == http.StatusTooManyRequests && e.Kind == ErrRateLimited
	}
	if !again || next > c.retry.tries || e.RetryAfter > longestWait {
		return 0, false
	}
	wait := e.RetryAfter
	if !e.asked {
		wait = backoff(next-2, c.random())
	}
	if c.now().Sub(started)+wait > c.retry.total {
		return 0, false
	}
	return wait, true
}

// backoff doubles from half a second to half a minute; chance in [0,1) spreads
// it over the upper half.
func backoff(retries int, chance float64) time.Duration {
	d := longestDelay
	if retries < 6 {
		d = firstBackoff << retries
	}
	return d/2 + time.Duration(chance*float64(d/2))
}

// parseRetryAfter reads seconds or an HTTP date (bamboohr-api §1.6). What is
// past or negative is 0; none and junk are not ok.
func parseRetryAfter(v string, now time.Time) (d time.Duration, ok bool) {
	v = strings.TrimSpace(v)
	n, err := strconv.ParseInt(v, 10, 64)
	switch {
	case err == nil && n <= 0, errors.Is(err, strconv.ErrRange) && v[0] == '-':
		return 0, true
	case errors.Is(err, strconv.ErrRange), err == nil && n > int64(math.MaxInt64/time.Second):
		return math.MaxInt64, true
	case err == nil:
		return time.Duration(n) * time.Second, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(0, at.Sub(now)), true
}

// retryableStatus lists what a read may try again (bamboohr-api §1.5, §9.9).
func retryableStatus(status int) bool {
	switch status {
	case 408, 429, 500, 502, 503, 504, 598:
		return true
	}
	return false
}
