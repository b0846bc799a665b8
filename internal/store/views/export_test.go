package views

// Ready tells how many people lists are answered from, and up to which entry of the audit trail they are good.
func Ready(s *Store) (people int, seq int64) {
	s.people.mu.Lock()
	defer s.people.mu.Unlock()
	if s.people.read {
		return len(s.people.rows), s.people.seq
	}
	return 0, 0
}
