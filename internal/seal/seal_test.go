package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

var here = Place{Organisation: "org1", Purpose: "bamboohr_api_key", Row: "7"}

func TestSealOpens(t *testing.T) {
	k := newKeyring(t)
	for _, plain := range []string{"", "secret", strings.Repeat("x", 10000)} {
		sealed := mustSeal(t, k, plain, here)
		if strings.Contains(sealed, "secret") || !strings.HasPrefix(sealed, "v1."+k.Primary()+".") {
			t.Errorf("got %.40s", sealed)
		}
		got, err := k.Open(sealed, here)
		if err != nil || string(got) != plain {
			t.Errorf("got %.20q, %v", got, err)
		}
	}
	if mustSeal(t, k, "a", here) == mustSeal(t, k, "a", here) {
		t.Error("equal values must not look equal")
	}
}

// TestSealedValueOpensNowhereElse copies a value to another row, organisation and purpose, also by moving
// the borders between them.
func TestSealedValueOpensNowhereElse(t *testing.T) {
	k := newKeyring(t)
	sealed := mustSeal(t, k, "secret", here)
	for _, p := range []Place{
		{"org2", "bamboohr_api_key", "7"},
		{"org1", "smtp_password", "7"},
		{"org1", "bamboohr_api_key", "8"},
		{"org1b", "amboohr_api_key", "7"},
		{"org1", "bamboohr_api_key7", "7"},
	} {
		if _, err := k.Open(sealed, p); !errors.Is(err, ErrCannotOpen) {
			t.Errorf("%v: got %v", p, err)
		}
	}
	for _, p := range []Place{{}, {Organisation: "a", Purpose: "b"}, {Purpose: "b", Row: "c"}, {Organisation: "a", Row: "c"}} {
		if _, err := k.Seal(nil, p); err == nil {
			t.Errorf("%v: sealed for a place that is none", p)
		}
		if _, err := k.Open(sealed, p); err == nil {
			t.Errorf("%v: opened at a place that is none", p)
		}
	}
}

func TestPlacesNeverShareTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringN(0, 3, -1)
		draw := func() Place { return Place{part.Draw(t, "o"), part.Draw(t, "p"), part.Draw(t, "r")} }
		a, b := draw(), draw()
		if a != b && bytes.Equal(a.bind("k"), b.bind("k")) {
			t.Fatalf("%q and %q", a, b)
		}
	})
}

// TestTamperingFails flips every bit of a sealed value in turn.
func TestTamperingFails(t *testing.T) {
	k := newKeyring(t)
	sealed := mustSeal(t, k, "secret", here)
	dot := strings.LastIndexByte(sealed, '.') + 1
	data, err := base64.RawURLEncoding.DecodeString(sealed[dot:])
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(data) * 8 {
		changed := bytes.Clone(data)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := k.Open(sealed[:dot]+base64.RawURLEncoding.EncodeToString(changed), here); !errors.Is(err, ErrCannotOpen) {
			t.Fatalf("bit %d: got %v", i, err)
		}
	}
	for _, text := range []string{"", "v1", "v2" + sealed[2:], sealed + ".x", sealed[:len(sealed)-9], sealed + "=", "v1." + k.Primary() + "."} {
		if _, err := k.Open(text, here); !errors.Is(err, ErrCannotOpen) {
			t.Errorf("%.20q: got %v", text, err)
		}
	}
}

func TestRotateAndReseal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	k, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	server, err := Open(path) // a process that runs meanwhile
	if err != nil {
		t.Fatal(err)
	}
	old := mustSeal(t, k, "secret", here)
	before := k.Primary()
	was, id, err := k.Rotate()
	if err != nil || was != before || id == before || k.Primary() != id {
		t.Fatalf("got %s after %s, %v", id, was, err)
	}
	if got, err := k.Open(old, here); err != nil || string(got) != "secret" {
		t.Errorf("older values must still open: %q, %v", got, err)
	}
	fresh, changed, err := k.Reseal(old, here)
	if err != nil || !changed || !strings.HasPrefix(fresh, "v1."+id+".") {
		t.Errorf("got %.30s, %v, %v", fresh, changed, err)
	}
	if again, changed, err := k.Reseal(fresh, here); err != nil || changed || again != fresh {
		t.Errorf("a fresh value needs no resealing: %v, %v", changed, err)
	}
	if _, _, err := k.Reseal(old, Place{"org2", "bamboohr_api_key", "7"}); !errors.Is(err, ErrCannotOpen) {
		t.Errorf("got %v", err)
	}
	if got, err := server.Open(fresh, here); err != nil || string(got) != "secret" || server.Primary() != id {
		t.Errorf("a running process must keep up: %q, %v", got, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o after the rotation", info.Mode().Perm())
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRotateIsExclusive(t *testing.T) {
	k := newKeyring(t)
	if err := os.WriteFile(k.path+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := k.Rotate(); err == nil || !strings.Contains(err.Error(), "another rotation is running") {
		t.Errorf("got %v", err)
	}
}

// TestRunningProcessSealsWithTheNewKey: what it sealed with the old one would be lost with that key.
func TestRunningProcessSealsWithTheNewKey(t *testing.T) {
	k := newKeyring(t)
	server, err := Open(k.path)
	if err != nil {
		t.Fatal(err)
	}
	_, id, err := k.Rotate()
	if err != nil {
		t.Fatal(err)
	}
	if by, ok := KeyOf(mustSeal(t, server, "secret", here)); !ok || by != id {
		t.Errorf("sealed with %s, not with %s", by, id)
	}
	if err := os.Remove(k.path); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Seal(nil, here); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("sealed with a key that is nowhere any more: %v", err)
	}
}

func TestDrop(t *testing.T) {
	k := newKeyring(t)
	oldest := mustSeal(t, k, "secret", here)
	first := k.Primary()
	second, third, err := rotateTwice(k)
	if err != nil {
		t.Fatal(err)
	}
	dropped, err := k.Drop(func(id string) bool { return id == second })
	if err != nil || len(dropped) != 1 || dropped[0] != first || k.Keys() != 2 || k.Primary() != third {
		t.Errorf("dropped %v of %s, %s, %s: %v", dropped, first, second, third, err)
	}
	if _, err := k.Open(oldest, here); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("got %v", err)
	}
	if dropped, err := k.Drop(func(string) bool { return false }); err != nil || len(dropped) != 1 || k.Primary() != third {
		t.Errorf("the primary key stays: %v, %v", dropped, err)
	}
}

func rotateTwice(k *Keyring) (second, third string, err error) {
	if _, _, err = k.Rotate(); err != nil {
		return "", "", err
	}
	return k.Rotate()
}

func TestKeyOf(t *testing.T) {
	for _, text := range []string{"", "v1", "v1.a", "v1..b", "v2.a.b", "v1.a.b.c", "v1.a.b", "v1.9.2 GmbH"} {
		if id, ok := KeyOf(text); ok {
			t.Errorf("%q: %s", text, id)
		}
	}
}

func TestUnknownKey(t *testing.T) {
	sealed := mustSeal(t, newKeyring(t), "secret", here)
	if _, err := newKeyring(t).Open(sealed, here); !errors.Is(err, ErrUnknownKey) || !strings.Contains(err.Error(), "restore the keyring") {
		t.Errorf("got %v", err)
	}
}

func TestOpenRefusesKeyringsThatOthersMayRead(t *testing.T) {
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o644, 0o666} {
		k := newKeyring(t)
		if err := os.Chmod(k.path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(k.path); err == nil || !strings.Contains(err.Error(), "run chmod 600 "+k.path) {
			t.Errorf("%04o: got %v", mode, err)
		}
		if _, err := OpenOrCreate(k.path); err == nil {
			t.Errorf("%04o: OpenOrCreate went on", mode)
		}
	}
}

func TestOpenRefusesDamagedKeyrings(t *testing.T) {
	for name, text := range map[string]string{
		"empty":         "",
		"cut off":       `{"version":1,"primary":"a","keys":{"a":"c2Vjc`,
		"other version": `{"version":2}`,
		"no primary":    `{"version":1,"primary":"a","keys":{}}`,
		"short key":     `{"version":1,"primary":"a","keys":{"a":"c2VjcmV0"}}`,
	} {
		path := filepath.Join(t.TempDir(), "keyring.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || strings.Contains(err.Error(), "c2Vjc") {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: parsed", name)
		}
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
}

func TestParseReadsWhatCreateWrote(t *testing.T) {
	k := newKeyring(t)
	text, err := os.ReadFile(k.path)
	if err != nil {
		t.Fatal(err)
	}
	same, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := same.Open(mustSeal(t, k, "secret", here), here); err != nil || string(got) != "secret" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, _, err := same.Rotate(); err == nil {
		t.Error("a keyring without file was rotated")
	}
}

func TestCreateNeverReplaces(t *testing.T) {
	k := newKeyring(t)
	if _, err := Create(k.path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if again, err := Open(k.path); err != nil || again.Primary() != k.Primary() {
		t.Errorf("the keyring was replaced: %v", err)
	}
	if _, err := Open(k.path + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// TestOpenOrCreateAtOnce starts eight processes' worth of first uses: all must get the same key.
func TestOpenOrCreateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	var wait sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wait.Go(func() {
			k, err := OpenOrCreate(path)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = k.Primary()
		})
	}
	wait.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("got several keyrings: %v", ids)
		}
	}
}

func TestKeyringPrintsWithoutKeys(t *testing.T) {
	k := newKeyring(t)
	_, root := k.primaryKey()
	want := fmt.Sprintf("seal.Keyring{primary %s, 1 keys}", k.Primary())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, k); got != want {
			t.Errorf("%s: got %q", verb, got)
		}
	}
	if strings.Contains(want, base64.StdEncoding.EncodeToString(root)) {
		t.Error("the key itself is printed")
	}
}

func newKeyring(t *testing.T) *Keyring {
	t.Helper()
	k, err := Create(filepath.Join(t.TempDir(), "keyring.json"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustSeal(t *testing.T, k *Keyring, plain string, at Place) string {
	t.Helper()
	sealed, err := k.Seal([]byte(plain), at)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}
