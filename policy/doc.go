// Package policy holds what an organisation chose for a BambooHR connection: which field comes from
// where, who takes part, when people start and leave, the guard, the schedule; parsed, validated (all
// faults at once) and with the five presets. It reads no file, environment or clock, evaluates no
// employee (package mapping) and computes no change (package plan).
package policy
