package account

// Cheap makes hashing fast enough for a test to do it a hundred times.
func (s *Service) Cheap() { s.argon = argon{memory: 8, time: 1, threads: 1} }

// Flood takes every slot and every place in the queue for hashing until the function it returns is called.
func (s *Service) Flood() (end func()) {
	for range cap(s.slots) {
		s.slots <- struct{}{}
	}
	for range cap(s.queue) {
		s.queue <- struct{}{}
	}
	return func() {
		for range cap(s.slots) {
			<-s.slots
		}
		for range cap(s.queue) {
			<-s.queue
		}
	}
}

// Dear returns to the parameters in force.
func (s *Service) Dear() { s.argon = current() }
