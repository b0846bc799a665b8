package openid

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rollcall-hr/rollcall/internal/account"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	client   = "rollcall"
	secret   = "s3cret"
	callback = "https://rollcall.acme.test/sign-in/openid"
)

// idp is a provider with one user, whose answers a test may spoil.
type idp struct {
	*httptest.Server
	key    *rsa.PrivateKey
	at     func() time.Time
	claims map[string]any  // of the ID token, over the proper ones
	info   map[string]any  // of the user information
	signer *rsa.PrivateKey // of the ID token; the published key when nil
	doc    map[string]any  // of the discovery document, over the proper ones
	header map[string]any  // of the ID token, over the proper ones
	wants  url.Values      // what the browser was sent with
	asked  int             // discovery requests
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("/keys", p.keys)
	mux.HandleFunc("/token", p.token)
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer access" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer(w, p.info)
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		p.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return p
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (p *idp) discovery(w http.ResponseWriter, r *http.Request) {
	p.asked++
	doc := map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"userinfo_endpoint": p.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"RS256"}}
	maps.Copy(doc, p.doc)
	answer(w, doc)
}

func (p *idp) keys(w http.ResponseWriter, r *http.Request) {
	b64 := base64.RawURLEncoding
	answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": b64.EncodeToString(p.key.N.Bytes()),
		"e": b64.EncodeToString(big.NewInt(int64(p.key.E)).Bytes())}}})
}

// token checks the code, the client and the PKCE verifier, and answers with an ID token.
func (p *idp) token(w http.ResponseWriter, r *http.Request) {
	id, pass, _ := r.BasicAuth()
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	switch {
	case id != client || pass != secret:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client","error_description":"INTERNAL"}`)
	case r.FormValue("code") != "the-code" || r.FormValue("redirect_uri") != callback ||
		base64.RawURLEncoding.EncodeToString(challenge[:]) != p.wants.Get("code_challenge"):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"INTERNAL"}`)
	default:
		answer(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 3600, "id_token": p.sign()})
	}
}

func (p *idp) sign() string {
	claims := map[string]any{"iss": p.URL, "sub": "subject-1", "aud": client, "exp": p.at().Add(time.Hour).Unix(), "iat": p.at().Unix(),
		"nonce": p.wants.Get("nonce"), "email": "ann@acme.test", "email_verified": true}
	maps.Copy(claims, p.claims)
	header := map[string]any{"alg": "RS256", "kid": "1", "typ": "JWT"}
	maps.Copy(header, p.header)
	text := segment(header) + "." + segment(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, cmp.Or(p.signer, p.key), crypto.SHA256, sum[:])
	if err != nil || header["alg"] == "none" {
		signature = nil
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func segment(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// sealer stands for the keyring: what it did not seal it does not open.
type sealer map[string]string

func (s sealer) Seal(plain []byte, row string) (string, error) {
	name := fmt.Sprintf("sealed-%d", len(s))
	s[name] = row + "|" + string(plain)
	return name, nil
}

func (s sealer) Open(sealed, row string) ([]byte, error) {
	text, ok := strings.CutPrefix(s[sealed], row+"|")
	if !ok {
		return nil, errors.New("altered")
	}
	return []byte(text), nil
}

// world is a provider, this application's side of it, and a clock.
type world struct {
	t *testing.T
	*idp
	*Provider
	opt Options
	at  time.Time
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, idp: newIDP(t), at: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	w.idp.at = func() time.Time { return w.at }
	w.opt = Options{Settings: account.OpenID{Name: "Acme sign-in", Issuer: w.URL, ClientID: client}, Secret: secret, Sealer: sealer{}, Now: w.idp.at, Loopback: true}
	w.build()
	return w
}

func (w *world) build() {
	w.t.Helper()
	p, err := New(w.opt)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Provider = p
}

// begin sends the browser to the provider.
func (w *world) begin(person string) (cookie string) {
	w.t.Helper()
	to, cookie, err := w.Begin(w.t.Context(), callback, person)
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil || !strings.HasPrefix(to, w.URL+"/authorize?") {
		w.t.Fatalf("the browser is sent to %s (%v)", to, err)
	}
	w.wants = u.Query()
	return cookie
}

// back is what the provider sends the browser back with.
func (w *world) back() url.Values {
	return url.Values{"state": {w.wants.Get("state")}, "code": {"the-code"}}
}

// fails holds an error to be for people, without anything that the provider answered.
func (w *world) fails(what string, err error) {
	w.t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		w.t.Errorf("%s: got %v, want a refusal", what, err)
		return
	}
	for _, inside := range []string{"INTERNAL", secret, "the-code", w.wants.Get("nonce") + "x"} {
		if strings.Contains(e.Error(), inside) {
			w.t.Errorf("%s: %q tells %q", what, e.Error(), inside)
		}
	}
}

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	cookie := w.begin("")
	want := map[string]string{"response_type": "code", "client_id": client, "redirect_uri": callback, "scope": "openid email", "code_challenge_method": "S256"}
	for k, v := range want {
		if w.wants.Get(k) != v {
			t.Errorf("%s = %q, want %q", k, w.wants.Get(k), v)
		}
	}
	if len(w.wants.Get("state")) != 43 || len(w.wants.Get("nonce")) != 43 || w.wants.Get("state") == w.wants.Get("nonce") {
		t.Errorf("state and nonce: %v", w.wants)
	}
	id, person, err := w.Finish(t.Context(), cookie, w.back())
	if err != nil {
		t.Fatal(errors.Unwrap(err), err)
	}
	if want := (account.Identity{Issuer: w.URL, Subject: "subject-1", Email: "ann@acme.test", EmailVerified: true}); id != want || person != "" {
		t.Errorf("%+v, %q", id, person)
	}
	_, person, err = w.Finish(t.Context(), w.begin("p_ann"), w.back())
	if err != nil || person != "p_ann" {
		t.Errorf("to link: %q, %v", person, err)
	}
	if w.asked != 1 {
		t.Errorf("the provider was asked %d times to describe itself", w.asked)
	}
	w.at = w.at.Add(describedFor)
	w.begin("")
	if w.asked != 2 {
		t.Errorf("an hour later it was asked %d times", w.asked)
	}
}

func TestAnswersThatDoNotBelong(t *testing.T) {
	w := newWorld(t)
	finish := func(what, cookie string, answer url.Values) {
		t.Helper()
		_, _, err := w.Finish(t.Context(), cookie, answer)
		w.fails(what, err)
	}
	first := w.begin("")
	old := w.back()
	cookie := w.begin("")
	finish("no cookie", "", w.back())
	finish("another cookie", "sealed-99", w.back())
	finish("the state of another sign-in", cookie, old)
	finish("the cookie of another sign-in", first, w.back())
	finish("no state", cookie, url.Values{"code": {"the-code"}})
	finish("no code", cookie, url.Values{"state": w.back()["state"]})
	finish("refused", cookie, url.Values{"state": w.back()["state"], "error": {"access_denied"}, "error_description": {"INTERNAL"}})
	finish("failed", cookie, url.Values{"state": w.back()["state"], "error": {"server_error"}, "error_description": {"INTERNAL"}})
	wrong := w.back()
	wrong.Set("code", "guessed")
	finish("a code that is none", cookie, wrong)
	mixed := w.back()
	mixed.Set("iss", "https://evil.test")
	finish("another issuer's answer", cookie, mixed)
	own := w.back()
	own.Set("iss", w.URL)
	if _, _, err := w.Finish(t.Context(), cookie, own); err != nil {
		t.Error(err)
	}
	w.at = w.at.Add(flowFor)
	finish("ten minutes later", cookie, w.back())
	cookie = w.begin("")
	w.opt.Settings.ClientID = "other"
	w.build()
	finish("settings changed meanwhile", cookie, w.back())
	w.opt.Settings.ClientID, w.opt.Secret = client, "wrong"
	w.build()
	cookie = w.begin("")
	_, _, err := w.Finish(t.Context(), cookie, w.back())
	w.fails("wrong secret", err)
	if err == nil || !strings.Contains(err.Error(), "client ID or secret") {
		t.Errorf("wrong secret: %v", err)
	}
}

func TestTokensThatCannotBeTrusted(t *testing.T) {
	w := newWorld(t)
	for what, claims := range map[string]map[string]any{
		"another nonce":      {"nonce": "x"},
		"no nonce":           {"nonce": ""},
		"another audience":   {"aud": "other"},
		"two, of another":    {"aud": []string{client, "other"}, "azp": "other"},
		"another issuer":     {"iss": "https://evil.test"},
		"over":               {"exp": w.at.Add(-time.Second).Unix()},
		"no subject":         {"sub": ""},
		"not valid yet":      {"nbf": w.at.Add(time.Hour).Unix()},
		"another access key": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
	} {
		w.claims = claims
		_, _, err := w.Finish(t.Context(), w.begin(""), w.back())
		w.fails(what, err)
	}
	w.claims = nil
	for what, header := range map[string]map[string]any{"unsigned": {"alg": "none"}, "HMAC": {"alg": "HS256"}, "unknown key": {"kid": "2"}} {
		w.header = header
		_, _, err := w.Finish(t.Context(), w.begin(""), w.back())
		if what == "unknown key" && err == nil {
			continue // the library tries all keys of the right kind
		}
		w.fails(what, err)
	}
	w.header = nil
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = w.Finish(t.Context(), w.begin(""), w.back()) // learns the key
	if err != nil {
		t.Fatal(err)
	}
	cookie := w.begin("")
	w.signer = stranger
	_, _, err = w.Finish(t.Context(), cookie, w.back())
	w.fails("a stranger's signature", err)
}

func TestAddresses(t *testing.T) {
	w := newWorld(t)
	sign := func(claims, info map[string]any) account.Identity {
		t.Helper()
		w.claims, w.info = claims, info
		id, _, err := w.Finish(t.Context(), w.begin(""), w.back())
		if err != nil {
			t.Fatal(errors.Unwrap(err))
		}
		return id
	}
	for _, unverified := range []any{false, "false", nil, "yes", 1, "TRUE"} {
		if id := sign(map[string]any{"email_verified": unverified}, nil); id.EmailVerified {
			t.Errorf("email_verified %v was taken for true", unverified)
		}
	}
	if id := sign(map[string]any{"email_verified": "true"}, nil); !id.EmailVerified {
		t.Error(`email_verified "true" was not taken`)
	}
	if id := sign(map[string]any{"email": nil, "email_verified": nil}, map[string]any{"sub": "subject-1", "email": "bo@acme.test", "email_verified": true}); id.Email != "bo@acme.test" || !id.EmailVerified {
		t.Errorf("from the user information: %+v", id)
	}
	w.claims, w.info = map[string]any{"email": nil}, map[string]any{"sub": "subject-2", "email": "eve@acme.test", "email_verified": true}
	_, _, err := w.Finish(t.Context(), w.begin(""), w.back())
	w.fails("somebody else's user information", err)
	w.opt.Settings.AllowUnverifiedEmail = true
	w.build()
	if id := sign(map[string]any{"email_verified": nil}, nil); !id.EmailVerified {
		t.Error("the organisation trusts its provider's addresses, and this one was not")
	}
}

func TestProviderThatMisbehaves(t *testing.T) {
	w := newWorld(t)
	for what, doc := range map[string]map[string]any{
		"another issuer": {"issuer": "https://evil.test"},
		"plain http":     {"authorization_endpoint": "http://idp.acme.test/authorize"},
		"a script":       {"authorization_endpoint": "javascript:alert(1)"},
		"nowhere":        {"authorization_endpoint": ""},
		"endless":        {"padding": strings.Repeat("INTERNAL", maxAnswer)},
	} {
		w.doc = doc
		w.build()
		_, _, err := w.Begin(t.Context(), callback, "")
		w.fails(what, err)
	}
	asked := w.asked
	if _, _, err := w.Begin(t.Context(), callback, ""); err == nil || w.asked != asked {
		t.Errorf("a provider that just failed was asked again: %v", err)
	}
	w.doc = nil
	w.at = w.at.Add(failedFor)
	if err := w.Check(t.Context()); err != nil {
		t.Errorf("ten seconds later: %v", err)
	}
	w.doc = map[string]any{"token_endpoint": "http://169.254.169.254/latest"}
	w.build()
	cookie := w.begin("")
	_, _, err := w.Finish(t.Context(), cookie, w.back())
	w.fails("a token endpoint inside", err)

	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	away := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer away.Close()
	w.opt.Settings.Issuer = away.URL
	w.build()
	w.fails("a redirect", w.Check(t.Context()))
	if elsewhere != 0 {
		t.Error("a redirect was followed")
	}
}

func TestIssuersThatAreRefused(t *testing.T) {
	for _, issuer := range []string{"http://idp.acme.test", "http://127.0.0.1:8080", "idp.acme.test", ""} {
		if _, err := New(Options{Settings: account.OpenID{Issuer: issuer}}); err == nil {
			t.Errorf("%q was taken", issuer)
		}
	}
}
