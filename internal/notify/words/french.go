package words

import (
	"golang.org/x/text/language"

	"github.com/rollcall-hr/rollcall/plan"
)

func french() *Language {
	return &Language{
		Code: "fr", tag: language.French, thousands: "\u202f",
		weekdays: [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
			"décembre"},
		date: "{weekday} {day} {month} {year} à {hour} h {minute} ({zone})", first: "1er",

		And: "et", Greeting: "Bonjour {name},", GreetingNobody: "Bonjour,",
		NoButton:            "Si le bouton ne fonctionne pas, ouvrez cette adresse :",
		HiddenLink:          "(seul le destinataire voit le lien)",
		InEnglish:           "Message de Rollcall (en anglais) :",
		FooterTo:            "Envoyé par Rollcall pour {organisation} à {address}.",
		FooterNotice:        "Envoyé par Rollcall pour {organisation}, car cette adresse reçoit les notifications de la connexion {connection}. Un administrateur peut modifier cela dans les paramètres de la connexion.",
		FooterAdministrator: "Envoyé par Rollcall pour {organisation}, car vous y êtes responsable des connexions en tant que propriétaire ou administrateur.",
		Employee:            "Salarié {number}",
		More:                Plural{"et {n} autre", "et {n} autres"},

		SetPassword: "Définir votre mot de passe", NewPassword: "Choisir un nouveau mot de passe",
		WelcomeSubject: "Bienvenue chez {organisation} : définissez votre mot de passe",
		WelcomeOpening: "Vous avez désormais un compte chez {organisation}. Choisissez un mot de passe pour l’utiliser.",
		InviteSubject:  "Définissez votre mot de passe pour {organisation}",
		InviteOpening:  "Vous êtes invité à utiliser votre compte chez {organisation}. Pour commencer, choisissez un mot de passe.",
		ResetSubject:   "Choisissez un nouveau mot de passe pour {organisation}",
		ResetOpening:   "Quelqu’un, probablement vous, a demandé un nouveau mot de passe pour votre compte chez {organisation}.",
		ResetIgnore:    "Si ce n’était pas vous, ne faites rien : votre mot de passe reste inchangé.",
		LinkUntil:      "Le lien fonctionne une seule fois, jusqu’au {until}.",
		LinkThreeDays:  "Le lien fonctionne une seule fois, pendant trois jours.",
		LinkTooOld:     "S’il a expiré lorsque vous l’ouvrez, demandez-en un nouveau avec « Forgotten password » sur la page de connexion.",

		ConfirmSubject: "confirmez cette adresse pour les notifications",
		ConfirmOpening: "Quelqu’un chez {organisation} a indiqué {address} comme adresse à prévenir lorsqu’une connexion à BambooHR échoue ou que des modifications attendent une approbation.",
		ConfirmWhy:     "Ces notifications citent des noms de salariés : elles ne sont envoyées qu’avec votre accord.",
		ConfirmButton:  "Confirmer l’adresse",
		ConfirmUntil:   "Le lien fonctionne jusqu’au {until}. Si vous ne souhaitez pas recevoir ces notifications, ne faites rien.",

		OpenConnection: "Ouvrir la connexion",
		FailingSubject: "impossible de lire {connection}",
		FailingOpening: "Rollcall ne parvient plus à lire BambooHR par la connexion {connection}, depuis le {since}.",
		FailingMeaning: "Une lecture qui échoue ne désactive jamais personne. Les modifications faites dans BambooHR ne seront reprises que lorsque la connexion fonctionnera de nouveau ; seules les dates de départ que Rollcall connaît déjà restent valables.",
		FailingNext:    "Rollcall réessaiera de lui-même le {next}.",
		FailingOnce:    "Vous recevrez un seul autre message, lorsque tout fonctionnera de nouveau, et aucun d’ici là.",

		RecoveredSubject: "{connection} fonctionne de nouveau",
		RecoveredOpening: "La connexion {connection} lit de nouveau BambooHR. Elle était en échec depuis le {since}.",
		RecoveredNothing: "Vous n’avez rien à faire. Ce qui a changé entre-temps dans BambooHR sera repris par les prochaines exécutions.",

		MissedSubject: "les exécutions automatiques de {connection} n’ont pas lieu",
		MissedOpening: "L’exécution de {connection} prévue pour le {since} n’a pas eu lieu, et la suivante non plus.",
		MissedNobody:  "Aucun processus n’effectue d’exécutions automatiques en ce moment. La personne qui gère le serveur doit lancer « rollcall serve » avec le rôle worker.",
		MissedMeaning: "En attendant, les modifications de BambooHR ne sont pas reprises : les nouveaux arrivants n’obtiennent pas de compte et les personnes parties gardent le leur. Les exécutions lancées à la main fonctionnent toujours.",
		MissedOnce:    "Ce message n’est envoyé qu’une fois tant que cela dure. Ensuite, une seule exécution rattrape toutes celles qui ont été manquées.",

		PlanSubject:      "des modifications de {connection} vous attendent",
		PlanSubjectAgain: "des modifications de {connection} vous attendent toujours",
		PlanOpening:      "La dernière exécution de {connection} veut faire plus que ses seuils ne le permettent. Ce qu’ils retiennent n’a pas été fait :",
		PlanButton:       "Voir les modifications",
		PlanFormer:       "Le plan précédent, du {since}, a expiré sans que personne ne décide.",
		PlanExpires:      "Ce plan expire le {expires}. Ce qui n’aura pas été autorisé d’ici là sera planifié à nouveau par l’exécution suivante.",
		PlanElse:         "Si ce n’est pas voulu, corrigez BambooHR : la prochaine exécution planifiera à nouveau.",
		PlanApprove:      "L’approbation peut être donnée par {who}.",
		PlanRelease:      "Une partie est refusée. Elle peut être autorisée par {who}, en saisissant le nombre de modifications voulues.",
		PlanReleaseOther: "Une partie est refusée. Elle peut être autorisée par {who}, mais pas par la personne qui a lancé l’exécution, en saisissant le nombre de modifications voulues.",
		Administrator:    "un propriétaire ou un administrateur", AdministratorNamed: "un propriétaire ou un administrateur ({names})",

		ExpiredSubject: "un plan de {connection} a expiré",
		ExpiredOpening: "Le plan de {connection} du {since} a attendu jusqu’au {expires}, et personne n’a décidé. Ce que les seuils retenaient n’a pas été fait :",
		ExpiredNext:    "La prochaine exécution, le {next}, planifiera à nouveau.",
		ExpiredNoNext:  "Aucune exécution automatique n’est prévue. Créez un aperçu pour planifier à nouveau.",

		ApprovalSubject: "les paramètres de {connection} attendent une approbation",
		ApprovalOpening: "La version {version} des paramètres de {connection} attend l’approbation d’un propriétaire ou d’un administrateur.",
		ApprovalMeaning: "D’ici là, rien ne s’exécute automatiquement. Ce message n’est envoyé qu’une fois.",
		ApprovalButton:  "Voir les paramètres",

		TroubledSubject: Plural{"{n} personne de {connection} demande votre attention", "{n} personnes de {connection} demandent votre attention"},
		TroubledOpening: Plural{"Lors de l’exécution de {connection}, Rollcall n’a pas pu reprendre {n} personne. Toutes les autres ont été traitées comme d’habitude.",
			"Lors de l’exécution de {connection}, Rollcall n’a pas pu reprendre {n} personnes. Toutes les autres ont été traitées comme d’habitude."},
		TroubledClosing: "La plupart de ces cas se corrigent dans BambooHR ; la prochaine exécution les reprendra. Chaque cas n’est signalé qu’une fois.",
		TroubledButton:  "Voir l’exécution",

		DigestSubject:   "la semaine de {connection}",
		DigestOpening:   "Rollcall tient {connection} à jour de lui-même. Voici ce qu’il a laissé de côté la semaine passée, pour que quelqu’un y jette un œil.",
		DigestClosing:   "La plupart de ces points se corrigent dans BambooHR. Ce message arrive le lundi tant qu’il y a quelque chose à voir ; les paramètres de la connexion permettent de le désactiver.",
		DigestButton:    "Voir les détails",
		DigestHeld:      "Laissé de côté lors de la dernière lecture",
		DigestWaiting:   "En attente d’une décision",
		DigestHolds:     "Exceptions qui prennent fin d’ici une semaine",
		DigestFailures:  "Échecs",
		DigestHoldUntil: "jusqu’au {until}",
		DigestFailed: Plural{"{n} lecture a échoué, le {since}. Elle n’a modifié personne.",
			"{n} lectures ont échoué, la dernière le {since}. Elles n’ont modifié personne."},
		DigestOnPurpose: Plural{"Non compté : {n} fiche laissée de côté volontairement, par une règle, une exception ou une décision.",
			"Non comptées : {n} fiches laissées de côté volontairement, par une règle, une exception ou une décision."},

		Guard: map[plan.Kind]Plural{
			plan.KindDeactivate: {"{n} personne sur {of} serait désactivée. Jusqu’à {limit} en {hours} heures passent automatiquement.",
				"{n} personnes sur {of} seraient désactivées. Jusqu’à {limit} en {hours} heures passent automatiquement."},
			plan.KindMoveEmail: {"{n} personne sur {of} changerait d’adresse e-mail. Jusqu’à {limit} en {hours} heures passent automatiquement.",
				"{n} personnes sur {of} changeraient d’adresse e-mail. Jusqu’à {limit} en {hours} heures passent automatiquement."},
			plan.KindBlank: {"{n} personne sur {of} perdrait une valeur. Jusqu’à {limit} en {hours} heures passent automatiquement.",
				"{n} personnes sur {of} perdraient une valeur. Jusqu’à {limit} en {hours} heures passent automatiquement."},
			plan.KindNewDepartments: {"{n} service serait créé, avec les personnes qui en font partie. Jusqu’à {limit} en {hours} heures passent automatiquement.",
				"{n} services seraient créés, avec les personnes qui en font partie. Jusqu’à {limit} en {hours} heures passent automatiquement."},
			plan.KindIDChurn: {"De nombreux identifiants ont changé dans BambooHR ; {n} personne nouvelle, rattachée ou disparue est donc en attente.",
				"De nombreux identifiants ont changé dans BambooHR ; {n} personnes nouvelles, rattachées ou disparues sont donc en attente."},
			plan.KindBaseline: {"BambooHR a indiqué {n} salarié, contre {of} lors de la dernière bonne lecture. Tant que personne ne l’accepte, nul n’est désactivé et aucune valeur n’est effacée.",
				"BambooHR a indiqué {n} salariés, contre {of} lors de la dernière bonne lecture. Tant que personne ne l’accepte, nul n’est désactivé et aucune valeur n’est effacée."},
		},
		Held: map[plan.Reason]string{
			plan.NoEmail:          "Sans adresse e-mail professionnelle",
			plan.DuplicateEmail:   "Avec une adresse e-mail que plusieurs personnes partagent",
			plan.AmbiguousMatch:   "Correspond à plusieurs personnes",
			plan.IdentityConflict: "Semble être quelqu’un d’autre",
			plan.EmailTaken:       "Avec une adresse e-mail qui appartient à quelqu’un d’autre",
			plan.ManagerLoop:      "Avec une hiérarchie qui tourne en boucle",
			plan.ManagerMissing:   "Avec un responsable introuvable",
			plan.Unreadable:       "Avec des valeurs que la clé ne peut pas voir",
			plan.InactiveUnknown:  "Sans statut",
			plan.StatusBlank:      "Sans statut d’emploi",
			plan.MissingInHR:      "Absent de BambooHR",
			plan.InvalidValue:     "Avec une valeur inutilisable",
		},
	}
}
