package views

import (
	"fmt"
	"testing"
)

// The cache keeps what was looked at last, and never more rows than it may, one plan excepted.
func TestPlanCache(t *testing.T) {
	var c planCache
	for i := range keepPlans + 1 {
		c.put(fmt.Sprint(i), &planIndex{rows: 10 + i})
		c.get("0")
	}
	if c.get("1") != nil || c.get("0") == nil || len(c.list) != keepPlans {
		t.Errorf("%d plans, the oldest is there: %v", len(c.list), c.get("1") != nil)
	}
	c.put("large", &planIndex{rows: keepRows + 1})
	if len(c.list) != 1 || c.get("large") == nil {
		t.Errorf("%d plans beside a large one", len(c.list)-1)
	}
	c.put("0", &planIndex{rows: 10})
	if len(c.list) != 1 || c.get("0").rows != 10 {
		t.Errorf("%d plans after a large one", len(c.list))
	}
}
