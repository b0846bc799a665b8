package words

import (
	"golang.org/x/text/language"

	"github.com/rollcall-hr/rollcall/plan"
)

func german() *Language {
	return &Language{
		Code: "de", tag: language.German, thousands: ".",
		weekdays: [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
			"Dezember"},
		date: "{weekday}, {day}. {month} {year}, {hour}:{minute} Uhr ({zone})",

		And: "und", Greeting: "Guten Tag {name},", GreetingNobody: "Guten Tag,",
		NoButton:            "Falls die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:",
		HiddenLink:          "(den Link sieht nur, wer die E-Mail bekommt)",
		InEnglish:           "Rollcall meldet (auf Englisch):",
		FooterTo:            "Gesendet von Rollcall für {organisation} an {address}.",
		FooterNotice:        "Gesendet von Rollcall für {organisation}, weil diese Adresse Benachrichtigungen über die Verbindung {connection} erhält. Ein Administrator kann das in deren Einstellungen ändern.",
		FooterAdministrator: "Gesendet von Rollcall für {organisation}, weil Sie dort als Inhaber oder Administrator für die Verbindungen zuständig sind.",
		Employee:            "Datensatz {number}",
		More:                Plural{"und {n} weiterer", "und {n} weitere"},

		SetPassword: "Passwort festlegen", NewPassword: "Neues Passwort wählen",
		WelcomeSubject: "Willkommen bei {organisation}: Legen Sie Ihr Passwort fest",
		WelcomeOpening: "Sie haben jetzt ein Konto bei {organisation}. Wählen Sie ein Passwort, um es zu nutzen.",
		InviteSubject:  "Legen Sie Ihr Passwort für {organisation} fest",
		InviteOpening:  "Sie sind eingeladen, Ihr Konto bei {organisation} zu nutzen. Wählen Sie zu Beginn ein Passwort.",
		ResetSubject:   "Wählen Sie ein neues Passwort für {organisation}",
		ResetOpening:   "Für Ihr Konto bei {organisation} wurde ein neues Passwort angefordert, vermutlich von Ihnen.",
		ResetIgnore:    "Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Ihr Passwort bleibt, wie es ist.",
		LinkUntil:      "Der Link funktioniert einmal, bis {until}.",
		LinkThreeDays:  "Der Link funktioniert einmal und drei Tage lang.",
		LinkTooOld:     "Ist er beim Öffnen schon abgelaufen, erhalten Sie über „Forgotten password“ auf der Anmeldeseite einen neuen.",

		ConfirmSubject: "Bitte bestätigen Sie diese Adresse für Benachrichtigungen",
		ConfirmOpening: "Bei {organisation} wurde {address} als Adresse eingetragen, die erfährt, wenn eine Verbindung zu BambooHR ausfällt oder Änderungen auf eine Freigabe warten.",
		ConfirmWhy:     "Solche Benachrichtigungen nennen Namen von Beschäftigten. Deshalb werden sie erst gesendet, wenn Sie zustimmen.",
		ConfirmButton:  "Adresse bestätigen",
		ConfirmUntil:   "Der Link funktioniert bis {until}. Wenn Sie diese Benachrichtigungen nicht wünschen, brauchen Sie nichts zu tun.",

		OpenConnection: "Verbindung öffnen",
		FailingSubject: "{connection} kann nicht gelesen werden",
		FailingOpening: "Rollcall kann BambooHR über die Verbindung {connection} nicht mehr lesen, und zwar seit {since}.",
		FailingMeaning: "Ein fehlgeschlagener Lesevorgang deaktiviert niemals jemanden. Änderungen in BambooHR werden erst wieder übernommen, wenn die Verbindung funktioniert; nur Austrittsdaten, die Rollcall bereits kennt, gelten weiter.",
		FailingNext:    "Rollcall versucht es von selbst wieder: {next}.",
		FailingOnce:    "Sie bekommen noch eine E-Mail, sobald es wieder funktioniert, und bis dahin keine weitere.",

		RecoveredSubject: "{connection} funktioniert wieder",
		RecoveredOpening: "Die Verbindung {connection} liest BambooHR wieder. Sie war seit {since} gestört.",
		RecoveredNothing: "Sie brauchen nichts zu tun. Was sich in BambooHR inzwischen geändert hat, übernehmen die nächsten Läufe.",

		MissedSubject: "automatische Läufe von {connection} bleiben aus",
		MissedOpening: "Der Lauf von {connection}, der am {since} fällig war, wurde nicht ausgeführt, und auch der nächste nicht.",
		MissedNobody:  "Zurzeit führt kein Prozess automatische Läufe aus. Wer den Server betreibt, muss \"rollcall serve\" mit der Rolle worker starten.",
		MissedMeaning: "Bis es wieder läuft, werden Änderungen aus BambooHR nicht übernommen: Neue erhalten kein Konto, und wer geht, behält seines. Von Hand gestartete Läufe funktionieren weiterhin.",
		MissedOnce:    "Diese Mail kommt nur einmal, solange es andauert. Danach holt ein einziger Lauf alle verpassten nach.",

		PlanSubject:      "Änderungen von {connection} warten auf Sie",
		PlanSubjectAgain: "Änderungen von {connection} warten immer noch auf Sie",
		PlanOpening:      "Der letzte Lauf von {connection} will mehr tun, als seine Grenzwerte zulassen. Was sie zurückhalten, ist nicht geschehen:",
		PlanButton:       "Änderungen ansehen",
		PlanFormer:       "Der vorige Plan vom {since} ist abgelaufen, ohne dass jemand entschieden hat.",
		PlanExpires:      "Dieser Plan gilt bis {expires}. Was bis dahin nicht freigegeben ist, plant der darauffolgende Lauf neu.",
		PlanElse:         "Falls das nicht beabsichtigt ist, korrigieren Sie BambooHR: Der nächste Lauf plant neu.",
		PlanApprove:      "Freigegeben werden kann es von {who}.",
		PlanRelease:      "Ein Teil davon wurde abgelehnt. Freigegeben werden kann er von {who}, indem die Zahl der beabsichtigten Änderungen eingegeben wird.",
		PlanReleaseOther: "Ein Teil davon wurde abgelehnt. Freigegeben werden kann er von {who}, jedoch nicht von der Person, die den Lauf gestartet hat; dazu wird die Zahl der beabsichtigten Änderungen eingegeben.",
		Administrator:    "einem Inhaber oder Administrator", AdministratorNamed: "einem Inhaber oder Administrator ({names})",

		ExpiredSubject: "Ein Plan von {connection} ist abgelaufen",
		ExpiredOpening: "Der Plan von {connection} vom {since} hat bis {expires} gewartet, und niemand hat entschieden. Was die Grenzwerte zurückhielten, ist nicht geschehen:",
		ExpiredNext:    "Der nächste Lauf plant neu: {next}.",
		ExpiredNoNext:  "Es steht kein automatischer Lauf an. Erstellen Sie eine Vorschau, um neu zu planen.",

		ApprovalSubject: "Einstellungen von {connection} warten auf eine Freigabe",
		ApprovalOpening: "Version {version} der Einstellungen von {connection} wartet auf die Freigabe durch einen Inhaber oder Administrator.",
		ApprovalMeaning: "Bis dahin läuft nichts von selbst. Diese E-Mail kommt nur einmal.",
		ApprovalButton:  "Einstellungen ansehen",

		TroubledSubject: Plural{"{n} Person in {connection} braucht Aufmerksamkeit", "{n} Personen in {connection} brauchen Aufmerksamkeit"},
		TroubledOpening: Plural{"Beim Lauf von {connection} konnte Rollcall {n} Person nicht übernehmen. Alle anderen wurden wie üblich bearbeitet.",
			"Beim Lauf von {connection} konnte Rollcall {n} Personen nicht übernehmen. Alle anderen wurden wie üblich bearbeitet."},
		TroubledClosing: "Das meiste lässt sich in BambooHR richtigstellen; der nächste Lauf übernimmt es dann. Jeder Fall wird einmal gemeldet.",
		TroubledButton:  "Lauf ansehen",

		DigestSubject:   "Die Woche von {connection}",
		DigestOpening:   "Rollcall hält {connection} von selbst auf dem neuesten Stand. Das hier hat es in der vergangenen Woche offengelassen.",
		DigestClosing:   "Das meiste lässt sich in BambooHR richtigstellen. Diese E-Mail kommt montags, solange es etwas anzusehen gibt; in den Einstellungen der Verbindung lässt sie sich abschalten.",
		DigestButton:    "Einzelheiten ansehen",
		DigestHeld:      "Beim letzten Lesen ausgelassen",
		DigestWaiting:   "Wartet auf eine Entscheidung",
		DigestHolds:     "Ausnahmen, die innerhalb einer Woche enden",
		DigestFailures:  "Störungen",
		DigestHoldUntil: "bis {until}",
		DigestFailed: Plural{"{n} Lesevorgang ist fehlgeschlagen: {since}. Dadurch wurde niemand geändert.",
			"{n} Lesevorgänge sind fehlgeschlagen, zuletzt {since}. Dadurch wurde niemand geändert."},
		DigestOnPurpose: Plural{"Nicht mitgezählt: {n} Datensatz, der durch eine Regel, eine Ausnahme oder eine Entscheidung absichtlich ausgelassen ist.",
			"Nicht mitgezählt: {n} Datensätze, die durch eine Regel, eine Ausnahme oder eine Entscheidung absichtlich ausgelassen sind."},

		Guard: map[plan.Kind]Plural{
			plan.KindDeactivate: {"{n} von {of} Personen würde deaktiviert. Bis zu {limit} in {hours} Stunden gehen von selbst durch.",
				"{n} von {of} Personen würden deaktiviert. Bis zu {limit} in {hours} Stunden gehen von selbst durch."},
			plan.KindMoveEmail: {"{n} von {of} Personen bekäme eine andere E-Mail-Adresse. Bis zu {limit} in {hours} Stunden gehen von selbst durch.",
				"{n} von {of} Personen bekämen eine andere E-Mail-Adresse. Bis zu {limit} in {hours} Stunden gehen von selbst durch."},
			plan.KindBlank: {"{n} von {of} Personen verlöre einen Wert. Bis zu {limit} in {hours} Stunden gehen von selbst durch.",
				"{n} von {of} Personen verlören einen Wert. Bis zu {limit} in {hours} Stunden gehen von selbst durch."},
			plan.KindNewDepartments: {"{n} Abteilung würde samt den Personen darin angelegt. Bis zu {limit} in {hours} Stunden gehen von selbst durch.",
				"{n} Abteilungen würden samt den Personen darin angelegt. Bis zu {limit} in {hours} Stunden gehen von selbst durch."},
			plan.KindIDChurn: {"Viele Kennungen in BambooHR haben sich geändert; deshalb wartet {n} Person, die neu, verknüpft oder verschwunden ist.",
				"Viele Kennungen in BambooHR haben sich geändert; deshalb warten {n} Personen, die neu, verknüpft oder verschwunden sind."},
			plan.KindBaseline: {"BambooHR nannte {n} Person, beim letzten guten Lesen waren es {of}. Bis jemand das bestätigt, wird niemand deaktiviert und kein Wert geleert.",
				"BambooHR nannte {n} Personen, beim letzten guten Lesen waren es {of}. Bis jemand das bestätigt, wird niemand deaktiviert und kein Wert geleert."},
		},
		Held: map[plan.Reason]string{
			plan.NoEmail:          "Ohne dienstliche E-Mail-Adresse",
			plan.DuplicateEmail:   "Mit einer E-Mail-Adresse, die mehrere haben",
			plan.AmbiguousMatch:   "Passt zu mehreren Personen",
			plan.IdentityConflict: "Scheint jemand anderes zu sein",
			plan.EmailTaken:       "Mit einer E-Mail-Adresse, die jemand anderem gehört",
			plan.ManagerLoop:      "Mit Berichtswegen, die im Kreis führen",
			plan.ManagerMissing:   "Mit einer Führungskraft, die nicht gefunden wurde",
			plan.Unreadable:       "Mit Werten, die der Schlüssel nicht sehen darf",
			plan.InactiveUnknown:  "Ohne Status",
			plan.StatusBlank:      "Ohne Beschäftigungsstatus",
			plan.MissingInHR:      "Fehlt in BambooHR",
			plan.InvalidValue:     "Mit einem unbrauchbaren Wert",
		},
	}
}
