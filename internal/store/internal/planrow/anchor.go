package planrow

// Key is the part of a row's primary key that orders it within its plan.
type Key struct {
	Rank   int64
	Source int64  // 0: no employee
	Person string // of groups: the group's id; "" for nobody
	N      int64  // order of arrival
}

// AppendKey adds the key of the next anchor of a plan.
func AppendKey(b []byte, k Key) []byte {
	p := packer{b: b}
	p.int(k.Rank)
	p.int(k.Source)
	p.string(k.Person)
	p.int(k.N)
	return p.b
}

// AnchorBefore returns, of anchors that stand every so many rows, the last one at or before a position,
// and its own position; the zero Key and 0 when it is the start.
func AnchorBefore(anchors []byte, every, position int64) (Key, int64) {
	u := unpacker{s: string(anchors)}
	var at Key
	pos := int64(0)
	for u.s != "" && pos+every <= position {
		at = Key{u.int(), u.int(), u.string(), u.int()}
		pos += every
	}
	return at, pos
}
