#!/usr/bin/env bash
# Every test, Rust's and Swift's, once all is built; then that each rule of the boundary was among what they held.
set -euo pipefail
cd "$(dirname "$0")/.."

logs=.build/test-logs
mkdir -p "$logs"
# run LOG COMMAND...: shows the output and keeps it.
run() {
    local log=$logs/$1
    shift
    "$@" 2>&1 | tee "$log"
}
core() { (cd rust-core && cargo test --locked --jobs "${JOBS:-$(nproc)}" "$@"); }

run rust.log core --workspace
run faults.log core -p strongroom-boundary-tests --features fault-injection --test faults --test fault_plan --test panics
run swift.log "${SWIFT:-swift}" test --skip-build --disable-xctest
.ci/check-rules.sh R docs/boundary.md "$logs"/*.log
.ci/check-rules.sh S docs/security.md "$logs"/*.log
