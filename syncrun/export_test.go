package syncrun

// SetBatch makes batches small, so that a few changes need several.
func (e *Engine) SetBatch(changes int) { e.batch = changes }
