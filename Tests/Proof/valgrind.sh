#!/usr/bin/env bash
# valgrind.sh: runs the example of the boundary in C under memcheck, with the core as it is, OpenSSL with it: nothing is
# instrumented, so it also sees what the sanitizers do not, uninitialised memory among it. First it has to find planted faults.
set -euo pipefail
cd "$(dirname "$0")/../.."

jobs=${JOBS:-$(nproc)}
work=$PWD/rust-core/target/valgrind
mkdir -p "$work"
libraries=(-lcrypto -lssl -lgcc_s -lutil -lrt -lpthread -lm -ldl)

# program OUTPUT SOURCE [CARGO ARGUMENT...]: a C program over a debug core, in which nothing is optimised away.
program() {
    local output=$1 source=$2
    shift 2
    (cd rust-core && cargo rustc --quiet --locked --jobs "$jobs" --target-dir "$work/build" -p strongroom-ffi --lib \
        --crate-type staticlib "$@")
    .ci/link-core.sh "$work/build/debug/libstrongroom_ffi.a" "$output.o"
    cc -std=c99 -g -Wall -Wextra -Werror -I rust-core/ffi/include "$source" "$output.o" "${libraries[@]}" -o "$output"
}

# memcheck REPORT PROGRAM...: 9 where it found an error. That a system call is not known to it is told, and none.
memcheck() {
    local report=$1
    shift
    timeout 300 valgrind --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
        --log-file="$report" "$@" > "$work/output"
}

program "$work/planted" Tests/Proof/Planted/planted.c --features fault-injection
for fault in "1:Invalid read:use after free" "2:Invalid write:overflow of the caller's buffer" "4:definitely lost:leak"; do
    IFS=: read -r kind expected name <<< "$fault"
    status=0
    memcheck "$work/report" "$work/planted" "$kind" || status=$?
    if ((status != 9)) || ! grep -q "$expected" "$work/report"; then
        cat "$work/report" >&2
        echo "valgrind: a planted fault was not found: $name" >&2
        exit 1
    fi
    echo "found: $name, planted in Rust and reached from C"
done

program "$work/example" Tests/Examples/C/main.c
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
memcheck "$work/report" "$work/example" "$folder" || {
    cat "$work/report" >&2
    exit 1
}
grep -E 'ERROR SUMMARY|definitely lost|no leaks' "$work/report" | sed 's/^==[0-9]*== */valgrind: /'
