package admin

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// foundLimit is how many people a search on the page of roles shows.
const foundLimit = 20

// rolesPage lists who has a role, and whom a search found.
type rolesPage struct {
	page         ui.Page
	roles        []directory.Role // for the legend, from owner down
	viewer       account.Viewer
	options      []ui.Option // the roles up to the viewer's
	staff, found []roleRow
	q            string
	more         bool // the search found more than it shows
	link         *passwordLink
}

// roleRow is a person with the role they have.
type roleRow struct {
	view.PersonRow
	self    bool
	fixed   string // why the viewer cannot change it, "" when they can
	chosen  string // in the form
	problem string
	sure    bool // the problem was a question, which the next press answers
}

// passwordLink is shown once: only its hash is stored.
type passwordLink struct {
	name, email, address string
	expires              time.Time
	invite               bool
}

// roleProblem is why a form of one person was not taken.
type roleProblem struct {
	person, chosen, text string
	sure                 bool // the same again is taken
}

// showRoles lists everybody with a role above member, and whom the search finds.
func (p *pages) showRoles(w http.ResponseWriter, r *http.Request) error {
	return p.renderRoles(w, r, http.StatusOK, r.URL.Query().Get("q"), roleProblem{}, nil)
}

func (p *pages) renderRoles(w http.ResponseWriter, r *http.Request, code int, q string, problem roleProblem, link *passwordLink) error {
	ctx, v := r.Context(), gate.ViewerFrom(r.Context())
	page := rolesPage{page: settingsPage(v, "Roles", "Who may do what. Everybody else is a member and sees only their own profile."),
		viewer: v, options: roleOptions(v), q: strings.TrimSpace(q), link: link, roles: account.Roles()}
	slices.Reverse(page.roles)
	staff, err := p.staff(ctx)
	if err != nil {
		return err
	}
	for _, s := range staff {
		page.staff = append(page.staff, rowOf(v, s, problem))
	}
	if page.q != "" {
		found, err := p.Views.People(ctx, view.PeopleQuery{Q: page.q, Role: directory.RoleMember, Now: p.Now(), Limit: foundLimit})
		if err != nil {
			return err
		}
		page.more = found.Next != ""
		for _, s := range found.Items {
			page.found = append(page.found, rowOf(v, s, problem))
		}
	}
	return ui.Render(w, r, code, rolesScreen(page))
}

func rowOf(v account.Viewer, s view.PersonRow, problem roleProblem) roleRow {
	row := roleRow{PersonRow: s, self: s.ID == v.PersonID, chosen: string(s.Role)}
	if !row.self && !v.MayGive(s.Role) {
		row.fixed = "Only an owner can change an owner or an admin."
	}
	if problem.person == s.ID {
		row.chosen, row.problem, row.sure = cmp.Or(problem.chosen, row.chosen), problem.text, problem.sure
	}
	return row
}

// rolesFor are the roles that the viewer may give somebody, and the one they have.
func (p *rolesPage) rolesFor(row roleRow) []ui.Option {
	return slices.DeleteFunc(slices.Clone(p.options), func(o ui.Option) bool {
		r := directory.Role(o.Value)
		return r != row.Role && !p.viewer.MayGive(r)
	})
}

// setRole gives somebody a role.
func (p *pages) setRole(w http.ResponseWriter, r *http.Request) error {
	v, id := gate.ViewerFrom(r.Context()), r.PathValue("id")
	role := directory.Role(r.PostFormValue("role"))
	if id == v.PersonID && role != v.Role && slices.Contains(account.Roles(), role) && r.PostFormValue("sure") != string(role) && p.Accounts.KeepsOwner(r.Context(), id) == nil {
		return p.renderRoles(w, r, http.StatusUnprocessableEntity, r.PostFormValue("q"), roleProblem{person: id, chosen: string(role), sure: true,
			text: "This is your own role. You are signed out, and somebody else has to give it back. Press Change once more if you mean it."}, nil)
	}
	if err := p.Accounts.SetRole(r.Context(), v, id, role); err != nil {
		_, text, ok := refusal(err)
		if !ok {
			return err
		}
		return p.renderRoles(w, r, http.StatusUnprocessableEntity, r.PostFormValue("q"), roleProblem{person: id, chosen: string(role), text: text}, nil)
	}
	name, err := p.nameOf(r, id)
	if err != nil {
		return err
	}
	if id == v.PersonID {
		return p.done(w, r, "/sign-in", "Your role is "+string(role)+" now. Sign in again.")
	}
	return p.done(w, r, "/settings/roles", name+" is "+withArticle(role)+" now.")
}

// withArticle writes a role as what somebody is.
func withArticle(r directory.Role) string {
	if strings.ContainsRune("aeiou", rune(r[0])) {
		return "an " + string(r)
	}
	return "a " + string(r)
}

func (p *pages) nameOf(r *http.Request, id string) (string, error) {
	b, err := p.Views.Briefs(r.Context(), []string{id})
	return cmp.Or(b[id].Name, b[id].Email, "This person"), err
}

// makeLink makes a link to set a password and shows it once, on this very answer: it stands in no address
// and nobody can call it up again.
func (p *pages) makeLink(w http.ResponseWriter, r *http.Request) error {
	ctx, v, id := r.Context(), gate.ViewerFrom(r.Context()), r.PathValue("id")
	has, err := p.Accounts.HasPassword(ctx, id)
	if err != nil {
		return err
	}
	purpose := account.Invite
	if has {
		purpose = account.Reset
	}
	secret, expires, err := p.Accounts.MakeLink(ctx, v, id, purpose)
	if errors.Is(err, account.ErrForbidden) {
		err = &account.InputError{Field: "person", Text: "this is the account of an owner or an admin; only an owner can make a link for it"}
	}
	if err != nil {
		_, text, ok := refusal(err)
		if !ok {
			return err
		}
		return p.renderRoles(w, r, http.StatusUnprocessableEntity, r.PostFormValue("q"), roleProblem{person: id, text: text}, nil)
	}
	brief, err := p.Views.Briefs(ctx, []string{id})
	if err != nil {
		return err
	}
	return p.renderRoles(w, r, http.StatusOK, r.PostFormValue("q"), roleProblem{}, &passwordLink{name: brief[id].Name, email: brief[id].Email,
		address: p.absolute(r, "/password/"+url.PathEscape(secret)), expires: expires, invite: !has})
}
