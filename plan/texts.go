package plan

import (
	"math"
	"strings"
)

// texts keeps very many short texts side by side: each costs its bytes instead of an allocation, and
// what remembers it, a text, has no pointer.
type texts struct {
	blocks []*strings.Builder
}

// textBlock is how much is taken at once. Every offset into a block fits in 16 bits.
const textBlock = math.MaxUint16 + 1

// text says where a text stands; the zero value is the blank text.
type text struct {
	block uint32 // from 1
	off   uint16
	len   uint16 // 0: the whole block, which is longer than any len
}

func (at text) blank() bool { return at.block == 0 }

// add keeps a copy of s.
func (t *texts) add(s string) text {
	if s == "" {
		return text{}
	}
	last := len(t.blocks) - 1
	if last < 0 || t.blocks[last].Len()+len(s) > textBlock {
		b := new(strings.Builder)
		b.Grow(max(textBlock, len(s)))
		t.blocks = append(t.blocks, b)
		last++
	}
	b := t.blocks[last]
	at := text{block: uint32(last + 1), off: uint16(b.Len()), len: uint16(len(s))}
	if len(s) > math.MaxUint16 {
		at.len = 0
	}
	b.WriteString(s)
	return at
}

// get returns a text.
func (t *texts) get(at text) string {
	if at.blank() {
		return ""
	}
	s := t.blocks[at.block-1].String()
	if at.len == 0 {
		return s
	}
	return s[at.off:][:at.len]
}
