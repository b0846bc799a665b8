package schedules

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/rollcall-hr/rollcall/internal/jobs"
)

// sharingViolation is Windows' answer about a file that another process has for itself.
const sharingViolation = syscall.Errno(32)

// lockFile opens the file without sharing it.
func lockFile(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, jobs.ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return os.NewFile(uintptr(h), path), nil
}
