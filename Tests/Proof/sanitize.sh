#!/usr/bin/env bash
# sanitize.sh address|thread: builds the core and the Swift side with the same sanitizer, shows by symbols that both are
# instrumented and by planted faults that it works, and runs the tests over them. With `address` the C shims stop at undefined
# behaviour too, and Rust's own tests run; with `thread` they cannot, for their harness is prebuilt without it.
set -euo pipefail
cd "$(dirname "$0")/../.."

sanitizer=$1
jobs=${JOBS:-$(nproc)}
host=x86_64-unknown-linux-gnu
target=$PWD/rust-core/target/$sanitizer
swift=.build/$sanitizer
logs=.build/test-logs
mkdir -p "$logs" "$target"

# A sanitizer is an unstable flag of the compiler. The variable allows it in the very compiler that builds the releases, so that no
# other has to be there.
export RUSTC_BOOTSTRAP=1
flags="-Zsanitizer=$sanitizer -Copt-level=1 -Cdebuginfo=1"
case $sanitizer in
    address) word=__asan_report ;;
    thread)
        word=__tsan_read
        # The standard library is prebuilt without it; what it does with locks is replaced (rust-core/sync).
        flags+=" -Cunsafe-allow-abi-mismatch=sanitizer --cfg sr_tsan"
        ;;
    *) exit 64 ;;
esac

# Swift's crash handler and a sanitizer's get in each other's way.
export SWIFT_BACKTRACE=enable=no
# A test leaves a worker behind that never ends, to show that stopping does not wait for it.
# Secret memory is not readable for a leak check, nor may one attach to a process that is not dumpable.
export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=1 TSAN_OPTIONS=halt_on_error=1:report_thread_leaks=0

# A sanitizer's own ways (stopping its threads, reading maps, running a symbolizer) are what the service gives up.
export STRONGROOM_WITHOUT_PROTECTIONS=no-dump,no-new-privileges,landlock,seccomp

fail() {
    echo "$sanitizer: $*" >&2
    exit 1
}
step() { echo "== $sanitizer: $*"; }

# core OUTPUT [CARGO ARGUMENT...]: the instrumented core as one object.
core() {
    local output=$1
    shift
    (cd rust-core && RUSTFLAGS=$flags cargo rustc --quiet --locked --jobs "$jobs" --target "$host" --target-dir "$target" \
        -p strongroom-ffi --lib --crate-type staticlib "$@")
    .ci/link-core.sh "$target/$host/debug/libstrongroom_ffi.a" "$output"
}

# instrumented FILE: calls of the sanitizer's in a file.
instrumented() { readelf --symbols --wide "$1" | grep -c " $word" || true; }

planted() {
    local name=$1 kind=$2 expected=$3 status=0
    [[ $name != leak ]] || local -x ASAN_OPTIONS=detect_leaks=1
    timeout 120 "$target/planted" "$kind" > "$target/report" 2>&1 || status=$?
    if ((status == 0)) || ! grep -q "$expected" "$target/report"; then
        cat "$target/report" >&2
        fail "a planted fault was not found: $name"
    fi
    echo "found: $name, planted in Rust and reached from Swift"
}

# UndefinedBehaviorSanitizer of the C shims, which traps: Swift links no runtime for it.
shims=()
if [[ $sanitizer == address ]]; then
    undefined=(-fsanitize=undefined -fsanitize-trap=undefined)
    shims=(-Xcc "${undefined[0]}" -Xcc "${undefined[1]}")
    toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
    "$toolchain/bin/clang" "${undefined[@]}" Tests/Proof/Planted/undefined.c -o "$target/undefined"
    status=0
    # In a shell of its own, which tells of the signal and is not heard.
    (bash -c '"$0"' "$target/undefined") > "$target/report" 2>&1 || status=$?
    ((status > 128)) || fail "planted undefined behaviour was not found"
    echo "found: overflow of an int, planted in C"
fi

step "planted faults"
core "$target/planted_core.o" --features fault-injection
swiftc -parse-as-library -swift-version 6 -sanitize="$sanitizer" -g -import-objc-header Tests/Proof/Planted/planted.h \
    Tests/Proof/Planted/Planted.swift "$target/planted_core.o" -lcrypto -lssl -lgcc_s -o "$target/planted" 2> "$target/words" ||
    { cat "$target/words" >&2; fail "the planted faults do not build"; }
if [[ $sanitizer == address ]]; then
    planted "use after free" 1 "AddressSanitizer: heap-use-after-free"
    planted "overflow of a buffer of Swift's" 2 "AddressSanitizer: heap-buffer-overflow"
    planted "leak" 4 "LeakSanitizer: detected memory leaks"
else
    planted "data race" 3 "ThreadSanitizer: data race"
fi

step "Swift's tests"
export STRONGROOM_CORE=$PWD/rust-core/target/swift/strongroom_core_$sanitizer.o
core "$STRONGROOM_CORE"
[[ ! -f $swift/debug/strongroom || $swift/debug/strongroom -nt $STRONGROOM_CORE ]] ||
    rm -f "$swift"/debug/{strongroom,BoundaryExampleC,BoundaryExampleSwift} "$swift"/debug/*.xctest
# Only these tests, and what they need. SANITIZED names another target, such as NativeAPITests, which takes several times as long.
targets=(CoreBridgeTests HTTPServerTests KeyServiceTests)
[[ $sanitizer == thread ]] || targets+=(BytesTests JSONTests OpenAPITests)
[[ -z ${SANITIZED:-} ]] || targets+=("$SANITIZED")
export STRONGROOM_TESTS="${targets[*]}"
swift build --build-tests --jobs "$jobs" --sanitize="$sanitizer" --scratch-path "$swift" \
    "${shims[@]}" > "$logs/$sanitizer-build.log" 2>&1 ||
    { tail -40 "$logs/$sanitizer-build.log" >&2; fail "the Swift side does not build"; }
rust=$(instrumented "$STRONGROOM_CORE")
bridge=0
for object in "$swift"/debug/CoreBridge.build/*.o; do bridge=$((bridge + $(instrumented "$object"))); done
((rust > 0 && bridge > 0)) || fail "not instrumented: $rust symbols in the core, $bridge in CoreBridge"
echo "instrumented: $rust symbols of $word in the core, $bridge in CoreBridge's objects"

if [[ $sanitizer == address ]]; then
    # Clang's trap is an instruction that nothing else makes.
    traps=$(objdump --disassemble "$swift"/debug/CJansson.build/*.o | grep -c 'ud1' || true)
    ((traps > 0)) || fail "the C shims are not instrumented"
    echo "instrumented: $traps traps for undefined behaviour in CJansson"
fi

timeout 1200 swift test --skip-build --disable-xctest --sanitize="$sanitizer" --scratch-path "$swift" \
    > "$logs/$sanitizer.log" 2>&1 || { grep -E '✘|Sanitizer' "$logs/$sanitizer.log" | head -60 >&2; fail "Swift's tests"; }
grep 'Test run with' "$logs/$sanitizer.log"

[[ $sanitizer == address ]] || exit 0
step "Rust's tests"
# The sanitizer makes mlock do nothing, so that there is no limit to meet, and maps more memory than could be searched for secrets.
# Tests fall into guard pages and ask for more memory than there is, on purpose.
export ASAN_OPTIONS=$ASAN_OPTIONS:handle_segv=0:allocator_may_return_null=1
crates=(-p strongroom-boundary-tests -p strongroom-handles -p strongroom-memory -p strongroom-openssl)
(cd rust-core && RUSTFLAGS=$flags timeout 1200 cargo test --quiet --locked --jobs "$jobs" --target "$host" --target-dir "$target" \
    --no-fail-fast "${crates[@]}" -- --skip memory_that_cannot_be_locked --skip the_pages_are_locked \
    --skip no_secret_stands_in_readable_memory --skip lies_in_secret_memory_until_it_is_freed) > "$logs/$sanitizer-rust.log" 2>&1 ||
    { grep -E '^test .*FAILED|panicked|Sanitizer|^error' "$logs/$sanitizer-rust.log" | tail -60 >&2; fail "Rust's tests"; }
awk '/^test result: ok/ { passed += $4 } END { print passed " tests of Rust passed" }' "$logs/$sanitizer-rust.log"
