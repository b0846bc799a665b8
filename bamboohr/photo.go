package bamboohr

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
)

// The sizes of a photo, squares of the given pixels (bamboohr-api §2.11).
const (
	PhotoOriginal = "original"
	PhotoLarge    = "large"  // 340
	PhotoMedium   = "medium" // 170
	PhotoSmall    = "small"  // 150
	PhotoXS       = "xs"     // 50
	PhotoTiny     = "tiny"   // 20
)

const maxPhoto = 5 << 20 // bytes (security §1.3)

// Photo is a picture by its true type.
type Photo struct {
	Type string // image/jpeg, image/png, image/gif or image/webp
	Data []byte
}

// Photo reads an employee's picture. ErrNotFound means that there is none. The
// type is told from the bytes, not from the header, which lies
// (bamboohr-api §2.11); anything but a picture is ErrShape.
func (c *Client) Photo(ctx context.Context, employeeID, size string) (Photo, error) {
	r := c.get(nil, "v1", "employees", employeeID, "photo", size)
	r.accept, r.limits = "image/*", c.limits.photo
	var out Photo
	err := c.do(ctx, r, func(a *answer) error {
		raw, err := readAll(a)
		if err != nil {
			return err
		}
		if bytes.HasPrefix(raw, []byte("{")) {
			var wrapped struct{ FileBase64 string }
			if err := decode(raw, &wrapped); err != nil {
				return err
			}
			if raw, err = base64.StdEncoding.DecodeString(wrapped.FileBase64); err != nil {
				return fault(ErrShape, "a picture in broken base64")
			}
		}
		if len(raw) > maxPhoto {
			return fault(ErrTooLarge, "more than %d bytes", maxPhoto)
		}
		out = Photo{Type: http.DetectContentType(raw), Data: raw}
		switch out.Type {
		case "image/jpeg", "image/png", "image/gif", "image/webp":
			return nil
		}
		return fault(ErrShape, "not a picture")
	})
	if err != nil {
		return Photo{}, err
	}
	return out, nil
}
