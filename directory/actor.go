package directory

import "strings"

// ActorWords names, inside a sentence, whoever did something, by how history and audit name them: the id of a person
// whom the directory has no more, or what acts without being one. Of a person whom it has, the name says more.
func ActorWords(actor string) string {
	kind, rest, _ := strings.Cut(actor, ":")
	switch {
	case actor == "":
		return "somebody unknown"
	case actor == "schedule":
		return "the schedule"
	case actor == "webhook":
		return "a webhook"
	case actor == "operator":
		return "the operator’s file"
	case kind == "cli":
		return rest + " at the command line"
	case kind == "token":
		return "the API token " + rest
	case strings.HasPrefix(actor, "p_"):
		return "person " + actor
	}
	return actor
}
