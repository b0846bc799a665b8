package policy

import "time"

// File is a whole rollcall.yaml: the connections, and what the server needs beside them.
type File struct {
	Connections []Connection // in the order of the file; names are unique
	SMTP        *SMTP        // nil: no mail server
	Network     Network
	// Language is the one of mails, as Languages lists them; "" leaves it to the organisation's settings.
	Language string
	// Clock is "follow" (the simulator's clock), an RFC 3339 instant, or "" for the real clock. It is
	// set only when every connection has a base URL (surface, "Commands").
	Clock string
}

// Network is what the server trusts, and where it may go, beyond the defaults. Both are the operator's alone.
type Network struct {
	TrustedProxies []string // addresses and networks whose X-Forwarded-For is believed; nil: this machine
	Allow          []string // hosts that may be in a private network
}

// Languages are those that mails are written in, by their BCP 47 tag; the default comes first.
func Languages() []string { return []string{"en", "de", "nl", "fr", "es"} }

// SMTP is the mail server of the whole installation.
type SMTP struct {
	Host     string
	Port     int // defaults to 25
	From     string
	Username string // "" for a server that asks for no sign-in
	Password string // a secret: never printed, never exported
	TLS      TLSMode
}

// TLSMode says how the connection to the mail server is protected.
type TLSMode string

// The modes. TLSOpportunistic uses STARTTLS when the server offers it and is the default.
const (
	TLSOpportunistic TLSMode = "opportunistic"
	TLSRequired      TLSMode = "required" // STARTTLS or no mail
	TLSImplicit      TLSMode = "implicit" // TLS from the first byte, usually port 465
	TLSNone          TLSMode = "none"
)

// Connection is the effective settings of one connection: defaults, preset and file merged. It is
// plain data: two connections with equal fields behave alike.
type Connection struct {
	Name          string // defaults to the sub-domain
	Preset        string // one of PresetNames, "" without
	Enabled       bool   // start the schedule; see MayRunAlone. Defaults to false
	Approval      Approval
	BambooHR      BambooHR
	TimeZone      string            // IANA name; defaults to UTC. See Zones
	LocationZones map[string]string // location name as BambooHR writes it → IANA name. See Zones
	Schedule      Schedule
	Changes       Changes
	Match         []MatchKey // in order; defaults to employee_number, work_email
	MatchMode     MatchMode
	Mapping       []FieldRule // sorted by Target, one per target
	Departments   GroupMode
	Teams         GroupMode
	Scope         Scope
	Lifecycle     Lifecycle
	Guard         Guard
	PlanExpires   time.Duration // age at which a plan is stale; defaults to 24 h
	Notify        Notify
	Pictures      bool // show BambooHR's pictures, never store them (promise SI32). Defaults to false
}

// Approval says whether somebody must approve the settings before automatic runs.
type Approval string

// The approvals; defaults to not_required.
const (
	ApprovalNotRequired Approval = "not_required"
	ApprovalRequired    Approval = "required"
)

// BambooHR says where the company is and how it is read.
type BambooHR struct {
	Subdomain string // one DNS label, lower-case (bamboohr-api §1.1, promise AY5)
	APIKeyEnv string // operator only: name of the environment variable that holds the key; "" when not given
	BaseURL   string // operator only: http(s)://host[:port][/path] of a simulator; "" for bamboohr.com
	Reader    Reader
}

// Reader names the endpoint used for the bulk read.
type Reader string

// The readers; auto, the default, leaves the choice to package source.
const (
	ReaderAuto    Reader = "auto"
	ReaderReport  Reader = "report"
	ReaderDataset Reader = "dataset"
)

// Schedule says when automatic runs start; exactly one of its fields is set. Cron, Daily and Weekly
// are wall-clock times of the connection's zone. Defaults to daily 03:00. See NextRun.
type Schedule struct {
	Cron   string        // five fields, e.g. "0 3 * * *"
	Every  time.Duration // e.g. 3 h, at least a minute
	Daily  string        // "HH:MM"
	Weekly string        // "mon HH:MM"
}

// Changes says how Rollcall looks for changes between the scheduled runs, which alone read everybody.
// Both are off by default, also in presets.
type Changes struct {
	Every   time.Duration // ask BambooHR who changed, e.g. 15 min; from a minute to a day; 0: never
	Webhook bool          // let BambooHR tell when somebody changed, as a hint to look
}

// MatchKey is a value on which an employee is matched with a person before they are linked.
type MatchKey string

// The match keys.
const (
	MatchEmployeeNumber MatchKey = "employee_number" // employeeNumber with employee_id
	MatchWorkEmail      MatchKey = "work_email"      // workEmail with email
	MatchHomeEmail      MatchKey = "home_email"      // homeEmail with email
)

// MatchMode says what a first link writes: everything, or only fields that are empty (promise SI28).
type MatchMode string

// The match modes; defaults to normal.
const (
	MatchNormal MatchMode = "normal"
	MatchAdopt  MatchMode = "adopt"
)

// SourceField is a BambooHR alias such as workEmail, or "name:…" for the field with that name in
// BambooHR's field list, which package source resolves.
type SourceField string

// FieldRule says where one directory field comes from: the first of From that is not blank, or Expr.
// Exactly one of From and Expr is set.
type FieldRule struct {
	Target         string        // a name of Targets, "budgets.NAME" or "custom.NAME"
	From           []SourceField // never empty without Expr
	Expr           string        // an expression giving text, see CompileExpr
	Split          string        // separator of a list's items; "," by default, "" for other kinds
	Currency       string        // ISO 4217 code of a budget, upper-case; "" for other kinds
	Type           Kind          // kind of a custom field; "" for other targets
	Authority      Authority     // defaults to overwrite
	ClearWhenBlank bool          // a blank source value clears the field. Default: see Target
}

// Kind is the kind of value a directory field takes.
type Kind string

// The kinds. The first five are the types of custom fields.
const (
	KindText    Kind = "text"
	KindNumber  Kind = "number"
	KindDate    Kind = "date"
	KindBoolean Kind = "boolean"
	KindList    Kind = "list"
	KindEmail   Kind = "email"
	KindMoney   Kind = "money"
	KindManager Kind = "manager" // a reference to another employee
	KindPhoto   Kind = "photo"   // never mapped: the setting is pictures
)

// Authority says who wins when a human edits a field that is mapped (product, "Mapping"; C2).
type Authority string

// The authorities.
const (
	AuthorityLocked    Authority = "locked"     // cannot be edited here
	AuthorityOverwrite Authority = "overwrite"  // editable; the next run overwrites
	AuthorityOnCreate  Authority = "on_create"  // written when the person is created, then left alone
	AuthorityFillEmpty Authority = "fill_empty" // written only while empty
	AuthorityLocal     Authority = "local"      // never written by a run
)

// GroupMode says what to do with a department or team that is not there yet.
type GroupMode string

// The modes; defaults to create (promises BW12, BW13).
const (
	GroupCreate    GroupMode = "create"
	GroupMatchOnly GroupMode = "match_only"
	GroupAsk       GroupMode = "ask"
)

// Scope says which employees take part: all Include rules hold and no Exclude rule does.
type Scope struct {
	Include       []Rule
	Exclude       []Rule
	BlockStatuses []string // employment statuses without access, compared with SameStatus (promise BW17)
	NoStatus      NoStatus
}

// NoStatus says what a confirmed blank employment status means. It acts only while
// Scope.BlockStatuses is not empty (promise BW22).
type NoStatus string

// The answers; defaults to hold. NoStatusDeactivate takes the grace of SignalStatusBlocked.
const (
	NoStatusHold       NoStatus = "hold"
	NoStatusActive     NoStatus = "active"
	NoStatusDeactivate NoStatus = "deactivate"
)

// Rule is one test of a scope list. See Predicate for what an operator accepts.
type Rule struct {
	Field  SourceField
	Op     Operator
	Values []string // one or more for in and not_in, else exactly one ("true" or "false" for is_true, is_blank)
}

// Operator is the test of a Rule.
type Operator string

// The operators.
const (
	OpIn      Operator = "in"
	OpNotIn   Operator = "not_in"
	OpIs      Operator = "is"
	OpIsNot   Operator = "is_not"
	OpIsTrue  Operator = "is_true"
	OpIsBlank Operator = "is_blank"
	OpBefore  Operator = "before"  // YYYY-MM-DD
	OpAfter   Operator = "after"   // YYYY-MM-DD
	OpMatches Operator = "matches" // RE2, anywhere in the value, at most 500 bytes
)

// Lifecycle says when people start, leave and come back.
type Lifecycle struct {
	Initial            Initial
	Leaving            map[Signal]Leave // an entry for every signal of Signals
	Combine            Combine
	Missing            Missing
	PreHireDays        int // days before the hire date at which a person is provisioned; defaults to 0
	ManualDeactivation ManualDeactivation
}

// Initial is the state of a new person.
type Initial string

// The initial states; defaults to provisioned (promise AY12).
const (
	InitialProvisioned Initial = "provisioned"
	InitialActive      Initial = "active"
)

// Signal is a sign that an employee left (product, "Scope and lifecycle").
type Signal string

// The leaving signals.
const (
	SignalStatus        Signal = "status"
	SignalTermination   Signal = "termination_date"
	SignalStatusBlocked Signal = "status_blocked"
	SignalOutOfScope    Signal = "out_of_scope"
	SignalMissing       Signal = "missing" // its action follows from Lifecycle.Missing
	SignalDeleted       Signal = "deleted"
)

// Leave is what a leaving signal does, and how many days later.
type Leave struct {
	Action    LeaveAction
	GraceDays int
}

// LeaveAction is what a leaving signal does.
type LeaveAction string

// The actions. LeaveNone means that the signal is no signal.
const (
	LeaveDeactivate LeaveAction = "deactivate"
	LeaveHold       LeaveAction = "hold"
	LeaveNone       LeaveAction = "none"
)

// Combine says which wins when a status and a termination date disagree (C9).
type Combine string

// The combinations; defaults to latest.
const (
	CombineLatest   Combine = "latest"
	CombineEarliest Combine = "earliest"
)

// Missing says what becomes of people whom a certified read no longer contains.
type Missing string

// The answers; defaults to keep. MissingDeactivateNotImported also covers accounts that were never
// linked, except owners (promise SI35).
const (
	MissingKeep                  Missing = "keep"
	MissingDeactivateLinked      Missing = "deactivate_linked"
	MissingDeactivateNotImported Missing = "deactivate_not_imported"
)

// ManualDeactivation says whether a run may re-activate whom a human deactivated (C28).
type ManualDeactivation string

// The answers; defaults to sticks.
const (
	ManualSticks    ManualDeactivation = "sticks"
	ManualOverwrite ManualDeactivation = "overwrite"
)

// Guard is the limits on a plan (product, "Plan").
type Guard struct {
	Window         time.Duration // of unreleased automatic changes that count too; defaults to 24 h
	Deactivate     Limit         // defaults to 5 people, 5 %, refused at 20 %
	MoveEmail      Limit         // defaults to 5 people, 5 %
	Blank          Limit         // defaults to 5 people, 5 %; per field
	NewDepartments int           // more new departments than this wait; defaults to 20
	IDChurnPercent float64       // more changed ids than this wait; defaults to 20
}

// Limit trips when a count is above People and above Percent of its base; it refuses when the count
// is also above RefusePercent of the base.
type Limit struct {
	People        int
	Percent       float64 // 0–100
	RefusePercent float64 // 0–100; 0: never refused
}

// Notify says who is told what.
type Notify struct {
	Errors  []string // addresses that learn about failures and held changes (promise BW20)
	Welcome Welcome
	Digest  Digest
}

// Digest says how often the addresses of Errors get a mail on what is left aside (contradiction C18).
type Digest string

// The answers; defaults to weekly.
const (
	DigestWeekly Digest = "weekly" // Mondays at 08:00 in the connection's zone, when there is something to tell
	DigestOff    Digest = "off"
)

// Welcome says when new people get the mail with their password link (promises SI23, SI24).
type Welcome string

// The answers; defaults to never. WelcomeAutomaticOnly leaves manual runs silent.
const (
	WelcomeNever         Welcome = "never"
	WelcomeAutomaticOnly Welcome = "automatic_only"
	WelcomeAlways        Welcome = "always"
)
