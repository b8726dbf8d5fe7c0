#!/usr/bin/env bash
# Every test, Rust's and Swift's, once all is built; then that each rule of the boundary was among what they held.
set -euo pipefail
cd "$(dirname "$0")/.."

logs=.build/test-logs
mkdir -p "$logs"
# run LOG COMMAND...: keeps the output, and shows it as it comes. Not through a pipe: lines were lost in one that was full.
run() {
    local log=$logs/$1 command status=0
    shift
    : > "$log"
    "$@" >> "$log" 2>&1 &
    command=$!
    trap 'kill "$command"' INT TERM
    tail --pid="$command" --lines=+1 --follow "$log"
    wait "$command" || status=$?
    trap - INT TERM
    return "$status"
}
core() { (cd rust-core && cargo test --locked --jobs "${JOBS:-$(nproc)}" "$@"); }

run rust.log core --workspace
run faults.log core -p strongroom-boundary-tests --features fault-injection --test faults --test fault_plan --test panics
run swift.log "${SWIFT:-swift}" test --skip-build --disable-xctest
.ci/check-rules.sh R docs/boundary.md "$logs"/*.log
.ci/check-rules.sh S docs/security.md "$logs"/*.log
