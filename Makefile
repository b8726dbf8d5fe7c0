# Strongroom's commands. `make help` lists them; `make run` and `make test` need nothing before them but Swift.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup core build test-build run test lint bench smoke clean

CARGO := cargo --config rust-core/.cargo/config.toml
SWIFT := swift
JOBS ?= $(shell nproc)
CORE := rust-core/target/swift/strongroom_core.o
RELEASE := .build/release/strongroom
# One file without Swift's libraries beside it, which also starts faster and takes less memory.
STATIC := --static-swift-stdlib -Xlinker --gc-sections -Xlinker --strip-debug

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:
	@.ci/setup.sh

# The core as one object in which only its C ABI is visible. Rust's own symbols would collide with another Rust library's.
core: setup
	@cd rust-core && cargo build --quiet --release --locked --jobs $(JOBS) -p strongroom-ffi
	@.ci/link-core.sh rust-core/target/release/libstrongroom_ffi.a $(CORE)

build: core ## Build the release binary, .build/release/strongroom
	@.ci/forget-stale-products.sh $(CORE) release
	@$(SWIFT) build --configuration release --product strongroom --jobs $(JOBS) $(STATIC)

run: build ## Build and start the service (ARGS="--listen 127.0.0.1:8300" for options)
	@exec $(RELEASE) serve $(ARGS)

test-build: core
	@.ci/forget-stale-products.sh $(CORE) debug
	@$(SWIFT) build --build-tests --jobs $(JOBS)

test: test-build ## Run every test, Rust's and Swift's
	@cd rust-core && cargo test --quiet --locked --workspace --jobs $(JOBS)
	@$(SWIFT) test --skip-build --disable-xctest

lint: setup ## Formatters and linters of Rust, Swift and shell, and our own rules; warnings are errors
	@.ci/lint.sh

smoke: build ## Drive a fresh server with curl: the main ways, and the main refusals
	@Tests/Smoke/smoke.sh $(RELEASE)

bench: build ## CPU time per request beside a bare C server (takes two minutes)
	@Tests/Bench/bench.sh $(RELEASE)

clean: ## Remove what was built (never data)
	@rm -rf .build rust-core/target
