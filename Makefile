# One gate: make test. It installs what it needs from Debian when it may, and says plainly what it
# skipped when it may not; with CI set, a missing tool is a failure.
GO ?= go

.PHONY: test unit race generated templates pictures quarter soak bench profile install fmt tools

test: tools generated unit race

tools:
	@./.ci/tools

# Formatting, vet, module files and generated documents are what the tools would write.
generated:
	@out=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not gofmt-clean:"; echo "$$out"; exit 1; }
	@was=$$(cat $$(find internal/web -name '*_templ.go' | sort) | sha256sum); $(GO) tool templ generate -path internal/web -log-level error; \
	[ "$$was" = "$$(cat $$(find internal/web -name '*_templ.go' | sort) | sha256sum)" ] || { echo "page templates were changed without \"make templates\""; exit 1; }
	$(GO) vet ./...
	$(GO) mod tidy -diff
	$(GO) mod verify

unit:
	$(GO) test -timeout 8m ./...

# The parts with goroutines, under the race detector (the stories drive the plain binary above).
race:
	$(GO) test -race -short -timeout 8m ./bamboohr ./bamboosim/... ./source ./syncrun ./people ./cmd/rollcall/internal/clock ./internal/seal ./internal/server ./internal/exporter ./internal/store \
		./internal/store/internal/... ./internal/store/schedules ./internal/store/hints ./internal/connection/... ./internal/hint ./internal/jobs ./internal/notify ./internal/account/openid ./internal/web/gate ./internal/web/api/...

# Go code of the page templates; commit what it writes.
templates:
	$(GO) tool templ generate -path internal/web

# The pictures of README and docs, taken from the program.
pictures:
	ROLLCALL_PICTURES=$(CURDIR)/docs/pictures $(GO) test -count=1 -tags pictures -run TestPictures ./internal/web

# Three months in five time zones, lived through by the real server; prints every run, effect and mail.
quarter:
	$(GO) test -count=1 -v -run TestQuarterThroughServe ./cmd/rollcall

# Long-running checks that are not part of the gate: 50 kills, longer random stories, more fuzzing.
soak:
	SOAK=1 $(GO) test -timeout 60m -run 'Kill|DiskFull|Soak' ./cmd/rollcall
	SOAK=1 $(GO) test -timeout 60m -run 'TestModel$$' ./syncrun
	for f in bamboohr/internal/flatjson mapping directory; do for t in $$($(GO) test -list '^Fuzz' ./$$f | grep ^Fuzz); do $(GO) test -run '^$$' -fuzz "^$$t$$" -fuzztime 60s ./$$f; done; done

# The binary for your own server, built with a recorded profile (about 5 % less CPU, a minute more to build). It needs
# no library of the system.
install:
	CGO_ENABLED=0 $(GO) install -trimpath -pgo=internal/bench/rollcall.pgo ./cmd/rollcall

# Records that profile anew, from syncs of 10,000 employees.
profile:
	$(GO) test -trimpath -tags profile -count=1 -run 'TestProfile$$' -cpuprofile $(CURDIR)/internal/bench/rollcall.pgo -o /dev/null ./cmd/rollcall

# Speed and memory of that binary, as ratios to a floor measured in the same run.
bench:
	$(GO) run ./internal/bench $(BENCH)

fmt:
	gofmt -w $$(git ls-files '*.go')
