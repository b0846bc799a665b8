// Package seal keeps secrets such as BambooHR API keys unreadable at rest: it seals a value for one
// place in the database with a key from a keyring file, and rotates that key. It stores no sealed value
// and walks no table; that is left to internal/store and the command keys rotate.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// ErrCannotOpen says that a sealed value was altered, or belongs to another organisation, purpose or
// row (security §1 #1).
var ErrCannotOpen = errors.New("the sealed value was altered or belongs elsewhere")

// ErrUnknownKey says that the keyring lacks the key a value was sealed with, as after restoring a
// database without its keyring.
var ErrUnknownKey = errors.New("the keyring lacks the key")

const version = "v1"

// Place is where a sealed value belongs; it opens nowhere else. No part may be empty.
type Place struct {
	Organisation string // id of the tenant
	Purpose      string // e.g. bamboohr_api_key; each purpose has its own derived key
	Row          string // id of the record
}

func (p Place) check() error {
	if p.Organisation == "" || p.Purpose == "" || p.Row == "" {
		return fmt.Errorf("a sealed value needs organisation, purpose and row, not %q, %q, %q", p.Organisation, p.Purpose, p.Row)
	}
	return nil
}

// bind is the additional data of the place: every part with its length before it, so that no two
// places have the same bytes.
func (p Place) bind(keyID string) []byte {
	var out []byte
	for _, part := range []string{version, keyID, p.Organisation, p.Purpose, p.Row} {
		out = binary.BigEndian.AppendUint64(out, uint64(len(part)))
		out = append(out, part...)
	}
	return out
}

// Seal encrypts a value for a place with the primary key: v1.KEYID.BASE64, with AES-256-GCM under a key
// derived for the purpose and a random nonce.
func (k *Keyring) Seal(plain []byte, at Place) (string, error) {
	if err := at.check(); err != nil {
		return "", err
	}
	if err := k.refresh(); err != nil {
		return "", fmt.Errorf("seal a value for %s: %w", at.Purpose, err)
	}
	id, root := k.primaryKey()
	aead, err := derive(root, at.Purpose)
	if err != nil {
		return "", fmt.Errorf("seal a value for %s: %w", at.Purpose, err)
	}
	sealed := aead.Seal(nil, nil, plain, at.bind(id))
	return strings.Join([]string{version, id, base64.RawURLEncoding.EncodeToString(sealed)}, "."), nil
}

// Open decrypts what Seal made for the same place. Errors: ErrCannotOpen, ErrUnknownKey.
func (k *Keyring) Open(sealed string, at Place) ([]byte, error) {
	if err := at.check(); err != nil {
		return nil, err
	}
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != version {
		return nil, fmt.Errorf("open a value for %s: %w: it does not look like one", at.Purpose, ErrCannotOpen)
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return nil, fmt.Errorf("open a value for %s: %w", at.Purpose, ErrCannotOpen)
	}
	root, err := k.key(parts[1])
	if err != nil {
		return nil, fmt.Errorf("open a value for %s: %w", at.Purpose, err)
	}
	aead, err := derive(root, at.Purpose)
	if err != nil {
		return nil, fmt.Errorf("open a value for %s: %w", at.Purpose, err)
	}
	plain, err := aead.Open(nil, nil, data, at.bind(parts[1]))
	if err != nil {
		return nil, fmt.Errorf("open a value for %s: %w", at.Purpose, ErrCannotOpen)
	}
	return plain, nil
}

// Rows seals the values of one organisation and purpose by their rows.
type Rows struct {
	Keys                  *Keyring
	Organisation, Purpose string
}

func (r Rows) place(row string) Place {
	return Place{Organisation: r.Organisation, Purpose: r.Purpose, Row: row}
}

// Seal is Keyring.Seal for a row.
func (r Rows) Seal(plain []byte, row string) (string, error) { return r.Keys.Seal(plain, r.place(row)) }

// Open is Keyring.Open for a row.
func (r Rows) Open(sealed, row string) ([]byte, error) { return r.Keys.Open(sealed, r.place(row)) }

// Reseal seals a value anew when it was not sealed with the primary key; changed tells whether it has
// to be stored.
func (k *Keyring) Reseal(sealed string, at Place) (resealed string, changed bool, err error) {
	plain, err := k.Open(sealed, at)
	if err != nil {
		return "", false, err
	}
	if err := k.refresh(); err != nil {
		return "", false, err
	}
	primary, _ := k.primaryKey()
	if strings.HasPrefix(sealed, version+"."+primary+".") {
		return sealed, false, nil
	}
	resealed, err = k.Seal(plain, at)
	return resealed, err == nil, err
}

// derive makes the cipher of one purpose from a root key.
func derive(root []byte, purpose string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, root, nil, "rollcall seal "+version+" "+purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// KeyOf returns the id of the key that sealed a text; ok is false when the text does not look sealed.
func KeyOf(sealed string) (id string, ok bool) {
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != version || parts[1] == "" {
		return "", false
	}
	data, err := base64.RawURLEncoding.DecodeString(parts[2])
	return parts[1], err == nil && len(data) >= 28 // nonce and tag
}
