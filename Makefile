# The commands of this repository; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .cache/bin

# Everything is tested under the two newest Go releases. The older one is the
# machine's own where that is a 1.26, else it is fetched by the go command.
GO_NEW := go1.27.4
GO_OLD := $(if $(filter go1.26%,$(shell GOTOOLCHAIN=local go env GOVERSION)),local,go1.26.8)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: test
test: $(BIN)/withbroker ## run all tests on Go 1.26 and 1.27, with a real broker
	@tools/deps.sh check
	@$(BIN)/withbroker -- $(MAKE) --no-print-directory suite

# What `make test` runs beside the broker.
.PHONY: suite
suite: $(BIN)/testrun
	GOTOOLCHAIN=$(GO_OLD) $(BIN)/testrun -race ./...
	GOTOOLCHAIN=$(GO_NEW) $(BIN)/testrun -race ./...
	cd benchmarks && GOTOOLCHAIN=$(GO_OLD) go test ./...

.PHONY: broker
broker: $(BIN)/withbroker ## start ActiveMQ Artemis for a tour, until Ctrl-C
	@tools/deps.sh check
	@$(BIN)/withbroker

EVENTS ?= 1000000

.PHONY: soak
soak: ## account for a million events (or EVENTS=n) while the broker is killed three times
	@tools/deps.sh check
	@GOTOOLCHAIN=$(GO_OLD) go run ./internal/cmd/soak -events $(EVENTS)

.PHONY: fuzz
fuzz: ## run every fuzz target with 250,000 inputs
	@GOTOOLCHAIN=$(GO_OLD) tools/fuzz.sh

.PHONY: lint
lint: $(BIN)/golangci-lint ## check format, style, dependencies and go.mod
	GOTOOLCHAIN=$(GO_NEW) go mod tidy -diff
	GOTOOLCHAIN=$(GO_NEW) go vet ./...
	cd benchmarks && GOTOOLCHAIN=$(GO_NEW) go vet ./...
	GOTOOLCHAIN=$(GO_NEW) $(BIN)/golangci-lint run ./...
	@GOTOOLCHAIN=$(GO_NEW) tools/arrows.sh
	@tools/noskip.sh

.PHONY: linker
linker: ## check that the packages don't make the linker keep all methods
	GOTOOLCHAIN=$(GO_OLD) go run ./internal/cmd/linkcheck ./environment ./eventing ./eventing/memory
	GOTOOLCHAIN=$(GO_NEW) go run ./internal/cmd/linkcheck ./environment ./eventing ./eventing/memory

.PHONY: fmt
fmt: $(BIN)/golangci-lint ## format the code
	GOTOOLCHAIN=$(GO_NEW) $(BIN)/golangci-lint fmt ./...

.PHONY: bench
bench: ## compare with the hand-written floor and with other libraries
	cd benchmarks && go run ./cmd/compare

.PHONY: bench-broker
bench-broker: $(BIN)/withbroker ## compare with the client library, over a real broker
	@tools/deps.sh check
	@$(BIN)/withbroker -- bash -c 'cd benchmarks && ASPYX_BENCH_BROKER=$$ASPYX_TEST_BROKER go run ./cmd/compare -only ^Broker: -time 1s'

.PHONY: cover
cover: $(BIN)/withbroker ## run all tests once, with a report of what they cover
	@tools/deps.sh check
	@$(BIN)/withbroker -- go test -coverpkg=./... -coverprofile=.cache/cover.out ./...
	@go tool cover -func=.cache/cover.out | tail -n 1

.PHONY: deps
deps: ## install a C compiler, Java, Maven and Python where they are missing (Debian, as root)
	@tools/deps.sh install

.PHONY: clean
clean: ## remove the cache: tools, broker, reports
	rm -rf .cache

# Always built: the go command knows best what is up to date.
.PHONY: $(BIN)/withbroker $(BIN)/testrun
$(BIN)/withbroker $(BIN)/testrun:
	@go build -buildvcs=false -o $@ ./internal/cmd/$(@F)

$(BIN)/golangci-lint: tools/go.mod tools/go.sum
	cd tools && GOTOOLCHAIN=$(GO_NEW) go build -buildvcs=false -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@
