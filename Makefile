# Phone OTP. `make help` says what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

ARCH  ?= arm64
STAGE ?= dev
ROUNDS ?= 20
# What the tests of races and faults are called.
RACES := Lost|Crash|Parallel|Many|AtOnce|Once|Hundred|Cut|Conflict|Guess|Winner|Races|OneRenewal
# As quality.md asks: static, no local paths, no RPC mode, no symbols.
BUILD := CGO_ENABLED=0 GOOS=linux GOARCH=$(ARCH) go build -trimpath -tags lambda.norpc -ldflags -s
HOST_ARCH := $(shell go env GOARCH)
FUNCTIONS := $(patsubst %/main.go,./%,$(wildcard functions/*/main.go))
LOCAL := .tools/local

.PHONY: help run stop test soak bench limits lint build deploy sam-local $(LOCAL)

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "make %-10s %s\n", $$1, $$2}'

run: $(LOCAL) ## the whole product on this machine, at http://localhost:8080 (PORT=...), STATE_DIR=... keeps data
	@PHONEOTP_WITH_PARENT=1 exec $(LOCAL) run

stop: $(LOCAL) ## ends a `make run` that was left in the background (PORT=...)
	@exec $(LOCAL) stop

test: $(LOCAL) ## every check, on a fresh machine too: style, template, rooms, functions, journeys, acceptance
	@infra/local/test.sh

soak: $(LOCAL) ## races, lost answers and crashes, twenty rounds under the race detector (ROUNDS=20)
	@$(LOCAL) emulate go test -race -count=$(ROUNDS) -timeout 120m -run '$(RACES)' ./shared/... ./functions/...

bench: $(LOCAL) ## sizes, calls, units, instructions (infra/bench)
	@$(LOCAL) emulate go run ./infra/bench

limits: ## the README's table of limits, from the constants (infra/limits)
	@go run ./infra/limits

lint: $(LOCAL) ## style and template only
	@infra/local/lint.sh

build: ## dist/<function>/bootstrap for every function (ARCH=arm64)
	@rm -rf dist && mkdir -p dist/.built
	@$(BUILD) -o dist/.built/ $(FUNCTIONS)
	@for f in dist/.built/*; do n=$$(basename $$f); mkdir dist/$$n && mv $$f dist/$$n/bootstrap; done; rmdir dist/.built

deploy: build $(LOCAL) ## to AWS, as samconfig.toml says for STAGE=dev, test or prod
	@exec $(LOCAL) sam sam deploy --config-env $(STAGE)

sam-local: $(LOCAL) ## `sam local start-api` at port 3000 against a running `make run` (needs a container engine)
	@$(MAKE) --no-print-directory build ARCH=$(HOST_ARCH)
	@exec $(LOCAL) sam-local

$(LOCAL):
	@mkdir -p .tools
	@go build -o $(LOCAL) ./infra/local

include functions/portal/assets.mk
