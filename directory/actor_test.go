package directory_test

import (
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
)

func TestActorWords(t *testing.T) {
	for actor, want := range map[string]string{"": "somebody unknown", "schedule": "the schedule", "webhook": "a webhook", "operator": "the operator’s file",
		"cli:root": "root at the command line", "cli:DOMAIN\\ann": "DOMAIN\\ann at the command line", "token:t_1": "the API token t_1", "p_1": "person p_1", "recipient": "recipient"} {
		if got := directory.ActorWords(actor); got != want {
			t.Errorf("%q is %q, not %q", actor, got, want)
		}
	}
}
