# The commands of this project. `make help` lists them.

.DEFAULT_GOAL := help
SHELL := /bin/bash
GO ?= go

## run: build and start the gateway with the demo data on the embedded database
run: bin/brama
	./bin/brama serve --demo

## build: build the gateway into bin/brama
build: bin/brama

bin/brama: FORCE
	@mkdir -p bin
	$(GO) build -trimpath -o bin/brama ./cmd/brama

## test: everything: unit tests, both databases, the whole program over HTTP and in a browser
test: check
	@all=$$(mktemp) && set -o pipefail && $(GO) run ./db/dbtest/postgres -- $(GO) test -timeout 20m ./... | tee $$all || { \
	  echo && echo "What failed, without the logs:" && grep -E '^ *--- FAIL|^ +[a-z0-9_]+_test\.go:[0-9]+:|^panic:|^FAIL' $$all; rm -f $$all; exit 1; }; rm -f $$all
	@command -v chromium >/dev/null || echo "THE PAGES WERE NOT TESTED: there is no Chromium, and only root may install it (apt-get install chromium)"

## race: the tests of the rooms where goroutines meet, under the race detector
race:
	$(GO) run ./db/dbtest/postgres -- $(GO) test -race -timeout 30m ./db/... ./provider/... ./invoice/... ./payout/... ./callback/... ./shop/... ./inbox/...

## check: format, vet, staticcheck, generated files current, go.mod tidy
check:
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt -w these:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool -modfile=tools/go.mod staticcheck ./...
	$(GO) mod tidy -diff
	@fresh=$$(mktemp -d) && cp console/*.templ $$fresh && $(GO) tool -modfile=tools/go.mod templ generate -path $$fresh >/dev/null 2>&1; \
	for made in $$fresh/*_templ.go; do cmp -s $$made console/$${made##*/} || { echo "console/$${made##*/} is not current: make generate"; stale=1; }; done; \
	[ -e "$$made" ] || { echo "the pages' code could not be generated"; stale=1; }; rm -rf $$fresh; exit $${stale:-0}

## generate: the Go code of the console's pages, from their templates
generate:
	$(GO) tool -modfile=tools/go.mod templ generate -path console

## fuzz: five minutes on each parser that reads strangers' bytes (FUZZTIME=5m)
FUZZTIME ?= 5m
fuzz:
	@for at in $$(grep -rl '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
	  for name in $$(grep -rho '^func Fuzz[A-Za-z]*' $$at/*_test.go | sed 's/func //'); do \
	    echo "$$at $$name"; $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$at || exit 1; done; done

## sim: live the whole gateway under many seeds, and builds with a promise taken out (SEED=1 SEEDS=100 STEPS=8000)
SEED ?= 1
SEEDS ?= 100
STEPS ?= 8000
sim: bin/brama
	./bin/brama sim --seed $(SEED) --seeds $(SEEDS) --steps $(STEPS)
	BRAMA_SIM=long $(GO) test -timeout 30m -count=1 -v -run TestMutantsAreCaught ./sim

## crash: kill the program, and PostgreSQL under it, N times under load (N=100)
N ?= 100
crash:
	@set -o pipefail; BRAMA_CRASH_ROUNDS=$(N) $(GO) test -count=1 -timeout 4h -v -run 'TestKilledUnderLoad|TestPostgresKilledUnderLoad' ./e2e | grep -v '^=== '

## races: 64 callers want the same at the same time, N rounds on both databases (N=100; 1000 take ten minutes)
races:
	@set -o pipefail; BRAMA_RACES=$(N) $(GO) test -count=1 -timeout 4h -v -run 'TestRaces' ./e2e | grep -v '^=== '

## mutants: break the money code in every named way; the tests must notice each
mutants: FORCE
	$(GO) run ./mutants

## screenshots: pictures of the main pages, wide and narrow, light and dark, in ./screenshots
screenshots:
	BRAMA_SHOTS=$(CURDIR)/screenshots $(GO) test -count=1 -timeout 20m ./e2e/browser

## cluster: three nodes on one PostgreSQL, killed in turn under load; a minute
cluster:
	$(GO) run ./e2e/cluster

## clean: remove what was built and the demo's data
clean:
	rm -rf bin brama-data

## help: this list
help:
	@sed -n 's/^## \([a-z]*\): /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

FORCE:
.PHONY: run build test race check generate fuzz sim crash races mutants screenshots cluster clean help FORCE
