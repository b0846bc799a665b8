package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/api/draft"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
)

// versionView is one stored state of the settings.
type versionView struct {
	Version  int64           `json:"version"`
	At       string          `json:"saved_at"`
	Actor    string          `json:"actor"`
	Note     string          `json:"note" doc:"What changed, one line a change."`
	Settings json.RawMessage `json:"settings"`
	Approved *approvalView   `json:"approved"`
}

func (a *api) listVersions(r *http.Request, in one) (page[versionView], error) {
	list, err := a.Connections.Versions(r.Context(), in.ID)
	if err != nil {
		return page[versionView]{}, err
	}
	out := make([]versionView, len(list))
	for i := range list {
		if out[i], err = viewVersion(&list[i]); err != nil {
			return page[versionView]{}, err
		}
	}
	return whole(out), nil
}

func viewVersion(v *connection.Version) (versionView, error) {
	settings, err := draft.JSON([]byte(v.YAML))
	return versionView{v.Number, instant(v.At), v.Actor, v.Note, settings, viewApproval(v.Approved)}, err
}

type versionInput struct {
	one
	Version string `path:"version"`
}

func (a *api) getVersion(r *http.Request, in versionInput) (versionView, error) {
	list, err := a.Connections.Versions(r.Context(), in.ID)
	if err != nil {
		return versionView{}, err
	}
	i := slices.IndexFunc(list, func(v connection.Version) bool { return strconv.FormatInt(v.Number, 10) == in.Version })
	if i < 0 {
		return versionView{}, fmt.Errorf("settings version %s: %w", in.Version, directory.ErrNotFound)
	}
	return viewVersion(&list[i])
}

type restoreRequest struct {
	Version int64 `json:"version" required:"true"`
}

func (a *api) restoreVersion(r *http.Request, in struct {
	one
	Body restoreRequest
}) (connectionDetailView, error) {
	if _, err := a.Connections.Restore(r.Context(), actor(r), in.ID, in.Body.Version); err != nil {
		return connectionDetailView{}, err
	}
	return a.getConnection(r, in.one)
}

// exportSettings gives the settings in force as a file; it has no key.
func (a *api) exportSettings(r *http.Request, in one) (rest.Text, error) {
	text, err := a.Connections.Export(r.Context(), in.ID)
	return rest.Text(text), err
}

// importSettings replaces all settings by those of a file; with faults nothing changes.
func (a *api) importSettings(r *http.Request, in struct {
	one
	File io.Reader `type:"application/yaml"`
}) (connectionDetailView, error) {
	text, err := io.ReadAll(http.MaxBytesReader(nil, io.NopCloser(in.File), rest.MaxBody))
	if err == nil {
		_, err = a.Connections.Import(r.Context(), actor(r), in.ID, text)
	}
	if err != nil {
		return connectionDetailView{}, err
	}
	return a.getConnection(r, in.one)
}
