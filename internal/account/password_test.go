package account

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestHashAndVerify(t *testing.T) {
	s := New(Options{Rand: rand.Reader})
	const password = "a violin in the rain"
	hash, err := s.hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(hash, password) {
		t.Errorf("hash = %s", hash)
	}
	again, err := s.hash(t.Context(), password)
	if err != nil || again == hash {
		t.Errorf("a second hash of the password is the same (%v): there is no salt", err)
	}
	check := func(name, password, hash string, wantFits, wantStale bool) {
		t.Helper()
		fits, stale, err := s.verify(t.Context(), password, hash)
		if err != nil || fits != wantFits || stale != wantStale {
			t.Errorf("%s: fits %t, stale %t, %v; want %t, %t", name, fits, stale, err, wantFits, wantStale)
		}
	}
	check("the password", password, hash, true, false)
	check("another", password+".", hash, false, false)
	check("blank", "", hash, false, false)
	check("no hash", password, "", false, false)
	check("no hash, blank", "", "", false, false)
	check("endless", strings.Repeat("a", 1<<20), hash, false, false)
	s.Cheap()
	check("older parameters", password, hash, true, true)
	composed, err := s.hash(t.Context(), "caf\u00e9 in the rain")
	if err != nil {
		t.Fatal(err)
	}
	check("typed on a Mac", "cafe\u0301 in the rain", composed, true, false)
	if _, _, err := s.verify(t.Context(), password, "$2a$10$abc"); err == nil {
		t.Error("a hash of another kind was taken")
	}
}

func TestParseRefusesWhatItDidNotMake(t *testing.T) {
	good := current().encode([]byte("0123456789abcdef"), make([]byte, keyLength))
	if _, err := parse(good); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{"argon2id", "argon2i"}, {"v=19", "v=18"}, {"m=19456", "m=4294967295"}, {"m=19456", "m=0"}, {"t=2", "t=0"},
		{"t=2", "t=9999"}, {"p=1", "p=0"}, {"p=1", "p=1,x=2"}, {"AAA", "A!A"}, {"$", ""}} {
		if _, err := parse(strings.Replace(good, change[0], change[1], 1)); err == nil {
			t.Errorf("%s for %s was taken", change[1], change[0])
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a := argon{uint32(rapid.IntRange(8, 1<<20).Draw(t, "memory")), uint32(rapid.IntRange(1, 16).Draw(t, "time")), uint8(rapid.IntRange(1, 16).Draw(t, "threads"))}
		salt, key := rapid.SliceOfN(rapid.Byte(), 8, 64).Draw(t, "salt"), rapid.SliceOfN(rapid.Byte(), keyLength, keyLength).Draw(t, "key")
		p, err := parse(a.encode(salt, key))
		if err != nil || p.argon != a || string(p.salt) != string(salt) || string(p.key) != string(key) {
			t.Fatalf("parse(encode(%v)) = %v, %v", a, p, err)
		}
	})
}

func TestHashingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		for range cap(s.slots) {
			if _, err := s.slot(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.hash(ctx, "a violin in the rain"); err == nil {
			t.Error("one more password was hashed than there are slots")
		}
	})
}

// A flood of sign-ins is refused before it fills the memory; those who wait are served in the end.
func TestHashingRefusesAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{})
		s.Cheap()
		var slots []func()
		for range cap(s.slots) {
			done, err := s.slot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			slots = append(slots, done)
		}
		hashed := make(chan error, hashQueue)
		for range hashQueue {
			go func() {
				_, err := s.hash(t.Context(), "a violin in the rain")
				hashed <- err
			}()
		}
		synctest.Wait()
		if _, _, err := s.verify(t.Context(), "a violin in the rain", ""); err != ErrBusy {
			t.Errorf("one more than the queue holds: %v", err)
		}
		for _, done := range slots {
			done()
		}
		for range hashQueue {
			if err := <-hashed; err != nil {
				t.Errorf("one that waited: %v", err)
			}
		}
		if _, err := s.hash(t.Context(), "a violin in the rain"); err != nil {
			t.Errorf("after the flood: %v", err)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	const email, name = "ann.lee@acme.test", "Ann Lee"
	for _, bad := range []string{"", "short one", "eleven char", strings.Repeat("long ", 26), "aaaaaaaaaaaaaaaa", "abababababab", "Password1234",
		"correct horse battery staple", "QWERTYUIOP123", "rollcall2026", "Rollcall-Rollcall-1", "ann.lee@acme.test", "AnnLee2026!!", "lee.ann.1234567",
		"acmeacmeacme12", "ann lee is x 1", "tab\tin the password", "null\x00in the word", "bad \xff utf-8 here"} {
		err := CheckPassword(bad, email, name)
		if in, ok := errors.AsType[*InputError](err); !ok || in.Field != "password" {
			t.Errorf("%q: %v, want a word about the password", bad, err)
		}
	}
	for _, good := range []string{"a violin in the rain", "x7#pQ2!vLm9$", "пароль и скрипка", "我们在雨中拉小提琴真是太好了", "the rollcall was a violin", strings.Repeat("twelve char ", 10)} {
		if err := CheckPassword(good, email, name); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, word := range strings.Fields(common) {
		if n := utf8.RuneCountInString(word); n < minPassword || word != strings.ToLower(word) {
			t.Errorf("common.txt: %q can never match", word)
		}
		if CheckPassword(word, "", "") == nil {
			t.Errorf("%q was taken", word)
		}
	}
	rapid.Check(t, func(t *rapid.T) { // whatever is typed, the answer is for its field and never a panic
		err := CheckPassword(rapid.String().Draw(t, "password"), rapid.String().Draw(t, "email"), rapid.String().Draw(t, "name"))
		if in, ok := errors.AsType[*InputError](err); err != nil && (!ok || in.Field != "password" || in.Text == "") {
			t.Fatal(err)
		}
	})
}
