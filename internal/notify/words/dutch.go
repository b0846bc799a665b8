package words

import (
	"golang.org/x/text/language"

	"github.com/rollcall-hr/rollcall/plan"
)

func dutch() *Language {
	return &Language{
		Code: "nl", tag: language.Dutch, thousands: ".",
		weekdays: [7]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
		months: [12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
			"december"},
		date: "{weekday} {day} {month} {year} om {hour}:{minute} uur ({zone})",

		And: "en", Greeting: "Beste {name},", GreetingNobody: "Geachte heer of mevrouw,",
		NoButton:            "Werkt de knop niet? Open dan dit adres:",
		HiddenLink:          "(alleen de ontvanger ziet de link)",
		InEnglish:           "Rollcall meldt (in het Engels):",
		FooterTo:            "Verzonden door Rollcall namens {organisation} aan {address}.",
		FooterNotice:        "Verzonden door Rollcall namens {organisation}, omdat dit adres meldingen ontvangt over de koppeling {connection}. Een beheerder kan dat wijzigen in de instellingen van de koppeling.",
		FooterAdministrator: "Verzonden door Rollcall namens {organisation}, omdat u daar als eigenaar of beheerder voor de koppelingen zorgt.",
		Employee:            "Medewerker {number}",
		More:                Plural{"en nog {n}", "en nog {n}"},

		SetPassword: "Wachtwoord instellen", NewPassword: "Nieuw wachtwoord kiezen",
		WelcomeSubject: "Welkom bij {organisation}: stel uw wachtwoord in",
		WelcomeOpening: "U hebt nu een account bij {organisation}. Kies een wachtwoord om het te gebruiken.",
		InviteSubject:  "Stel uw wachtwoord voor {organisation} in",
		InviteOpening:  "U bent uitgenodigd om uw account bij {organisation} te gebruiken. Kies om te beginnen een wachtwoord.",
		ResetSubject:   "Kies een nieuw wachtwoord voor {organisation}",
		ResetOpening:   "Iemand, waarschijnlijk uzelf, heeft een nieuw wachtwoord aangevraagd voor uw account bij {organisation}.",
		ResetIgnore:    "Was u dat niet? Dan hoeft u niets te doen: uw wachtwoord blijft zoals het is.",
		LinkUntil:      "De link werkt één keer, tot {until}.",
		LinkThreeDays:  "De link werkt één keer, gedurende drie dagen.",
		LinkTooOld:     "Is de link verlopen wanneer u hem opent? Vraag dan een nieuwe aan met “Forgotten password” op de aanmeldpagina.",

		ConfirmSubject: "bevestig dit adres voor meldingen",
		ConfirmOpening: "Iemand bij {organisation} heeft {address} opgegeven als adres dat bericht krijgt wanneer een koppeling met BambooHR uitvalt of wanneer wijzigingen op goedkeuring wachten.",
		ConfirmWhy:     "In zulke meldingen staan namen van medewerkers. Daarom worden ze pas verzonden als u ermee instemt.",
		ConfirmButton:  "Adres bevestigen",
		ConfirmUntil:   "De link werkt tot {until}. Wilt u deze meldingen niet ontvangen, dan hoeft u niets te doen.",

		OpenConnection: "Koppeling openen",
		FailingSubject: "{connection} kan niet worden gelezen",
		FailingOpening: "Rollcall kan BambooHR via de koppeling {connection} niet meer lezen, sinds {since}.",
		FailingMeaning: "Bij een mislukte leesactie wordt nooit iemand gedeactiveerd. Wijzigingen in BambooHR worden pas weer overgenomen als de koppeling werkt; alleen vertrekdatums die Rollcall al kent, blijven gelden.",
		FailingNext:    "Rollcall probeert het vanzelf opnieuw op {next}.",
		FailingOnce:    "U krijgt nog één e-mail zodra het weer werkt, en tussendoor geen andere.",

		RecoveredSubject: "{connection} werkt weer",
		RecoveredOpening: "De koppeling {connection} leest BambooHR weer. Het ging mis sinds {since}.",
		RecoveredNothing: "U hoeft niets te doen. Wat er intussen in BambooHR is gewijzigd, wordt door de volgende runs overgenomen.",

		MissedSubject: "automatische runs van {connection} blijven uit",
		MissedOpening: "De run van {connection} die op {since} had moeten starten, is niet uitgevoerd, en de volgende ook niet.",
		MissedNobody:  "Op dit moment voert geen enkel proces automatische runs uit. Wie de server beheert, moet \"rollcall serve\" starten met de rol worker.",
		MissedMeaning: "Tot het weer werkt, worden wijzigingen in BambooHR niet overgenomen: nieuwe mensen krijgen geen account en vertrekkers houden het hunne. Runs die iemand met de hand start, werken nog wel.",
		MissedOnce:    "Deze mail komt één keer zolang het duurt. Daarna haalt één run alles in wat is gemist.",

		PlanSubject:      "wijzigingen van {connection} wachten op u",
		PlanSubjectAgain: "wijzigingen van {connection} wachten nog steeds op u",
		PlanOpening:      "De laatste run van {connection} wil meer doen dan de grenswaarden toelaten. Wat daardoor wordt tegengehouden, is niet gebeurd:",
		PlanButton:       "Wijzigingen bekijken",
		PlanFormer:       "Het vorige plan, van {since}, is verlopen zonder dat iemand heeft beslist.",
		PlanExpires:      "Dit plan verloopt op {expires}. Wat dan niet is vrijgegeven, wordt door de run daarna opnieuw gepland.",
		PlanElse:         "Is dit niet de bedoeling, corrigeer dan BambooHR: de volgende run plant opnieuw.",
		PlanApprove:      "Het kan worden goedgekeurd door {who}.",
		PlanRelease:      "Een deel ervan is geweigerd. Het kan worden vrijgegeven door {who}, door in te vullen hoeveel wijzigingen er bedoeld zijn.",
		PlanReleaseOther: "Een deel ervan is geweigerd. Het kan worden vrijgegeven door {who}, maar niet door degene die de run heeft gestart; daarbij wordt ingevuld hoeveel wijzigingen er bedoeld zijn.",
		Administrator:    "een eigenaar of beheerder", AdministratorNamed: "een eigenaar of beheerder ({names})",

		ExpiredSubject: "een plan van {connection} is verlopen",
		ExpiredOpening: "Het plan van {connection} van {since} heeft gewacht tot {expires}, en niemand heeft beslist. Wat de grenswaarden tegenhielden, is niet gebeurd:",
		ExpiredNext:    "De volgende run, op {next}, plant opnieuw.",
		ExpiredNoNext:  "Er staat geen automatische run gepland. Maak een voorvertoning om opnieuw te plannen.",

		ApprovalSubject: "instellingen van {connection} wachten op goedkeuring",
		ApprovalOpening: "Versie {version} van de instellingen van {connection} wacht op goedkeuring door een eigenaar of beheerder.",
		ApprovalMeaning: "Tot dan gebeurt er niets automatisch. Deze e-mail komt maar één keer.",
		ApprovalButton:  "Instellingen bekijken",

		TroubledSubject: Plural{"{n} persoon in {connection} vraagt aandacht", "{n} personen in {connection} vragen aandacht"},
		TroubledOpening: Plural{"Bij de run van {connection} kon Rollcall {n} persoon niet overnemen. Alle anderen zijn zoals gewoonlijk verwerkt.",
			"Bij de run van {connection} kon Rollcall {n} personen niet overnemen. Alle anderen zijn zoals gewoonlijk verwerkt."},
		TroubledClosing: "De meeste gevallen kunt u in BambooHR rechtzetten; de volgende run neemt ze dan over. Elk geval wordt één keer gemeld.",
		TroubledButton:  "Run bekijken",

		DigestSubject:   "de week van {connection}",
		DigestOpening:   "Rollcall houdt {connection} vanzelf bij. Dit heeft het de afgelopen week laten liggen, zodat iemand ernaar kan kijken.",
		DigestClosing:   "Het meeste kunt u in BambooHR rechtzetten. Deze e-mail komt op maandag zolang er iets te bekijken is; in de instellingen van de koppeling kunt u hem uitzetten.",
		DigestButton:    "Details bekijken",
		DigestHeld:      "Overgeslagen bij de laatste leesactie",
		DigestWaiting:   "Wacht op een beslissing",
		DigestHolds:     "Uitzonderingen die binnen een week eindigen",
		DigestFailures:  "Storingen",
		DigestHoldUntil: "tot {until}",
		DigestFailed: Plural{"{n} leesactie is mislukt, op {since}. Daardoor is niemand gewijzigd.",
			"{n} leesacties zijn mislukt, de laatste op {since}. Daardoor is niemand gewijzigd."},
		DigestOnPurpose: Plural{"Niet meegeteld: {n} record dat door een regel, een uitzondering of een beslissing bewust is overgeslagen.",
			"Niet meegeteld: {n} records die door een regel, een uitzondering of een beslissing bewust zijn overgeslagen."},

		Guard: map[plan.Kind]Plural{
			plan.KindDeactivate: {"{n} van de {of} personen zou worden gedeactiveerd. Tot {limit} per {hours} uur gaan vanzelf door.",
				"{n} van de {of} personen zouden worden gedeactiveerd. Tot {limit} per {hours} uur gaan vanzelf door."},
			plan.KindMoveEmail: {"{n} van de {of} personen zou een ander e-mailadres krijgen. Tot {limit} per {hours} uur gaan vanzelf door.",
				"{n} van de {of} personen zouden een ander e-mailadres krijgen. Tot {limit} per {hours} uur gaan vanzelf door."},
			plan.KindBlank: {"{n} van de {of} personen zou een waarde verliezen. Tot {limit} per {hours} uur gaan vanzelf door.",
				"{n} van de {of} personen zouden een waarde verliezen. Tot {limit} per {hours} uur gaan vanzelf door."},
			plan.KindNewDepartments: {"{n} afdeling zou worden aangemaakt, met de mensen daarin. Tot {limit} per {hours} uur gaan vanzelf door.",
				"{n} afdelingen zouden worden aangemaakt, met de mensen daarin. Tot {limit} per {hours} uur gaan vanzelf door."},
			plan.KindIDChurn: {"Veel id's in BambooHR zijn veranderd; daarom wacht {n} persoon die nieuw, gekoppeld of verdwenen is.",
				"Veel id's in BambooHR zijn veranderd; daarom wachten {n} personen die nieuw, gekoppeld of verdwenen zijn."},
			plan.KindBaseline: {"BambooHR noemde {n} medewerker; bij de laatste goede leesactie waren het er {of}. Tot iemand dat accepteert, wordt niemand gedeactiveerd en geen waarde leeggemaakt.",
				"BambooHR noemde {n} medewerkers; bij de laatste goede leesactie waren het er {of}. Tot iemand dat accepteert, wordt niemand gedeactiveerd en geen waarde leeggemaakt."},
		},
		Held: map[plan.Reason]string{
			plan.NoEmail:          "Zonder zakelijk e-mailadres",
			plan.DuplicateEmail:   "Met een e-mailadres dat meer mensen hebben",
			plan.AmbiguousMatch:   "Past bij meerdere personen",
			plan.IdentityConflict: "Lijkt iemand anders te zijn",
			plan.EmailTaken:       "Met een e-mailadres dat van iemand anders is",
			plan.ManagerLoop:      "Met een rapportagelijn die rondloopt",
			plan.ManagerMissing:   "Met een leidinggevende die niet is gevonden",
			plan.Unreadable:       "Met waarden die de sleutel niet mag zien",
			plan.InactiveUnknown:  "Zonder status",
			plan.StatusBlank:      "Zonder dienstverbandstatus",
			plan.MissingInHR:      "Ontbreekt in BambooHR",
			plan.InvalidValue:     "Met een onbruikbare waarde",
		},
	}
}
