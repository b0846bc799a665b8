package main

import (
	"runtime"
	"runtime/debug"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
)

type versionCmd struct{ output }

// versionView is what is known of this build.
type versionView struct {
	Version string  `json:"version"`
	Commit  *string `json:"commit"` // null when the build does not know
	Dirty   bool    `json:"dirty"`  // built from files that no commit has
	Go      string  `json:"go"`
	System  string  `json:"system"`
}

// buildVersion reads what the Go tool wrote into the binary.
func buildVersion() versionView {
	v := versionView{Version: "dev", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if m := info.Main.Version; m != "" && m != "(devel)" {
		v.Version = m
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = &s.Value
		case "vcs.modified":
			v.Dirty = s.Value == "true"
		}
	}
	return v
}

// Run prints the version.
func (c *versionCmd) Run(a *app) error {
	v := buildVersion()
	return a.print(c.Output, v, func(p *text.Page) {
		commit := "unknown commit"
		if v.Commit != nil {
			commit = "commit " + *v.Commit
		}
		if v.Dirty {
			commit += " with local changes"
		}
		p.Linef("rollcall %s (%s, %s, %s)", v.Version, commit, v.Go, v.System)
	})
}
