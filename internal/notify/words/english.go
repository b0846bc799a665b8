package words

import (
	"golang.org/x/text/language"

	"github.com/rollcall-hr/rollcall/plan"
)

func english() *Language {
	return &Language{
		Code: "en", tag: language.English, thousands: ",",
		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
			"December"},
		date: "{weekday} {day} {month} {year}, {hour}:{minute} ({zone})",

		And: "and", Greeting: "Hello {name},", GreetingNobody: "Hello,",
		NoButton:            "If the button does not work, open this address:",
		HiddenLink:          "(only its recipient sees the link)",
		InEnglish:           "Rollcall reports:",
		FooterTo:            "Sent by Rollcall for {organisation} to {address}.",
		FooterNotice:        "Sent by Rollcall for {organisation}, because this address is a recipient of notices about the connection {connection}. An administrator can change that in its settings.",
		FooterAdministrator: "Sent by Rollcall for {organisation}, because you look after its connections as an owner or administrator.",
		Employee:            "Employee {number}",
		More:                Plural{"and {n} more", "and {n} more"},

		SetPassword: "Set your password", NewPassword: "Choose a new password",
		WelcomeSubject: "Welcome to {organisation}: set your password",
		WelcomeOpening: "You have an account at {organisation} now. Choose a password to start using it.",
		InviteSubject:  "Set your password for {organisation}",
		InviteOpening:  "You are invited to use your account at {organisation}. Choose a password to start.",
		ResetSubject:   "Choose a new password for {organisation}",
		ResetOpening:   "Somebody, probably you, asked for a new password for your account at {organisation}.",
		ResetIgnore:    "If it was not you, do nothing: your password stays as it is.",
		LinkUntil:      "The link works once, until {until}.",
		LinkThreeDays:  "The link works once, for three days.",
		LinkTooOld:     `If it is too old when you open it, use "Forgotten password" on the sign-in page to get a new one.`,

		ConfirmSubject: "confirm this address for notices",
		ConfirmOpening: "Somebody at {organisation} entered {address} as an address that learns when a BambooHR connection fails, or when changes wait for an approval.",
		ConfirmWhy:     "Such notices name employees, so they are only sent once you agree.",
		ConfirmButton:  "Confirm the address",
		ConfirmUntil:   "The link works until {until}. If you do not want these notices, do nothing.",

		OpenConnection: "Open the connection",
		FailingSubject: "{connection} cannot be read",
		FailingOpening: "Rollcall cannot read BambooHR through the connection {connection} any more, since {since}.",
		FailingMeaning: "A reading that failed never deactivates anybody. Changes in BambooHR are not carried over until it works again; only dates of leaving that Rollcall knows already still count.",
		FailingNext:    "Rollcall tries again by itself on {next}.",
		FailingOnce:    "You get one more mail when it works again, and none in between.",

		RecoveredSubject: "{connection} works again",
		RecoveredOpening: "The connection {connection} reads BambooHR again. It had been failing since {since}.",
		RecoveredNothing: "There is nothing to do. What changed in BambooHR meanwhile is carried over by the next runs.",

		MissedSubject: "automatic runs of {connection} do not happen",
		MissedOpening: "The run of {connection} that was due on {since} has not been made, nor the one after it.",
		MissedNobody:  "No process makes automatic runs at the moment. Whoever runs the server has to start \"rollcall serve\" with the worker role.",
		MissedMeaning: "Until they happen again, what changes in BambooHR is not carried over: newcomers get no account, and leavers keep theirs. Runs that somebody starts by hand still work.",
		MissedOnce:    "This mail comes once for as long as it lasts. Then one run makes up for all that were missed.",

		PlanSubject:      "changes of {connection} wait for you",
		PlanSubjectAgain: "changes of {connection} still wait for you",
		PlanOpening:      "The last run of {connection} wants to do more than its guard lets through. What the guard holds back has not been done:",
		PlanButton:       "Look at the changes",
		PlanFormer:       "The plan before it, of {since}, expired without anybody deciding.",
		PlanExpires:      "This plan expires on {expires}. What is not released until then is planned anew by the run after that.",
		PlanElse:         "If it is not meant, correct BambooHR: the next run plans anew.",
		PlanApprove:      "It can be approved by {who}.",
		PlanRelease:      "Some of it is refused. It can be released by {who}, by entering how many changes are meant.",
		PlanReleaseOther: "Some of it is refused. It can be released by {who} other than the one who asked for the run, by entering how many changes are meant.",
		Administrator:    "an owner or administrator", AdministratorNamed: "an owner or administrator ({names})",

		ExpiredSubject: "a plan of {connection} expired",
		ExpiredOpening: "The plan of {connection} made on {since} waited until {expires}, and nobody decided. What its guard held back was not done:",
		ExpiredNext:    "The next run, on {next}, plans anew.",
		ExpiredNoNext:  "No automatic run is due. Make a preview to plan anew.",

		ApprovalSubject: "settings of {connection} wait for an approval",
		ApprovalOpening: "Version {version} of the settings of {connection} waits for the approval of an owner or administrator.",
		ApprovalMeaning: "Nothing runs by itself until then. This mail comes once.",
		ApprovalButton:  "Look at the settings",

		TroubledSubject: Plural{"{n} person of {connection} needs attention", "{n} people of {connection} need attention"},
		TroubledOpening: Plural{"In the run of {connection}, Rollcall could not carry over {n} person. Everybody else was looked at as usual.",
			"In the run of {connection}, Rollcall could not carry over {n} people. Everybody else was looked at as usual."},
		TroubledClosing: "Most of these are put right in BambooHR; the next run then carries them over. Each one is told once.",
		TroubledButton:  "See the run",

		DigestSubject:   "the week of {connection}",
		DigestOpening:   "Rollcall keeps {connection} in step by itself. This is what it left for somebody to look at in the past week.",
		DigestClosing:   "Most of it is put right in BambooHR. This mail comes on Mondays while there is something to look at; the settings of the connection switch it off.",
		DigestButton:    "See the details",
		DigestHeld:      "Left aside at the last reading",
		DigestWaiting:   "Waiting for somebody to decide",
		DigestHolds:     "Exceptions that end within a week",
		DigestFailures:  "Failures",
		DigestHoldUntil: "until {until}",
		DigestFailed: Plural{"{n} reading failed, on {since}. Nobody was changed by it.",
			"{n} readings failed, the last one on {since}. Nobody was changed by them."},
		DigestOnPurpose: Plural{"Not counted: {n} record left alone on purpose, by a rule, a hold or a decision.",
			"Not counted: {n} records left alone on purpose, by a rule, a hold or a decision."},

		Guard: map[plan.Kind]Plural{
			plan.KindDeactivate: {"{n} of {of} people would be deactivated. Up to {limit} in {hours} hours go through by themselves.",
				"{n} of {of} people would be deactivated. Up to {limit} in {hours} hours go through by themselves."},
			plan.KindMoveEmail: {"{n} of {of} people would get another e-mail address. Up to {limit} in {hours} hours go through by themselves.",
				"{n} of {of} people would get another e-mail address. Up to {limit} in {hours} hours go through by themselves."},
			plan.KindBlank: {"{n} of {of} people would lose a value. Up to {limit} in {hours} hours go through by themselves.",
				"{n} of {of} people would lose a value. Up to {limit} in {hours} hours go through by themselves."},
			plan.KindNewDepartments: {"{n} department would be created, with the people in it. Up to {limit} in {hours} hours go through by themselves.",
				"{n} departments would be created, with the people in them. Up to {limit} in {hours} hours go through by themselves."},
			plan.KindIDChurn: {"Many ids in BambooHR have changed, so {n} person who is new, linked or missing waits.",
				"Many ids in BambooHR have changed, so {n} people who are new, linked or missing wait."},
			plan.KindBaseline: {"BambooHR named {n} employee, and {of} at the last good reading. Nobody is deactivated and no value is cleared until somebody accepts that.",
				"BambooHR named {n} employees, and {of} at the last good reading. Nobody is deactivated and no value is cleared until somebody accepts that."},
		},
		Held: map[plan.Reason]string{
			plan.NoEmail:          "Without a work e-mail",
			plan.DuplicateEmail:   "Sharing an e-mail with somebody else",
			plan.AmbiguousMatch:   "Fitting several people",
			plan.IdentityConflict: "Looking like somebody else",
			plan.EmailTaken:       "With an e-mail that belongs to somebody else",
			plan.ManagerLoop:      "With reporting lines in a loop",
			plan.ManagerMissing:   "With a manager who was not found",
			plan.Unreadable:       "With values that the key may not see",
			plan.InactiveUnknown:  "Without a status",
			plan.StatusBlank:      "Without an employment status",
			plan.MissingInHR:      "Missing in BambooHR",
			plan.InvalidValue:     "With a value that cannot be used",
		},
	}
}
