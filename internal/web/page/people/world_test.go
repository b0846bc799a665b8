package people_test

import (
	"encoding/base64"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/pagetest"
	"github.com/rollcall-hr/rollcall/internal/web/page/people"
)

func newWorld(t testing.TB, company bamboosim.Company) *pagetest.World {
	t.Helper()
	return pagetest.New(t, company, func(p pagetest.Parts) []gate.Route {
		return people.Routes(people.Deps{Gate: p.Gate, Accounts: p.Accounts, Connections: p.Connections, Views: p.Views, Now: p.Now})
	})
}

func unpack(flash string) string {
	b, _ := base64.RawURLEncoding.DecodeString(flash)
	return string(b)
}
