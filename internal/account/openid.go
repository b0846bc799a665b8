package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// OpenID says with which provider people may sign in; the client secret stays inside.
type OpenID struct {
	Name     string `json:"name"`   // on the button, e.g. "Okta"
	Issuer   string `json:"issuer"` // URL whose /.well-known/openid-configuration describes it
	ClientID string `json:"client_id"`
	// AllowUnverifiedEmail trusts every address the provider tells, as of a company's own provider that
	// sends no email_verified (BambooHR's).
	AllowUnverifiedEmail bool `json:"allow_unverified_email"`
}

// openIDPreference is where the settings are kept, and the row that the secret is sealed for.
const openIDPreference = "openid"

type storedOpenID struct {
	OpenID
	Secret string `json:"client_secret"` // sealed
}

// errNoSealer says that the program was built without a keyring.
var errNoSealer = errors.New("there is no keyring to seal the client secret with")

// OpenID returns the settings of sign-in with OpenID Connect; ok is false when there are none.
func (s *Service) OpenID(ctx context.Context) (o OpenID, ok bool, err error) {
	stored, ok, err := s.openID(ctx)
	return stored.OpenID, ok, err
}

// OpenIDSecret returns the client secret, for whoever speaks to the provider; it is never shown.
func (s *Service) OpenIDSecret(ctx context.Context) (string, error) {
	stored, ok, err := s.openID(ctx)
	if err != nil || !ok {
		return "", err
	}
	return s.unsealed(stored.Secret)
}

func (s *Service) unsealed(sealed string) (string, error) {
	if s.o.Sealer == nil {
		return "", errNoSealer
	}
	plain, err := s.o.Sealer.Open(sealed, openIDPreference)
	return string(plain), s.explain("open the client secret", err)
}

func (s *Service) openID(ctx context.Context) (stored storedOpenID, ok bool, err error) {
	err = s.read(ctx, "read the sign-in settings", func(tx Tx) error {
		stored, ok, err = readOpenID(tx)
		return err
	})
	return stored, ok, err
}

func readOpenID(tx Tx) (stored storedOpenID, ok bool, err error) {
	text, ok, err := tx.Preference(openIDPreference)
	if err == nil && ok {
		err = json.Unmarshal([]byte(text), &stored)
	}
	return stored, ok, err
}

// SetOpenID stores the settings. A blank secret keeps the stored one, but only for the same issuer and
// client: it is sent to whatever address the issuer names. ErrForbidden but for owners; *InputError on
// name, issuer, client_id or client_secret.
func (s *Service) SetOpenID(ctx context.Context, by Viewer, o OpenID, secret string) error {
	if !by.May(Organise) {
		return ErrForbidden
	}
	if s.o.Sealer == nil {
		return errNoSealer
	}
	if err := o.clean(s.o.LoopbackIssuer); err != nil {
		return err
	}
	sealed := ""
	if secret = strings.TrimSpace(secret); secret != "" {
		var err error
		if sealed, err = s.o.Sealer.Seal([]byte(secret), openIDPreference); err != nil {
			return fmt.Errorf("seal the client secret: %w", err)
		}
	}
	return s.write(ctx, "store the sign-in settings", func(tx Tx) error {
		old, ok, err := readOpenID(tx)
		if err != nil {
			return err
		}
		if sealed == "" {
			if !ok || old.Issuer != o.Issuer || old.ClientID != o.ClientID {
				return &InputError{"client_secret", "paste the client secret; it is needed whenever issuer or client ID change"}
			}
			sealed = old.Secret
		}
		text, err := json.Marshal(storedOpenID{o, sealed})
		if err != nil {
			return err
		}
		now := s.o.Now()
		if err := tx.SetPreference(openIDPreference, string(text), by.Actor(), now); err != nil {
			return err
		}
		return tx.Audit(Event{At: now, Actor: by.Actor(), Name: "sign_in_settings", Subject: openIDPreference, Before: old.Issuer, After: o.Issuer,
			Detail: fmt.Sprintf("unverified addresses trusted: %t", o.AllowUnverifiedEmail)})
	})
}

// RemoveOpenID ends sign-in with OpenID Connect; identities stay linked. ErrForbidden but for owners.
func (s *Service) RemoveOpenID(ctx context.Context, by Viewer) error {
	if !by.May(Organise) {
		return ErrForbidden
	}
	return s.write(ctx, "remove the sign-in settings", func(tx Tx) error {
		old, ok, err := readOpenID(tx)
		if err != nil || !ok {
			return err
		}
		if err := tx.DropPreference(openIDPreference); err != nil {
			return err
		}
		return tx.Audit(Event{At: s.o.Now(), Actor: by.Actor(), Name: "sign_in_settings", Subject: openIDPreference, Before: old.Issuer})
	})
}

// clean trims the settings and checks them.
func (o *OpenID) clean(loopback bool) error {
	o.Issuer, o.ClientID = strings.TrimSpace(o.Issuer), strings.TrimSpace(o.ClientID)
	var err error
	if o.Name, err = checkName("name", o.Name); err != nil {
		return err
	}
	switch {
	case o.Name == "":
		return &InputError{"name", "give the provider a name for the button, such as Okta"}
	case o.ClientID == "":
		return &InputError{"client_id", "paste the client ID that the provider gave this application"}
	}
	return CheckIssuer(o.Issuer, loopback)
}

// CheckIssuer says what is wrong with an issuer's URL, as *InputError on field "issuer". loopback allows
// plain http on this machine.
func CheckIssuer(issuer string, loopback bool) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return &InputError{"issuer", "paste the issuer's URL, such as https://acme.okta.com"}
	}
	if u.Scheme == "https" || loopback && u.Scheme == "http" && isLoopback(u.Hostname()) {
		return nil
	}
	return &InputError{"issuer", "the issuer must be an https:// URL"}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
