package seal

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
)

// File is the keyring's name in a data folder.
const File = "keyring.json"

const (
	keySize     = 32
	maxFileSize = 1 << 20
)

// Keyring holds the root keys. It may be used from several goroutines, and prints without its keys.
type Keyring struct {
	path string // "" when the keyring came from elsewhere than a file

	mu   sync.RWMutex
	ring ring
}

// ring is the file: every key that may still be needed, and the id of the one for new values.
type ring struct {
	Version int               `json:"version"`
	Primary string            `json:"primary"`
	Keys    map[string][]byte `json:"keys"` // id → 32 bytes, base64 in the file
}

// Open reads a keyring file. It refuses one that group or others may read or write. A missing file
// gives an error that is fs.ErrNotExist.
func Open(path string) (*Keyring, error) {
	r, err := readRing(path)
	if err != nil {
		return nil, err
	}
	return &Keyring{path: path, ring: r}, nil
}

// Parse reads a keyring from text of the file's form, for keyrings that an environment variable or a
// key store provides. Such a keyring cannot be rotated here.
func Parse(text []byte) (*Keyring, error) {
	r, err := parseRing(text)
	if err != nil {
		return nil, fmt.Errorf("read keyring: %w", err)
	}
	return &Keyring{ring: r}, nil
}

// Create makes a keyring file with one new key, readable by its owner alone. An existing file is left
// alone and gives an error that is fs.ErrExist.
func Create(path string) (*Keyring, error) {
	r := ring{Version: 1, Keys: map[string][]byte{}}
	r.add()
	if err := writeFile(path, r, os.Link); err != nil {
		return nil, fmt.Errorf("create keyring: %w", err)
	}
	return &Keyring{path: path, ring: r}, nil
}

// OpenOrCreate opens the keyring, and creates it on first use; when several processes start at once,
// all end up with the same one.
func OpenOrCreate(path string) (*Keyring, error) {
	k, err := Open(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if k, err = Create(path); errors.Is(err, fs.ErrExist) {
		return Open(path)
	}
	return k, err
}

// Rotate adds a new primary key for new values, and returns the ids of the one before and of the new one.
// Older values still open; Reseal them to be rid of the older key. Processes that run keep up by themselves.
func (k *Keyring) Rotate() (before, now string, err error) {
	err = k.change(func(r *ring) {
		before = r.Primary
		r.add()
		now = r.Primary
	})
	return before, now, err
}

// Drop removes the keys that keep does not name, never the primary one, and returns their ids, sorted. What they
// sealed never opens again, in older copies of the database neither.
func (k *Keyring) Drop(keep func(id string) bool) (dropped []string, err error) {
	err = k.change(func(r *ring) {
		for id := range r.Keys {
			if id != r.Primary && !keep(id) {
				dropped = append(dropped, id)
				delete(r.Keys, id)
			}
		}
	})
	slices.Sort(dropped)
	return dropped, err
}

// change writes a changed ring. It begins with the file: another process may have changed that.
func (k *Keyring) change(f func(*ring)) error {
	if k.path == "" {
		return errors.New("change keyring: it is not kept in a file; change it where it comes from")
	}
	unlock, err := lock(k.path + ".lock")
	if err != nil {
		return fmt.Errorf("change keyring: %w", err)
	}
	defer unlock()
	r, err := readRing(k.path)
	if err != nil {
		return err
	}
	f(&r)
	if err := writeFile(k.path, r, os.Rename); err != nil {
		return fmt.Errorf("change keyring: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ring = r
	return nil
}

// Primary returns the id of the key for new values, as far as this process knows.
func (k *Keyring) Primary() string {
	id, _ := k.primaryKey()
	return id
}

// Keys returns how many keys there are.
func (k *Keyring) Keys() int {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return len(k.ring.Keys)
}

// refresh reads the file again, so that no value is sealed with a key that another process has retired. Sealing is
// rare; a keyring that cannot be read must not seal what nobody could open after a restart.
func (k *Keyring) refresh() error {
	if k.path == "" {
		return nil
	}
	r, err := readRing(k.path)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ring = r
	return nil
}

// Format prints the keyring without its keys, whatever the verb.
func (k *Keyring) Format(f fmt.State, _ rune) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	fmt.Fprintf(f, "seal.Keyring{primary %s, %d keys}", k.ring.Primary, len(k.ring.Keys))
}

func (k *Keyring) primaryKey() (id string, root []byte) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.ring.Primary, k.ring.Keys[k.ring.Primary]
}

// key finds a key, if need be in the file again: another process may have rotated it.
func (k *Keyring) key(id string) ([]byte, error) {
	k.mu.RLock()
	root, ok := k.ring.Keys[id]
	k.mu.RUnlock()
	if ok {
		return root, nil
	}
	if err := k.refresh(); err != nil {
		return nil, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	if root, ok = k.ring.Keys[id]; ok {
		return root, nil
	}
	return nil, fmt.Errorf("%w %q; restore the keyring file that belongs to this database", ErrUnknownKey, id)
}

// add makes a new key the primary one.
func (r *ring) add() {
	id, key := make([]byte, 8), make([]byte, keySize)
	rand.Read(id) // never fails: it ends the program instead
	rand.Read(key)
	r.Primary = hex.EncodeToString(id)
	r.Keys[r.Primary] = key
}

func readRing(path string) (ring, error) {
	f, err := os.Open(path)
	if err != nil {
		return ring{}, fmt.Errorf("read keyring: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ring{}, fmt.Errorf("read keyring: %w", err)
	}
	if !info.Mode().IsRegular() {
		return ring{}, fmt.Errorf("read keyring: %s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return ring{}, fmt.Errorf("read keyring: %s is open to other users (mode %04o); run chmod 600 %s, and rotate the key if somebody may have read it", path, mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFileSize))
	if err != nil {
		return ring{}, fmt.Errorf("read keyring: %w", err)
	}
	r, err := parseRing(text)
	if err != nil {
		return ring{}, fmt.Errorf("read keyring %s: %w", path, err)
	}
	return r, nil
}

// parseRing repeats nothing of the text in its errors.
func parseRing(text []byte) (ring, error) {
	var r ring
	if json.Unmarshal(text, &r) != nil {
		return ring{}, errors.New("it is damaged; restore it from the backup, without it no stored key can be read")
	}
	if r.Version != 1 {
		return ring{}, fmt.Errorf("it has version %d, this program reads version 1; use a newer program", r.Version)
	}
	for id, key := range r.Keys {
		if len(key) != keySize {
			return ring{}, fmt.Errorf("key %q has %d bytes instead of %d; restore it from the backup", id, len(key), keySize)
		}
	}
	if r.Keys[r.Primary] == nil {
		return ring{}, fmt.Errorf("its primary key %q is missing; restore it from the backup", r.Primary)
	}
	return r, nil
}

// writeFile puts the whole ring at path in one step: a crash leaves the old file or the new one. place
// is os.Link, which refuses to replace a file, or os.Rename, which replaces it.
func writeFile(path string, r ring, place func(from, to string) error) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".keyring-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := place(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a new name durable; systems that cannot sync a folder do without.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && runtime.GOOS != "windows" {
		return err
	}
	return nil
}

// lock keeps two rotations apart: the key that one of them lost would have sealed values already.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("another rotation is running; if none is, remove %s and try again", path)
	}
	if err != nil {
		return nil, err
	}
	return func() { f.Close(); os.Remove(path) }, nil
}
