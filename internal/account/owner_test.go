package account_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
)

func (w *world) needsOwner() bool {
	w.t.Helper()
	needs, err := w.NeedsOwner(w.t.Context())
	w.ok(err)
	return needs
}

func TestCreateOwner(t *testing.T) {
	w := newWorld(t)
	if !w.needsOwner() {
		t.Fatal("an empty organisation needs no owner")
	}
	for field, o := range map[string]account.Owner{
		"email":    {Email: "ann", Password: good},
		"password": {Email: "ann@acme.test", Password: "ann@acme.test"},
		"name":     {Email: "ann@acme.test", Name: strings.Repeat("x", 201), Password: good},
	} {
		_, err := w.CreateOwner(t.Context(), o, home)
		w.input(err, field)
	}
	id, err := w.CreateOwner(t.Context(), account.Owner{Email: " ann@acme.test ", Name: "Ann  Lee", Password: good}, home)
	w.ok(err)
	p := w.get(id)
	if p.Role != directory.RoleOwner || p.Status != directory.Active || p.Link != nil || p.Values.Get(directory.DisplayName) != "Ann  Lee" ||
		p.Values.Get(directory.Email) != "ann@acme.test" || p.Version != 1 {
		t.Errorf("owner %+v", p)
	}
	if w.needsOwner() {
		t.Error("an owner is needed still")
	}
	_, err = w.CreateOwner(t.Context(), account.Owner{Email: "eve@acme.test", Password: good}, home)
	w.is(err, account.ErrOwnerExists)
	_, v := w.enter("ann@acme.test", good)
	if v.Name != "Ann  Lee" || v.Role != directory.RoleOwner {
		t.Errorf("viewer %+v", v)
	}
	if got := w.events(id); got != "owner_created sign_in" {
		t.Errorf("audit: %s", got)
	}
	history, err := w.kept.History(t.Context(), id, "", 0)
	w.ok(err)
	if len(history.Entries) != 1 || len(history.Entries[0].Item.Change.Fields) != 3 {
		t.Errorf("history %+v", history)
	}
	owners, err := w.kept.Owners(t.Context())
	w.ok(err)
	if len(owners) != 1 || owners[0] != id {
		t.Errorf("owners %v", owners)
	}
	found, err := w.kept.FindPeople(t.Context(), "name", "ann lee", 2)
	w.ok(err)
	if len(found) != 1 {
		t.Errorf("by name: %v", found)
	}
	w.ok(w.kept.VerifyAudit(t.Context()))
}

// Of many first owners at once there is one.
func TestCreateOwnerAtOnce(t *testing.T) {
	w := newWorld(t)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = w.CreateOwner(t.Context(), account.Owner{Email: string(rune('a'+i)) + "@acme.test", Password: good}, home)
		})
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, account.ErrOwnerExists) {
			t.Error(err)
		}
	}
	if owners, err := w.kept.Owners(t.Context()); made != 1 || err != nil || len(owners) != 1 {
		t.Errorf("%d were made, the owners are %v, %v", made, owners, err)
	}
}

// The first owner may be somebody whom a sync brought in already.
func TestCreateOwnerOfAPerson(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Provisioned, "")
	w.person("gone@acme.test", directory.RoleMember, directory.Deactivated, "")
	_, err := w.CreateOwner(t.Context(), account.Owner{Email: "gone@acme.test", Password: good}, home)
	w.input(err, "email")
	got, err := w.CreateOwner(t.Context(), account.Owner{Email: "ANN@acme.test", Password: good}, home)
	w.ok(err)
	if p := w.get(id); got != id || p.Role != directory.RoleOwner || p.Status != directory.Active || p.Version != 2 {
		t.Errorf("%s: %+v", got, p)
	}
}

// First start is over for good: not even an owner who lost the role opens it to a stranger.
func TestFirstStartIsOver(t *testing.T) {
	w := newWorld(t)
	w.person("bo@acme.test", directory.RoleOwner, directory.Active, "")
	if !w.needsOwner() {
		t.Error("an owner without a password is enough")
	}
	id, err := w.CreateOwner(t.Context(), account.Owner{Email: "ann@acme.test", Password: good}, home)
	w.ok(err)
	p := w.get(id)
	p.Role = directory.RoleMember // as "rollcall person edit --set role=member" may, Bo being an owner
	w.save(p)
	if w.needsOwner() {
		t.Error("first start is open again")
	}
	_, err = w.CreateOwner(t.Context(), account.Owner{Email: "eve@acme.test", Password: good}, home)
	w.is(err, account.ErrOwnerExists)
}

func TestCreateOwnerByOperator(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.CreateOwnerByOperator(t.Context(), account.Viewer{PersonID: "p_x", Role: directory.RoleOwner}, account.Owner{Email: "ann@acme.test", Password: good})
	w.is(err, account.ErrForbidden)
	id, created, err := w.CreateOwnerByOperator(t.Context(), operator(), account.Owner{Email: "ann@acme.test", Password: good})
	w.ok(err)
	if !created {
		t.Error("not created")
	}
	session, _ := w.enter("ann@acme.test", good)
	again, created, err := w.CreateOwnerByOperator(t.Context(), operator(), account.Owner{Email: "ann@acme.test", Password: other})
	w.ok(err)
	if created || again != id {
		t.Errorf("created %t, %s", created, again)
	}
	w.over(session)
	w.enter("ann@acme.test", other)
	second := w.person("bo@acme.test", directory.RoleMember, directory.Provisioned, "")
	_, _, err = w.CreateOwnerByOperator(t.Context(), operator(), account.Owner{Email: "bo@acme.test", Password: good})
	w.ok(err)
	if p := w.get(second); p.Role != directory.RoleOwner || p.Status != directory.Active {
		t.Errorf("%+v", p)
	}
}

func TestSetRole(t *testing.T) {
	w := newWorld(t)
	ids := map[directory.Role]string{}
	for _, r := range account.Roles() {
		ids[r] = w.person(string(r)+"@acme.test", r, directory.Active, good)
	}
	by := func(r directory.Role) account.Viewer { return account.Viewer{PersonID: ids[r], Role: r, Session: "s"} }
	ctx := t.Context()
	for _, r := range []directory.Role{directory.RoleMember, directory.RoleAuditor, directory.RoleOperator} {
		w.is(w.SetRole(ctx, by(r), ids[directory.RoleMember], directory.RoleMember), account.ErrForbidden)
	}
	w.is(w.SetRole(ctx, by(directory.RoleAdmin), ids[directory.RoleMember], directory.RoleOwner), account.ErrForbidden)
	w.is(w.SetRole(ctx, by(directory.RoleAdmin), ids[directory.RoleAdmin], directory.RoleOwner), account.ErrForbidden)
	w.is(w.SetRole(ctx, by(directory.RoleAdmin), ids[directory.RoleOwner], directory.RoleMember), account.ErrForbidden)
	w.is(w.SetRole(ctx, by(directory.RoleOwner), "p_nobody", directory.RoleMember), directory.ErrNotFound)
	w.input(w.SetRole(ctx, by(directory.RoleOwner), ids[directory.RoleMember], "emperor"), "role")

	session, _ := w.enter("member@acme.test", good)
	w.ok(w.SetRole(ctx, by(directory.RoleAdmin), ids[directory.RoleMember], directory.RoleMember)) // no change
	w.alive(session)
	w.is(w.SetRole(ctx, by(directory.RoleAdmin), ids[directory.RoleMember], directory.RoleAdmin), account.ErrForbidden)
	w.ok(w.SetRole(ctx, by(directory.RoleAdmin), ids[directory.RoleMember], directory.RoleOperator))
	w.ok(w.SetRole(ctx, by(directory.RoleOwner), ids[directory.RoleMember], directory.RoleAdmin))
	w.over(session) // security §1.6: another role is another session
	_, v := w.enter("member@acme.test", good)
	if v.Role != directory.RoleAdmin {
		t.Errorf("signed in as %s", v.Role)
	}
	if got := w.events(ids[directory.RoleMember]); !strings.HasSuffix(got, "sign_in role_changed role_changed sign_in") {
		t.Errorf("audit: %s", got)
	}
	history, err := w.kept.History(ctx, ids[directory.RoleMember], "", 0)
	w.ok(err)
	if f := history.Entries[len(history.Entries)-1].Item.Change.Fields; len(f) != 1 || f[0].Field != "role" || f[0].Before != "operator" || f[0].After != "admin" {
		t.Errorf("history ends with %+v", f)
	}
}

// Nobody becomes two administrators (security §1.5): an admin makes no other one, takes no role to reach the
// account below it, and holds no link from a time when it was worth less. Stepping down is everybody's.
func TestNoSecondAdministrator(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.person("olga@acme.test", directory.RoleOwner, directory.Active, good)
	ada := w.person("ada@acme.test", directory.RoleAdmin, directory.Active, good)
	bo := w.person("bo@acme.test", directory.RoleAdmin, directory.Active, good)
	mia := w.person("mia@acme.test", directory.RoleMember, directory.Active, "")
	v := account.Viewer{PersonID: ada, Role: directory.RoleAdmin, Session: "s"}
	w.is(w.SetRole(ctx, v, bo, directory.RoleMember), account.ErrForbidden)
	_, _, err := w.MakeLink(ctx, v, bo, account.Reset)
	w.is(err, account.ErrForbidden)
	w.is(w.SetRole(ctx, v, mia, directory.RoleAdmin), account.ErrForbidden)

	link, _, err := w.MakeLink(ctx, v, mia, account.Invite)
	w.ok(err)
	w.ok(w.SetRole(ctx, operator(), mia, directory.RoleOwner))
	w.noLink(link)
	_, _, err = w.MakeLink(ctx, v, mia, account.Invite)
	w.is(err, account.ErrForbidden)

	w.is(w.SetRole(ctx, account.Viewer{PersonID: ada, Role: directory.RoleAdmin, TokenID: "tok_1"}, ada, directory.RoleMember), account.ErrForbidden)
	w.ok(w.SetRole(ctx, v, ada, directory.RoleAuditor))
}

// The last owner who can sign in cannot be lost, also not to an owner who cannot.
func TestLastOwner(t *testing.T) {
	w := newWorld(t)
	ann := w.person("ann@acme.test", directory.RoleOwner, directory.Active, good)
	bo := w.person("bo@acme.test", directory.RoleOwner, directory.Active, "")
	v := account.Viewer{PersonID: ann, Role: directory.RoleOwner, Session: "s"}
	w.is(w.SetRole(t.Context(), v, ann, directory.RoleMember), account.ErrLastOwner)
	w.is(w.KeepsOwner(t.Context(), ann), account.ErrLastOwner)
	w.ok(w.KeepsOwner(t.Context(), bo))
	w.password(bo, good)
	w.ok(w.KeepsOwner(t.Context(), ann))
	w.ok(w.SetRole(t.Context(), v, ann, directory.RoleMember))
	w.is(w.SetRole(t.Context(), account.Viewer{PersonID: bo, Role: directory.RoleOwner, Session: "s"}, bo, directory.RoleAdmin), account.ErrLastOwner)
	if owners, err := w.kept.Owners(t.Context()); err != nil || len(owners) != 1 || owners[0] != bo {
		t.Errorf("owners %v, %v", owners, err)
	}
}

// An owner who is made while another one's password is being hashed is the only one.
func TestCreateOwnerMeanwhile(t *testing.T) {
	w := newWorld(t)
	o := w.opt
	o.Store = &meddler{o.Store, 1, func() {
		_, err := w.CreateOwner(t.Context(), account.Owner{Email: "ann@acme.test", Password: good}, home)
		w.ok(err)
	}}
	_, err := account.New(o).CreateOwner(t.Context(), account.Owner{Email: "eve@acme.test", Password: good}, home)
	w.is(err, account.ErrOwnerExists)
	if owners, err := w.kept.Owners(t.Context()); err != nil || len(owners) != 1 {
		t.Errorf("owners %v, %v", owners, err)
	}
}
