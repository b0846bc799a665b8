// Package rollcall is the map of the house; it holds no code.
//
// Values travel right and nothing calls left:
//
//	BambooHR → bamboohr → source → hr.Snapshot → mapping → directory.Wanted ┐
//	                               store → directory.Person ────────────────┴→ plan.Builder → syncrun (guard, approval, apply)
//	                                                                             └→ internal/store (directory, history)
//
// A plan is the only thing that may cause a sync to write: an undo is a plan, a preview is a plan that
// nobody applied.
//
//   - hr: PURE. What the HR system said at one moment, what was readable, and the certificate.
//   - directory: PURE. People, links, departments, teams, holds, and the rules that always hold.
//   - policy: PURE. What an organisation chose, validated, with the presets.
//   - mapping: PURE. Turns an HR record into directory.Wanted.
//   - plan: PURE. Wanted and current → what to do and why; guard, undo. Below it explain tells why somebody is as they
//     are, planjson writes plans as JSON.
//   - syncrun: the engine. One run from reading to history through small interfaces.
//   - people: what humans do to people by hand, on the same store: edits, holds, freezes, decisions, imports, and why.
//   - bamboohr: the BambooHR API client; standard library only.
//   - bamboosim: answers like BambooHR; never imports bamboohr.
//   - source: reads a whole company into an hr.Snapshot, or an error; the permission doctor.
//   - internal/store: keeps it all.
//   - internal/list: holds very many values, in memory.
//   - internal/seal: seals keys at rest.
//   - internal/web: pages and API. Each folder of internal/web/page is one part of the menu: people is about one
//     person at a time, company about all of them, exceptions about what runs leave alone; internal/web/words holds the
//     words that pages share.
//   - internal/server: connects the parts of a process that goes on, and bounds what a visitor may take of it.
//   - cmd/rollcall: connects the parts of a command, runs commands. Below it config reads the configuration, show and text
//     write for a person, problem says what went wrong, story is the demo on the terminal.
//
// The arrows are enforced by arch_test.go.
package rollcall
