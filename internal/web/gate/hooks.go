package gate

import "net/http"

// Hooks returns the part that other programs call without a token: every call proves by its signature whom it comes
// from, which is left to the handlers. There are no sessions, and no page tells what is at an address.
func (g *Gate) Hooks(routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.HandleFunc(route.Method+" "+route.Path, func(w http.ResponseWriter, r *http.Request) {
			if err := route.Handler(w, r); err != nil {
				p := Classify(err)
				g.log(r, p, err)
				http.Error(w, http.StatusText(p.Status), p.Status)
			}
		})
	}
	return headers(mux, g.secure())
}
