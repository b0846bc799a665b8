package endpoint

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	_ "image/gif" // uploads of other kinds than JPEG and PNG are recognised to be refused
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// photoSizes are the sides of the square pictures in pixels ([D] bamboohr-api §2.11); the original's is assumed.
func photoSizes() map[string]int {
	return map[string]int{"original": 600, "large": 340, "medium": 170, "small": 150, "xs": 50, "tiny": 20}
}

// getPhoto answers a picture, or its JSON form when asked for JSON. The type says JPEG whatever the bytes are: pictures
// of even ids are PNG ([D] bamboohr-api §2.11: bytes may be another format).
func (c *call) getPhoto() {
	side, ok := photoSizes()[c.Args["size"]]
	if !ok {
		c.Fail(http.StatusNotFound, `Size: "`+c.Args["size"]+`" is not a valid size option. Valid sizes are: xs, small, tiny, original, medium and large.`)
		return
	}
	if _, err := strconv.Atoi(c.Args["id"]); err != nil {
		c.Fail(http.StatusNotFound, "Employee not found")
		return
	}
	e, ok := c.Snapshot().Find(mustInt(c.Args["id"]), new(company.Employee))
	switch {
	case !ok:
		c.Fail(http.StatusNotFound, "Employee not found")
		return
	case !c.sees(e) || !c.Access.Column(c.FieldOf("photoUrl")):
		c.Fail(http.StatusForbidden, noPermission)
		return
	case !e.HasPhoto():
		c.Fail(http.StatusNotFound, "Employee photo not found")
		return
	}
	if size := c.Args["size"]; size == "small" || size == "tiny" { // only these scale, and only down
		q := c.Request.URL.Query()
		side = min(side, answer.Positive(q.Get("width"), side), answer.Positive(q.Get("height"), side))
	}
	picture := e.PhotoData // an upload is shown as it came, in every size (assumed)
	if picture == nil {
		picture = drawPhoto(e.ID, side)
	}
	if c.WantsJSON() {
		c.JSON(http.StatusOK, map[string]string{"mimeType": http.DetectContentType(picture),
			"fileBase64": base64.StdEncoding.EncodeToString(picture)})
		return
	}
	c.Text(http.StatusOK, "image/jpeg", picture)
}

func mustInt(s string) int {
	n, _ := strconv.Atoi(s) // checked by the caller
	return n
}

// drawPhoto makes a picture that differs from person to person: a square in two colours.
func drawPhoto(id, side int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	back := color.RGBA{uint8(id * 53), uint8(id * 97), uint8(id * 193), 255}
	front := color.RGBA{255 - back.R, 255 - back.G, 255 - back.B, 255}
	for y := range side {
		for x := range side {
			dx, dy := 2*x-side, 2*y-side
			if dx*dx+dy*dy < side*side/2 {
				img.SetRGBA(x, y, front)
			} else {
				img.SetRGBA(x, y, back)
			}
		}
	}
	var buf bytes.Buffer
	if id%2 == 0 {
		_ = png.Encode(&buf, img) // a buffer takes everything
	} else {
		_ = jpeg.Encode(&buf, img, nil)
	}
	return buf.Bytes()
}

// maxPhoto is the largest upload ([D] upload-employee-photo).
const maxPhoto = 20 << 20

// uploadPhoto takes a square picture of at least 150 pixels ([D] upload-employee-photo). BMP is not simulated.
func (c *call) uploadPhoto() {
	e, ok := c.employee()
	if !ok {
		return
	}
	raw, status := c.uploaded()
	if status == 0 && len(raw) > maxPhoto {
		status = http.StatusRequestEntityTooLarge
	}
	if status == 0 {
		conf, format, err := image.DecodeConfig(bytes.NewReader(raw))
		if err != nil || !slices.Contains([]string{"jpeg", "png"}, format) || conf.Width < 150 || conf.Height < 150 ||
			max(conf.Width, conf.Height)-min(conf.Width, conf.Height) > 1 {
			status = http.StatusUnsupportedMediaType
		}
	}
	if status != 0 {
		c.Fail(status, "The photo is not acceptable")
		return
	}
	_, err := c.Store.Update(e.ID, func(e *company.Employee, _ string) error {
		e.PhotoData = raw
		return nil
	})
	if err != nil {
		c.writeError(err)
		return
	}
	c.Begin(http.StatusCreated, "text/html; charset=UTF-8")
}

func (c *call) uploaded() (raw []byte, status int) {
	c.Request.Body = http.MaxBytesReader(nil, c.Request.Body, answer.MaxBody)
	file, _, err := c.Request.FormFile("file")
	if err != nil {
		return nil, http.StatusBadRequest
	}
	defer file.Close()
	raw, err = io.ReadAll(file)
	if err != nil || len(raw) == 0 {
		return nil, http.StatusBadRequest
	}
	return raw, 0
}
