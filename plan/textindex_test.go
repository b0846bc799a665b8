package plan

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// A textIndex is a map from texts to the things that have them.
func TestTextIndexIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 20), func(i int) string { return fmt.Sprint(i) }), 0, 40).Draw(t, "texts")
		x := newTextIndex(len(texts), func(i int32) string { return texts[i] })
		model := map[string]int32{}
		for i, text := range texts {
			if rapid.Bool().Draw(t, "put") {
				x.put(int32(i))
				model[text] = int32(i)
			}
			if rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
				gone := fmt.Sprint(rapid.IntRange(0, 20).Draw(t, "text"))
				x.remove(gone)
				delete(model, gone)
			}
			for k := range 21 {
				want, has := model[fmt.Sprint(k)]
				if got, ok := x.get(fmt.Sprint(k)); ok != has || ok && got != want {
					t.Fatalf("%d is thing %d, %v; want %d, %v", k, got, ok, want, has)
				}
			}
		}
	})
	if i, ok := new(textIndex).get("a"); ok {
		t.Errorf("the zero value finds thing %d", i)
	}
}
