package directory

import "time"

// WantState says what HR wants of one field.
type WantState uint8

// The states of a wanted field. NotMapped, WantUnreadable and WantInvalid never change anything.
const (
	NotMapped WantState = iota
	WantSet
	WantBlank
	WantUnreadable
	WantInvalid // the source value could not be used; a Note says why
)

// Want is the wanted value of one field.
type Want struct {
	State WantState
	Text  string // canonical text as in Values; "" unless WantSet
	From  string // BambooHR alias that supplied it, or "expr"
}

// WantExtra is the wanted value of a budget or custom field.
type WantExtra struct {
	Field Field
	Kind  Kind
	Want  Want
}

// ManagerRef is how BambooHR names the manager: internal id first, then Employee #, then e-mail
// (bamboohr-api §3.1; promises AY17, BW6). Blank references are empty; State is WantBlank when HR
// says that there is no manager.
type ManagerRef struct {
	State    WantState
	SourceID int64
	Number   string
	Email    string // EmailKey form
	From     string
}

// MatchKey is one correlation value of an employee, in the order of the settings, in compare form.
type MatchKey struct {
	Name  string // employee_number, work_email, home_email
	Value string // "" when blank
}

// ScopeVerdict is the answer of the scope rules.
type ScopeVerdict uint8

// In takes part, Out does not, Unknown could not be decided and holds the person.
const (
	ScopeUnknown ScopeVerdict = iota
	ScopeIn
	ScopeOut
)

// ScopeDecision is the answer with the rule that decided.
type ScopeDecision struct {
	Verdict ScopeVerdict
	Rule    string // e.g. `exclude department in [Board]`; "" when every rule agrees
	Field   string // BambooHR alias the rule looks at
	Value   string // what it saw
}

// SignalKind names a leaving signal (product, "Scope and lifecycle").
type SignalKind string

// The leaving signals that a record itself can show; missing and deleted come from the reading.
const (
	SignalStatus        SignalKind = "status"
	SignalTermination   SignalKind = "termination_date"
	SignalStatusBlocked SignalKind = "status_blocked"
	SignalNoStatus      SignalKind = "no_status" // a candidate until confirmed, see Wanted.NoStatus
	SignalOutOfScope    SignalKind = "out_of_scope"
)

// Signal is one reason to leave that the record shows. Action and grace come from the settings.
type Signal struct {
	Kind      SignalKind
	Action    string    // deactivate, hold or none
	At        time.Time // when it takes effect, grace included; zero: at once (undated, see GraceDays)
	GraceDays int       // for undated signals: days after it was first seen
	Date      string    // YYYY-MM-DD the instant was made from, "" when undated
	Value     string    // what BambooHR says, e.g. "Inactive", "Contractor"
}

// Account is BambooHR's account status.
type Account uint8

// A blank account status is AccountBlank and always held (product, "Reading").
const (
	AccountUnreadable Account = iota
	AccountBlank
	AccountActive
	AccountInactive
	AccountOther // a status we do not know; kept as is and warned (security §3 #4)
)

// Note is a value that could not be used, or was put right; Reason is a held reason
// ("invalid_value", "unreadable") or "" for a mere warning.
type Note struct {
	Field  Field
	Reason string
	Detail string
}

// Wanted is what one employee's record means for the directory, before it is held against what is
// there. It is reused between records: keep nothing of it without Clone.
type Wanted struct {
	SourceID    int64
	Name        string // for people: preferred or first name and last name, cleaned
	Fields      [StandardCount]Want
	Extras      []WantExtra // sorted by field
	Manager     ManagerRef
	Match       []MatchKey
	Scope       ScopeDecision
	Account     Account
	AccountText string
	Signals     []Signal  // every signal the settings listen to and the record shows, also future ones
	HireDate    string    // for recognising recycled ids and the start
	StartsAt    time.Time // start of the hire date in the person's zone; zero when blank or unreadable
	ProvisionAt time.Time // StartsAt less the pre-hire days
	NoStatus    bool      // employment status blank, and nothing but missing rights can explain it away
	FutureRow   bool      // employment status blank now, but a future-dated row exists (promise BW25)
	KeyOwner    bool      // the employee whose key reads
	Problem     string    // why the record as a whole cannot be used; "" when it can
	Notes       []Note
	Fingerprint [16]byte
	Coverage    uint64
}

// Want returns the wanted value of any field.
func (w *Wanted) Want(f Field) Want {
	if i := f.Slot(); i >= 0 {
		return w.Fields[i]
	}
	for _, e := range w.Extras {
		if e.Field == f {
			return e.Want
		}
	}
	return Want{}
}

// Text returns the wanted text of a field, "" unless WantSet.
func (w *Wanted) Text(f Field) string { return w.Want(f).Text }
