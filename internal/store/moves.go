package store

import (
	"errors"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// move is an address on its way to a person.
type move struct {
	person, key string
	from        string // who had it in this batch before, "" when nobody
}

// emailMove returns the compare form of the address that a change of an existing person sets.
func emailMove(c *plan.Change) (key string, moves bool) {
	if c.Version == 0 {
		return "", false
	}
	for i := range c.Fields {
		if f := &c.Fields[i]; f.Field == directory.Email && directory.EmailKey(f.Before) != directory.EmailKey(f.After) {
			return directory.EmailKey(f.After), true
		}
	}
	return "", false
}

// park takes the addresses that change from those who have them; NULL is the one value that may stand
// several times in the unique index.
func (b *batch) park(todo []syncrun.StoredItem) error {
	had := map[string]string{}
	for _, it := range todo {
		c := it.Change
		key, moves := emailMove(c)
		if !moves {
			continue
		}
		if _, err := b.t.first("select email_key from people where org = $1 and id = $2",
			func(st stmt) { had[st.ColText(0)] = c.PersonID }, b.t.org, c.PersonID); err != nil {
			return err
		}
		if err := b.t.setEmailKey(c.PersonID, ""); err != nil {
			return err
		}
		b.moved = append(b.moved, move{person: c.PersonID, key: key})
	}
	for i := range b.moved {
		b.moved[i].from = had[b.moved[i].key]
	}
	return nil
}

// giveOut hands the parked addresses to their new people and says so in the audit trail (security §3 #26).
func (b *batch) giveOut() error {
	for _, m := range b.moved {
		if err := b.t.setEmailKey(m.person, m.key); errors.Is(err, sqldb.ErrUnique) {
			return &syncrun.StaleRecordError{Key: directory.PersonKey(m.person)}
		} else if err != nil {
			return err
		}
		if err := b.note("move_email", m.person, m.from, m.person); err != nil {
			return err
		}
	}
	return nil
}
