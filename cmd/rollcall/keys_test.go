package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
)

// TestEveryPurposeIsResealed reads the program: every purpose that anything is sealed for is one that a rotation
// seals anew.
func TestEveryPurposeIsResealed(t *testing.T) {
	purpose := regexp.MustCompile(`Purpose: +"([a-z_]+)"`)
	var found []string
	for _, pattern := range []string{"*.go", "../../internal/*/*.go", "../../internal/*/*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range purpose.FindAllStringSubmatch(string(text), -1) {
				found = append(found, m[1])
			}
		}
	}
	slices.Sort(found)
	kinds := store.SealedKinds()
	slices.Sort(kinds)
	if diff := cmp.Diff(kinds, slices.Compact(found)); diff != "" {
		t.Errorf("what is sealed (-known to the store +in the program):\n%s", diff)
	}
}

// keysWorld is a data folder in which the sign-in provider's secret is sealed.
type keysWorld struct {
	call
	t    *testing.T
	dir  string
	path string // of the keyring
}

func newKeysWorld(t *testing.T) *keysWorld {
	w := &keysWorld{t: t, dir: filepath.Join(t.TempDir(), "data")}
	w.env, w.path = map[string]string{"ROLLCALL_DATA": w.dir}, filepath.Join(w.dir, seal.File)
	w.accounts(func(s *account.Service) error {
		return s.SetOpenID(t.Context(), account.Operator("test"), account.OpenID{Name: "Acme", Issuer: "https://login.acme.test", ClientID: "c"}, "hush")
	})
	return w
}

func (w *keysWorld) ring() *seal.Keyring {
	w.t.Helper()
	ring, err := seal.OpenOrCreate(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	return ring
}

func (w *keysWorld) accounts(f func(*account.Service) error) {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), w.dir, store.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	kept := db.Org(organisation)
	if err := f(account.New(account.Options{Organisation: organisation, Store: kept.Accounts(), Now: time.Now, Sealer: seal.Rows{Keys: w.ring(), Organisation: organisation, Purpose: "preference"}})); err != nil {
		w.t.Fatal(err)
	}
}

// opens holds that the secret is still readable.
func (w *keysWorld) opens() {
	w.t.Helper()
	w.accounts(func(s *account.Service) error {
		secret, err := s.OpenIDSecret(w.t.Context())
		if err == nil && secret != "hush" {
			w.t.Errorf("the secret became %q", secret)
		}
		return err
	})
}

func (w *keysWorld) rotate(args ...string) keysView {
	w.t.Helper()
	if code := w.run(w.t, append([]string{"keys", "rotate", "-o", "json"}, args...)...); code != 0 {
		w.t.Fatalf("keys rotate: exit code %d, %s", code, &w.err)
	}
	var v keysView
	if err := json.Unmarshal(w.out.Bytes(), &v); err != nil {
		w.t.Fatal(err)
	}
	return v
}

func preference(v keysView) sealedView {
	return v.Secrets[slices.IndexFunc(v.Secrets, func(s sealedView) bool { return s.Kind == "preference" })]
}

func TestKeysRotate(t *testing.T) {
	w := newKeysWorld(t)
	first := w.ring().Primary()
	v := w.rotate()
	if v.KeyID == first || v.Older != 1 || len(v.Dropped) != 0 || preference(v) != (sealedView{Kind: "preference", Resealed: 1}) || len(v.Secrets) != len(store.SealedKinds()) {
		t.Errorf("got %+v", v)
	}
	w.opens()
	again := w.rotate("--drop-old")
	if !slices.Equal(again.Dropped, []string{first}) || again.Older != 1 || preference(again).Resealed != 1 {
		t.Errorf("the key before last goes, the last stays for servers that run: %+v after %s, %s", again, first, v.KeyID)
	}
	w.opens()
	if code := w.run(t, "keys", "rotate"); code != 0 || !strings.Contains(w.out.String(), "Secrets of sign-in sealed anew: 1") {
		t.Errorf("exit code %d: %s", code, &w.out)
	}
}

// TestStartFinishesARotation: the rotation was killed after it made the key.
func TestStartFinishesARotation(t *testing.T) {
	w := newKeysWorld(t)
	if _, _, err := w.ring().Rotate(); err != nil {
		t.Fatal(err)
	}
	w.start(t).stop()
	if _, err := w.ring().Drop(func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	w.opens()
}

// TestKeysRotateTellsWhatItCannotOpen: a keyring that does not belong to the database loses nothing more.
func TestKeysRotateTellsWhatItCannotOpen(t *testing.T) {
	w := newKeysWorld(t)
	kept := w.path + ".kept"
	if err := os.Rename(w.path, kept); err != nil {
		t.Fatal(err)
	}
	if v := w.rotate("--drop-old"); preference(v) != (sealedView{Kind: "preference", Broken: 1}) {
		t.Errorf("got %+v", v)
	}
	if code := w.run(t, "keys", "rotate"); code != 0 || !strings.Contains(w.out.String(), "Secrets of sign-in that no key here opens: 1") {
		t.Errorf("exit code %d: %s", code, &w.out)
	}
	if err := os.Rename(kept, w.path); err != nil {
		t.Fatal(err)
	}
	w.opens()
}
