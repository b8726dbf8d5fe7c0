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
# The HTTP server's tests run one at a time, since they count the threads and the memory of their process: in a process of
# their own, beside all others.
tests="$("${SWIFT:-swift}" build --show-bin-path)/strongroomPackageTests.xctest"
server='^HTTPServerTests\.HTTPServerTests/'
"$tests" --testing-library swift-testing --filter "$server" > "$logs/http-server.log" 2>&1 &
beside=$!
trap 'kill "$beside" 2> /dev/null' EXIT
run swift.log "$tests" --testing-library swift-testing --skip "$server"
trap - EXIT
status=0
wait "$beside" || status=$?
cat "$logs/http-server.log"
((status == 0)) || exit "$status"
held=("$logs"/{rust,faults,swift,http-server}.log)
.ci/check-rules.sh R docs/boundary.md "${held[@]}"
.ci/check-rules.sh S docs/security.md "${held[@]}"
