package account

// Cheap makes hashing fast enough for a test to do it a hundred times.
func (s *Service) Cheap() { s.argon = argon{memory: 8, time: 1, threads: 1} }

// Dear returns to the parameters in force.
func (s *Service) Dear() { s.argon = current() }
