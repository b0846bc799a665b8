package policy

import (
	"embed"
	"fmt"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// PresetNames returns the presets in the order of the documents they come from.
func PresetNames() []string {
	return []string{"ally", "alleo", "betterworks", "small-improvements", "paymasters"}
}

// PresetYAML returns the text of a preset, false when there is none of that name.
func PresetYAML(name string) ([]byte, bool) {
	data, err := presetFiles.ReadFile("presets/" + name + ".yaml")
	return data, err == nil
}

// Base returns the settings on which a connection with that preset is built, "" for none. A preset
// that maps fields replaces the default mapping as a whole: it asks for no field its document does
// not name.
func Base(preset string) (Connection, error) {
	c := Defaults()
	if preset == "" {
		return c, nil
	}
	data, ok := PresetYAML(preset)
	if !ok {
		return c, fmt.Errorf("%q is not a preset; use %s", preset, oneOf(PresetNames()))
	}
	r := newReader(fromPreset, nil)
	s := r.open(r.document(data), "")
	if s.has("mapping") {
		c.Mapping = nil
	}
	c.Preset = preset
	s.connection(&c)
	if len(r.faults) > 0 {
		return c, fmt.Errorf("preset %s: %w", preset, r.faults[0])
	}
	return c, nil
}
