# Strongroom's commands. `make help` lists them; `make run` and `make test` need nothing before them but Swift.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup verification-tools core build test-build run test lint abi abi-baseline features model sanitize-address sanitize-thread valgrind fuzz \
	budget memory-scan ordinary-user coverage coverage-rust check man bench bench-audit bench-start bench-tls bench-boundary bench-keys bench-schema bench-fairness allocations smoke attack image container-test sbom reproducible page schemathesis clean

CARGO := cargo --config rust-core/.cargo/config.toml
SWIFT := swift
JOBS ?= $(shell nproc)
CORE := rust-core/target/swift/strongroom_core.o
RELEASE := .build/release/strongroom
# One file without Swift's libraries beside it, which also starts faster and takes less memory.
STATIC := --static-swift-stdlib -Xlinker --gc-sections -Xlinker --strip-debug

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:
	@.ci/setup.sh

verification-tools:
	@.ci/setup.sh abigail-tools valgrind

# The core as one object in which only its C ABI is visible. Rust's own symbols would collide with another Rust library's.
core: setup
	@cd rust-core && cargo build --quiet --release --locked --jobs $(JOBS) -p strongroom-ffi
	@.ci/link-core.sh rust-core/target/release/libstrongroom_ffi.a $(CORE)

build: core ## Build the release binary, .build/release/strongroom
	@.ci/forget-stale-products.sh $(CORE) release
	@$(SWIFT) build --configuration release --product strongroom --jobs $(JOBS) $(STATIC)

run: build ## Build and start the service (ARGS="--listen 127.0.0.1:8300" for options)
	@exec $(RELEASE) serve $(ARGS)

man: build ## Build the manual page, .build/strongroom.1
	@python3 .ci/man.py $(RELEASE) > .build/strongroom.1

test-build: core
	@.ci/forget-stale-products.sh $(CORE) debug
	@$(SWIFT) build --build-tests --jobs $(JOBS)
	@JOBS=$(JOBS) .ci/link-test-servers.sh
	@.ci/python-environment.sh .build/python

test: test-build ## Run every test, Rust's and Swift's
	@JOBS=$(JOBS) SWIFT=$(SWIFT) .ci/test.sh

lint: setup ## Formatters and linters of Rust, Swift and shell, and our own rules; warnings are errors
	@.ci/lint.sh

abi: verification-tools ## The C ABI against its committed baseline, and that the gate catches deliberate breaks
	@JOBS=$(JOBS) .ci/abi.sh
	@JOBS=$(JOBS) Tests/Proof/abi-breaks.sh

abi-baseline: verification-tools ## Make the C ABI as it stands the baseline (rust-core/ffi/abi/policy.md)
	@JOBS=$(JOBS) .ci/abi.sh baseline

# With a core that can do more: its own tests, and those of the boundary that a feature can change. Vectors are the same with it,
# and `make test` has run them.
features: setup ## The core's tests with the features that a release does not have: `export` and `legacy-algorithms`
	@cd rust-core && cargo test --locked --jobs $(JOBS) -p strongroom-core -p strongroom-boundary-tests \
		--features strongroom-ffi/export,strongroom-ffi/legacy-algorithms \
		--lib --test features --test operations --test sealed_keys --test batch_operations -- --skip wycheproof

model: setup ## Every interleaving of the handle table and the arena, within bounds, and that breaks are caught
	@cd rust-core && RUSTFLAGS="--cfg sr_model" cargo test --locked --jobs $(JOBS) --target-dir target/model/build \
		-p strongroom-sync -p strongroom-handles -p strongroom-memory --test model --test interleavings
	@JOBS=$(JOBS) Tests/Proof/model-breaks.sh

sanitize-address: verification-tools ## The tests with both sides under AddressSanitizer, after planted faults
	@JOBS=$(JOBS) Tests/Proof/sanitize.sh address

sanitize-thread: verification-tools ## The tests of concurrency with both sides under ThreadSanitizer, after a planted race
	@JOBS=$(JOBS) Tests/Proof/sanitize.sh thread

valgrind: verification-tools ## A key's life from C under memcheck, after planted faults
	@JOBS=$(JOBS) Tests/Proof/valgrind.sh

SECONDS ?= 60
fuzz: setup ## Fuzz each target for SECONDS=60 (TARGETS="json http" for some)
	@JOBS=$(JOBS) Tests/Proof/fuzz.sh $(SECONDS) $(TARGETS)

budget: verification-tools build ## Count instructions and hold them to the budget (WHY="..." makes these the budget)
	@Tests/Proof/instructions.sh $(RELEASE) $(if $(WHY),update "$(WHY)")

memory-scan: build ## The running service's memory, and a core of it: no copy of any key, seen over HTTP (needs PyPI)
	@.ci/setup.sh python3-venv
	@.ci/python-environment.sh .build/python
	@.build/python/bin/python -B Tests/Proof/memory_scan.py $(RELEASE)

coverage: coverage-rust ## Which lines tests reach, in Rust and in Swift; each unreached one of the ABI is explained
	@Tests/Proof/coverage.sh swift

coverage-rust: setup
	@Tests/Proof/coverage.sh rust

ordinary-user: test-build ## The tests of secret memory, the process and sealing as a user without privileges
	@Tests/Proof/ordinary-user.sh

CHECKS := schemathesis memory-scan ordinary-user abi model valgrind sanitize-address sanitize-thread budget

check: ## What CI holds the build to beside tests and linters; docs/verification.md says what takes longer
	@for check in $(CHECKS) 'fuzz SECONDS=10 TARGETS="handles arguments blobs batch"'; do \
		begin=$$SECONDS; eval "$(MAKE) --no-print-directory $$check"; echo "=== make $$check took $$((SECONDS - begin)) s"; done

smoke: build ## Drive a fresh server with curl: the main ways, and the main refusals
	@.ci/smoke.sh $(RELEASE)

attack: build ## Attack a release server as a hostile client would, with honest clients beside (NAMES="a1 b9" for some)
	@python3 -B Tests/Attack/attack.py $(RELEASE) $(NAMES)

image: ## Build the container's image with docker, podman or buildah (OPTIONS for the build)
	@.ci/image.sh $(OPTIONS)

container-test: setup ## Build the image and run it hardened, as root on Debian, with no engine and no registry (KEEP=1 keeps its folder)
	@.ci/container-test.sh

sbom: build ## What is in the release binary, .build/sbom.json (CycloneDX)
	@python3 .ci/sbom.py $(RELEASE) > .build/sbom.json

reproducible: setup ## Build the last commit twice, and compare the binaries (takes ten minutes)
	@.ci/reproducible.sh

page: build ## Drive /docs in headless Chromium: read, search, try
	@.ci/setup.sh chromium chromium-driver fonts-dejavu-core
	@python3 Tests/Browser/docs_page.py $(RELEASE)

schemathesis: build ## Thousands of requests made from the document, good and bad, with a token and without (needs PyPI)
	@.ci/setup.sh python3-venv
	@Tests/Schemathesis/run.sh $(RELEASE)

bench: bench-boundary build ## CPU time per request beside a bare C server, and per call beside C (takes three minutes)
	@Tests/Bench/bench.sh $(RELEASE)

bench-audit: build ## What the audit trail adds to a request's CPU time
	@Tests/Bench/audit.sh $(RELEASE)

bench-tls: build ## What TLS adds to a request's CPU time, and what handshakes cost
	@Tests/Bench/tls.sh $(RELEASE)

bench-start: build ## What a call of the command line costs
	@Tests/Bench/start.sh $(RELEASE)

bench-keys: build ## What many keys, and other kinds of keys, cost (takes some minutes)
	@gcc -O2 -std=gnu11 Tests/LoadClient/main.c -o .build/load-client
	@python3 -B Tests/Bench/keys.py $(RELEASE) .build/load-client

bench-fairness: build ## How long honest clients wait beside others that ask for much (takes nine minutes; CASES="a A3" for some)
	@gcc -O2 -std=gnu11 Tests/LoadClient/main.c -o .build/load-client
	@python3 -B Tests/Bench/fairness.py $(RELEASE) .build/load-client $(CASES)

ROUNDS ?= 101
bench-boundary: core ## CPU time of calls of the core and of the pool, beside the same in C
	@.ci/forget-stale-products.sh $(CORE) release
	@$(SWIFT) build --configuration release --product BoundaryBench --jobs $(JOBS) $(STATIC)
	@.build/release/BoundaryBench $(ROUNDS)

.build/release/SchemaBench: setup
	@$(SWIFT) build --configuration release --product SchemaBench --jobs $(JOBS)

bench-schema: .build/release/SchemaBench ## CPU time of the validator: compiling, good requests, hostile ones
	@$<

allocations: .build/release/SchemaBench ## That checking a good request allocates nothing (counted in the optimised build)
	@$< allocations

clean: ## Remove what was built (never data)
	@rm -rf .build rust-core/target
