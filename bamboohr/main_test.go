package bamboohr

import (
	"testing"

	"go.uber.org/goleak"
)

// No test may leave a goroutine, and so a connection or timer, behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
