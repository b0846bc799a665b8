package live

import "time"

// Example is what one mapping row gives for one real employee.
type Example struct {
	SourceID string
	Name     string
	Source   []Part // the BambooHR values it was made from
	Value    string // "" = blank
	Note     string // why the value could not be used; "" when it could
}

// Part is one BambooHR value of an example.
type Part struct {
	Field string
	Value string
	State string // set, blank, unreadable
}

// FieldChoice is a BambooHR field that a mapping may name.
type FieldChoice struct {
	Alias string
	Name  string // as the company's own field list calls it
	Type  string
}

// RuleCount tells how many employees one scope or lifecycle rule concerns right now.
type RuleCount struct {
	Place   string // e.g. scope.include[0], scope.block_statuses[2], lifecycle.leaving.status
	People  int
	Unknown int      // employees whose value could not be read
	Names   []string // at most five of them
}

// ScopeView is what the rules of (unsaved) settings do to the employees read last.
type ScopeView struct {
	Employees int
	In        int
	Out       int
	Unknown   int
	Rules     []RuleCount
	ReadAt    time.Time
	More      bool // only the first employees were looked at, see SampleSize
}
