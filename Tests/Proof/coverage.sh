#!/usr/bin/env bash
# coverage.sh rust|swift: which lines the tests reach. For Rust, every line of the ABI and of the handle table that none does has to
# stand in Tests/Proof/unreached.txt with the reason; what stands there and is reached, or gone, fails too.
set -euo pipefail
cd "$(dirname "$0")/../.."

jobs=${JOBS:-$(nproc)}
toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
logs=$PWD/.build/test-logs
mkdir -p "$logs"

rust() {
    local target=$PWD/rust-core/target/coverage profiles objects=() objects_of binary
    profiles=$target/profiles
    rm -rf "$profiles"
    mkdir -p "$profiles"
    export RUSTFLAGS=-Cinstrument-coverage LLVM_PROFILE_FILE=$profiles/%p-%m.profraw
    local test=(cargo test --quiet --locked --jobs "$jobs" --target-dir "$target" --no-fail-fast)
    (cd rust-core && "${test[@]}" --workspace > "$logs/coverage-rust.log" 2>&1 &&
        "${test[@]}" -p strongroom-boundary-tests --features fault-injection --test faults --test fault_plan --test panics \
            >> "$logs/coverage-rust.log" 2>&1) || { tail -40 "$logs/coverage-rust.log" >&2; exit 1; }
    "$toolchain/bin/llvm-profdata" merge --sparse "$profiles"/*.profraw -o "$target/all.profdata"
    objects_of=$(cd rust-core && { "${test[@]}" --workspace --no-run --message-format=json
        "${test[@]}" -p strongroom-boundary-tests --features fault-injection --no-run --message-format=json; } 2> "$logs/words" |
        sed -nE 's/.*"executable":"([^"]+)".*/\1/p' | sort -u)
    for binary in $objects_of; do objects+=(--object "$binary"); done
    "$toolchain/bin/llvm-cov" report --instr-profile "$target/all.profdata" "${objects[@]}" \
        --ignore-filename-regex='(^|/)(tests|fuzz|benches|boundary-tests|rustc|registry|cargo)(/|$)' > "$target/report.txt" 2> "$logs/words"
    awk 'NR == 1 || /^TOTAL|\.rs / { printf "%-34s %8s lines, %6s unreached, %s\n", $1, $8, $9, $10 }' "$target/report.txt" | tail -n +2
    "$toolchain/bin/llvm-cov" export --format=lcov --instr-profile "$target/all.profdata" "${objects[@]}" > "$target/lcov.txt" 2> "$logs/words"
    # What is planted runs under the sanitizers, and ends the process (sanitize.sh).
    # A line that any instance of its function reached is reached.
    awk -F: '/^SF:/ { file = $2 } /^DA:/ { split($2, part, ","); key = file ":" part[1]; if (!(key in most) || part[2] > most[key]) most[key] = part[2] }
        END { for (key in most) if (most[key] == 0) print key }' "$target/lcov.txt" |
        sed -nE "s|^$PWD/(rust-core/(ffi\|handles)/src/.*):([0-9]+)$|\1 \3|p" |
        grep -v '^rust-core/ffi/src/planted.rs ' | sort -k1,1 -k2,2n > "$target/unreached.txt"
    python3 Tests/Proof/unreached.py "$target/unreached.txt" Tests/Proof/unreached.txt
}

swift_side() {
    export STRONGROOM_CORE=$PWD/rust-core/target/swift/strongroom_core.o
    swift build --build-tests --jobs "$jobs" --enable-code-coverage --scratch-path .build/coverage > "$logs/coverage-build.log" 2>&1 ||
        { tail -40 "$logs/coverage-build.log" >&2; exit 1; }
    timeout 1200 swift test --skip-build --disable-xctest --enable-code-coverage --scratch-path .build/coverage --skip StrongroomTests \
        > "$logs/coverage.log" 2>&1 || { grep '✘' "$logs/coverage.log" | head -40 >&2; exit 1; }
    "$toolchain/bin/llvm-cov" report .build/coverage/debug/strongroomPackageTests.xctest \
        --instr-profile .build/coverage/debug/codecov/default.profdata --ignore-filename-regex='(Tests|\.build)/' > .build/coverage/report.txt
    awk '/^(TOTAL|.*\.swift )/ { print }' .build/coverage/report.txt | awk '{ module = $1; sub(/^.*Sources\//, "", module)
        split(module, part, "/"); lines[part[1]] += $8; missed[part[1]] += $9 }
        END { for (m in lines) printf "%-20s %7d lines, %6.2f%% reached\n", m, lines[m], 100 * (1 - missed[m] / lines[m]) }' | sort
}

case ${1:?} in
    rust) rust ;;
    swift) swift_side ;;
    *) exit 64 ;;
esac
