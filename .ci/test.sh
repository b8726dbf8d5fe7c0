#!/usr/bin/env bash
# Every test, Rust's and Swift's, once all is built; then that each rule of the boundary was among what they held.
set -euo pipefail
cd "$(dirname "$0")/.."

logs=.build/test-logs
mkdir -p "$logs"
# run LOG COMMAND...: keeps the output, and shows it as it comes. Not through a pipe: lines were lost in one that was full.
# Nor by `swift test`, which reads the tests' output through a pipe of its own: the tests themselves write to the file.
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
run swift.log "$("${SWIFT:-swift}" build --show-bin-path)/strongroomPackageTests.xctest" --testing-library swift-testing
.ci/check-rules.sh R docs/boundary.md "$logs"/*.log
.ci/check-rules.sh S docs/security.md "$logs"/*.log
