package words

import (
	"golang.org/x/text/language"

	"github.com/rollcall-hr/rollcall/plan"
)

func spanish() *Language {
	return &Language{
		Code: "es", tag: language.Spanish, thousands: "\u202f",
		weekdays: [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
		months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
			"diciembre"},
		date: "{weekday} {day} de {month} de {year}, {hour}:{minute} ({zone})",

		And: "y", Greeting: "Hola, {name}:", GreetingNobody: "Buenos días:",
		NoButton:            "Si el botón no funciona, abra esta dirección:",
		HiddenLink:          "(solo su destinatario ve el enlace)",
		InEnglish:           "Rollcall informa (en inglés):",
		FooterTo:            "Enviado por Rollcall en nombre de {organisation} a {address}.",
		FooterNotice:        "Enviado por Rollcall en nombre de {organisation}, porque esta dirección recibe los avisos de la conexión {connection}. Un administrador puede cambiarlo en la configuración de la conexión.",
		FooterAdministrator: "Enviado por Rollcall en nombre de {organisation}, porque usted se ocupa allí de las conexiones como propietario o administrador.",
		Employee:            "Empleado {number}",
		More:                Plural{"y {n} más", "y {n} más"},

		SetPassword: "Establecer su contraseña", NewPassword: "Elegir una contraseña nueva",
		WelcomeSubject: "Le damos la bienvenida a {organisation}: establezca su contraseña",
		WelcomeOpening: "Ya tiene una cuenta en {organisation}. Elija una contraseña para empezar a usarla.",
		InviteSubject:  "Establezca su contraseña para {organisation}",
		InviteOpening:  "Le invitamos a usar su cuenta en {organisation}. Para empezar, elija una contraseña.",
		ResetSubject:   "Elija una contraseña nueva para {organisation}",
		ResetOpening:   "Alguien, probablemente usted, ha pedido una contraseña nueva para su cuenta en {organisation}.",
		ResetIgnore:    "Si no ha sido usted, no haga nada: su contraseña sigue siendo la misma.",
		LinkUntil:      "El enlace funciona una sola vez, hasta el {until}.",
		LinkThreeDays:  "El enlace funciona una sola vez, durante tres días.",
		LinkTooOld:     "Si ha caducado cuando lo abra, pida uno nuevo con «Forgotten password» en la página de inicio de sesión.",

		ConfirmSubject: "confirme esta dirección para recibir avisos",
		ConfirmOpening: "Alguien de {organisation} ha indicado {address} como dirección que recibe un aviso cuando falla una conexión con BambooHR o cuando hay cambios pendientes de aprobación.",
		ConfirmWhy:     "Esos avisos contienen nombres de empleados, por lo que solo se envían si usted está de acuerdo.",
		ConfirmButton:  "Confirmar la dirección",
		ConfirmUntil:   "El enlace funciona hasta el {until}. Si no desea recibir estos avisos, no haga nada.",

		OpenConnection: "Abrir la conexión",
		FailingSubject: "no se puede leer {connection}",
		FailingOpening: "Rollcall ya no puede leer BambooHR a través de la conexión {connection}, desde el {since}.",
		FailingMeaning: "Una lectura fallida nunca desactiva a nadie. Los cambios hechos en BambooHR no se aplicarán hasta que la conexión vuelva a funcionar; solo siguen valiendo las fechas de baja que Rollcall ya conoce.",
		FailingNext:    "Rollcall volverá a intentarlo por sí mismo el {next}.",
		FailingOnce:    "Recibirá un solo mensaje más, cuando vuelva a funcionar, y ninguno mientras tanto.",

		RecoveredSubject: "{connection} vuelve a funcionar",
		RecoveredOpening: "La conexión {connection} vuelve a leer BambooHR. Fallaba desde el {since}.",
		RecoveredNothing: "No tiene que hacer nada. Lo que haya cambiado entretanto en BambooHR se aplicará en las próximas ejecuciones.",

		MissedSubject: "las ejecuciones automáticas de {connection} no se realizan",
		MissedOpening: "La ejecución de {connection} prevista para el {since} no se ha realizado, y la siguiente tampoco.",
		MissedNobody:  "En este momento ningún proceso realiza ejecuciones automáticas. Quien administre el servidor debe iniciar «rollcall serve» con el rol worker.",
		MissedMeaning: "Mientras tanto no se aplican los cambios de BambooHR: las personas nuevas no reciben cuenta y quienes se van conservan la suya. Las ejecuciones iniciadas a mano siguen funcionando.",
		MissedOnce:    "Este mensaje se envía una sola vez mientras dure. Después, una única ejecución recupera todas las que faltaron.",

		PlanSubject:      "hay cambios de {connection} que esperan su decisión",
		PlanSubjectAgain: "sigue habiendo cambios de {connection} que esperan su decisión",
		PlanOpening:      "La última ejecución de {connection} quiere hacer más de lo que permiten sus límites. Lo que estos retienen no se ha hecho:",
		PlanButton:       "Ver los cambios",
		PlanFormer:       "El plan anterior, del {since}, caducó sin que nadie decidiera.",
		PlanExpires:      "Este plan caduca el {expires}. Lo que no se haya autorizado hasta entonces volverá a planificarse en la ejecución siguiente.",
		PlanElse:         "Si no es lo que se quería, corrija BambooHR: la próxima ejecución volverá a planificar.",
		PlanApprove:      "Puede aprobarlo {who}.",
		PlanRelease:      "Una parte se ha rechazado. Puede autorizarla {who}, indicando cuántos cambios se quieren hacer.",
		PlanReleaseOther: "Una parte se ha rechazado. Puede autorizarla {who}, pero no la persona que pidió la ejecución, indicando cuántos cambios se quieren hacer.",
		Administrator:    "un propietario o administrador", AdministratorNamed: "un propietario o administrador ({names})",

		ExpiredSubject: "un plan de {connection} ha caducado",
		ExpiredOpening: "El plan de {connection} del {since} esperó hasta el {expires} y nadie decidió. Lo que los límites retenían no se ha hecho:",
		ExpiredNext:    "La próxima ejecución, el {next}, volverá a planificar.",
		ExpiredNoNext:  "No hay prevista ninguna ejecución automática. Haga una vista previa para volver a planificar.",

		ApprovalSubject: "la configuración de {connection} espera una aprobación",
		ApprovalOpening: "La versión {version} de la configuración de {connection} espera la aprobación de un propietario o administrador.",
		ApprovalMeaning: "Hasta entonces no se ejecuta nada automáticamente. Este mensaje se envía una sola vez.",
		ApprovalButton:  "Ver la configuración",

		TroubledSubject: Plural{"{n} persona de {connection} requiere atención", "{n} personas de {connection} requieren atención"},
		TroubledOpening: Plural{"En la ejecución de {connection}, Rollcall no pudo incorporar los datos de {n} persona. Las demás se trataron como siempre.",
			"En la ejecución de {connection}, Rollcall no pudo incorporar los datos de {n} personas. Las demás se trataron como siempre."},
		TroubledClosing: "La mayoría de estos casos se corrigen en BambooHR; la próxima ejecución los incorporará. Cada caso se avisa una sola vez.",
		TroubledButton:  "Ver la ejecución",

		DigestSubject:   "la semana de {connection}",
		DigestOpening:   "Rollcall mantiene {connection} al día por sí mismo. Esto es lo que dejó pendiente la semana pasada para que alguien lo revise.",
		DigestClosing:   "La mayor parte se corrige en BambooHR. Este mensaje llega los lunes mientras haya algo que revisar; puede desactivarse en la configuración de la conexión.",
		DigestButton:    "Ver los detalles",
		DigestHeld:      "Lo que se dejó de lado en la última lectura",
		DigestWaiting:   "A la espera de una decisión",
		DigestHolds:     "Excepciones que terminan en menos de una semana",
		DigestFailures:  "Fallos",
		DigestHoldUntil: "hasta el {until}",
		DigestFailed: Plural{"Falló {n} lectura, el {since}. No cambió a nadie.",
			"Fallaron {n} lecturas, la última el {since}. No cambiaron a nadie."},
		DigestOnPurpose: Plural{"No se cuenta {n} registro que se deja de lado a propósito, por una regla, una excepción o una decisión.",
			"No se cuentan {n} registros que se dejan de lado a propósito, por una regla, una excepción o una decisión."},

		Guard: map[plan.Kind]Plural{
			plan.KindDeactivate: {"Se desactivaría a {n} de {of} personas. Hasta {limit} en {hours} horas pasan automáticamente.",
				"Se desactivaría a {n} de {of} personas. Hasta {limit} en {hours} horas pasan automáticamente."},
			plan.KindMoveEmail: {"{n} de {of} personas cambiaría de dirección de correo. Hasta {limit} en {hours} horas pasan automáticamente.",
				"{n} de {of} personas cambiarían de dirección de correo. Hasta {limit} en {hours} horas pasan automáticamente."},
			plan.KindBlank: {"{n} de {of} personas perdería un valor. Hasta {limit} en {hours} horas pasan automáticamente.",
				"{n} de {of} personas perderían un valor. Hasta {limit} en {hours} horas pasan automáticamente."},
			plan.KindNewDepartments: {"Se crearía {n} departamento, con las personas que lo forman. Hasta {limit} en {hours} horas pasan automáticamente.",
				"Se crearían {n} departamentos, con las personas que los forman. Hasta {limit} en {hours} horas pasan automáticamente."},
			plan.KindIDChurn: {"Han cambiado muchos identificadores en BambooHR; por eso espera {n} persona nueva, vinculada o desaparecida.",
				"Han cambiado muchos identificadores en BambooHR; por eso esperan {n} personas nuevas, vinculadas o desaparecidas."},
			plan.KindBaseline: {"BambooHR ha dado {n} empleado; en la última lectura correcta eran {of}. Hasta que alguien lo acepte, no se desactiva a nadie ni se borra ningún valor.",
				"BambooHR ha dado {n} empleados; en la última lectura correcta eran {of}. Hasta que alguien lo acepte, no se desactiva a nadie ni se borra ningún valor."},
		},
		Held: map[plan.Reason]string{
			plan.NoEmail:          "Sin correo de trabajo",
			plan.DuplicateEmail:   "Con un correo que comparten varias personas",
			plan.AmbiguousMatch:   "Encaja con varias personas",
			plan.IdentityConflict: "Parece ser otra persona",
			plan.EmailTaken:       "Con un correo que pertenece a otra persona",
			plan.ManagerLoop:      "Con una línea jerárquica circular",
			plan.ManagerMissing:   "Con un responsable que no se ha encontrado",
			plan.Unreadable:       "Con valores que la clave no puede ver",
			plan.InactiveUnknown:  "Sin estado",
			plan.StatusBlank:      "Sin situación laboral",
			plan.MissingInHR:      "No aparece en BambooHR",
			plan.InvalidValue:     "Con un valor que no se puede usar",
		},
	}
}
