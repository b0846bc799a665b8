package people

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/people"
)

// importPage asks for a file, and says what is wrong with one.
type importPage struct {
	ui.Page
	Problem string // with the file as a whole
	Faults  []people.ImportFault
	Hidden  int // faults that are not listed
}

// mostFaults is how many faults of a file are listed.
const mostFaults = 200

// askImport asks for the file with an existing user base (promise SI28).
func (p *pages) askImport(w http.ResponseWriter, r *http.Request) error {
	return renderImport(w, r, http.StatusOK, &importPage{})
}

func renderImport(w http.ResponseWriter, r *http.Request, status int, page *importPage) error {
	page.Page = ui.Page{Title: "Import people", Nav: "people", Crumbs: []ui.Crumb{{Text: "People", Href: "/people"}},
		Lead: "Bring an existing user base in. A run then links it to BambooHR, by employee number or e-mail."}
	if n := len(page.Faults) - mostFaults; n > 0 {
		page.Faults, page.Hidden = page.Faults[:mostFaults], n
	}
	return ui.Render(w, r, status, importView(page))
}

// takeImport imports a file as a whole or not at all.
func (p *pages) takeImport(w http.ResponseWriter, r *http.Request) error {
	e, err := p.editor(r)
	if err != nil {
		return err
	}
	data, page, err := upload(r)
	if err != nil {
		return err
	}
	if page.Problem != "" {
		return renderImport(w, r, http.StatusUnprocessableEntity, page)
	}
	e.MayGive = viewer(r).MayGive // an import is no way up (security §1.5)
	all, err := e.ImportPeople(r.Context(), bytes.NewReader(data))
	faults, faulty := errors.AsType[*people.ImportError](err)
	switch {
	case faulty:
		page.Faults = faults.Faults
		return renderImport(w, r, http.StatusUnprocessableEntity, page)
	case err != nil:
		wrong, ok := refusal(err)
		if !ok {
			return err
		}
		for _, text := range wrong {
			page.Problem = text
		}
		return renderImport(w, r, http.StatusUnprocessableEntity, page)
	}
	return p.done(w, r, "/people?unlinked=on", ui.Count(len(all), "person was", "people were")+" imported. To link them, choose “Only fields that are empty here” under Scope & lifecycle of the connection; its preview shows whom BambooHR knows.")
}

// upload reads the file that was sent.
func upload(r *http.Request) ([]byte, *importPage, error) {
	page := &importPage{}
	f, _, err := r.FormFile("file")
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		page.Problem = "The file is larger than 8 MB. Cut it in parts, each with the first line, and import one after the other."
		return nil, page, nil
	}
	if err != nil {
		page.Problem = "Choose a CSV file."
		return nil, page, nil
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	return data, page, err
}
