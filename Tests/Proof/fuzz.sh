#!/usr/bin/env bash
# fuzz.sh SECONDS [TARGET...]: runs each fuzz target that long under AddressSanitizer, from its committed corpus, after what made it
# fail before. A new failure is left in Tests/Proof/Fuzz/crashes, to be committed with its fix. `fuzz.sh merge [TARGET...]` takes
# what was found into the corpora, cut down to what adds coverage.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=$1
shift
rust=(handles arguments blobs batch)
swift=(json schema body http login)
targets=("$@")
((${#targets[@]})) || targets=("${rust[@]}" "${swift[@]}")
jobs=${JOBS:-$(nproc)}
host=x86_64-unknown-linux-gnu
target=$PWD/rust-core/target/fuzz
fuzz=$PWD/Tests/Proof/Fuzz
# Found inputs, beside the few that are committed.
found=$PWD/.build/fuzz-found
logs=.build/test-logs
mkdir -p "$target" "$logs"

# The core's own compiler, with flags that are unstable in it (as in sanitize.sh).
export RUSTC_BOOTSTRAP=1
coverage=(
    -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
)
flags="-Zsanitizer=address -Copt-level=1 -Cdebuginfo=1 ${coverage[*]}"
# Swift's clang, for Debian's has no runtime with it.
toolchain=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
export ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no

build_rust() {
    (cd rust-core && RUSTFLAGS=$flags cargo rustc --quiet --locked --jobs "$jobs" --target "$host" --target-dir "$target" \
        -p strongroom-fuzz --lib --crate-type staticlib)
    local name archive=$target/$host/debug/libstrongroom_fuzz.a
    for name in "${rust[@]}"; do
        [[ $target/$name -nt $archive ]] || "$toolchain/bin/clang" -fsanitize=fuzzer,address -DTARGET="fuzz_$name" "$fuzz/entry.c" "$archive" \
            -fuse-ld=lld -lssl -lcrypto -lpthread -ldl -lm -lgcc_s -o "$target/$name"
    done
}

build_swift() {
    export STRONGROOM_FUZZ=1 STRONGROOM_CORE=$PWD/rust-core/target/swift/strongroom_core_fuzz.o
    (cd rust-core && RUSTFLAGS=$flags cargo rustc --quiet --locked --jobs "$jobs" --target "$host" --target-dir "$target" \
        -p strongroom-ffi --lib --crate-type staticlib)
    .ci/link-core.sh "$target/$host/debug/libstrongroom_ffi.a" "$STRONGROOM_CORE"
    local runtime
    runtime=$(find "$toolchain/lib/clang/" -name 'libclang_rt.fuzzer_no_main-x86_64.a' | head -1)
    [[ ! $STRONGROOM_CORE -nt .build/fuzz/debug/FuzzTargets ]] || rm -f .build/fuzz/debug/FuzzTargets
    swift build --product FuzzTargets --jobs "$jobs" --sanitize=address --scratch-path .build/fuzz \
        -Xswiftc -sanitize-coverage=edge,trace-cmp,inline-8bit-counters,pc-table \
        -Xlinker "$runtime" -Xlinker -lstdc++ > "$logs/fuzz-build.log" 2>&1 ||
        { tail -40 "$logs/fuzz-build.log" >&2; exit 1; }
}

# command TARGET: fills `command` with how it is started.
command_of() {
    case " ${rust[*]} " in
        *" $1 "*) command=("$target/$1") ;;
        *) command=(env "FUZZ_TARGET=$1" "$PWD/.build/fuzz/debug/FuzzTargets") ;;
    esac
}

case " ${targets[*]} " in *" handles "* | *" arguments "* | *" blobs "* | *" batch "*) build_rust ;; esac
case " ${targets[*]} " in *" json "* | *" schema "* | *" body "* | *" http "* | *" login "*) build_swift ;; esac

for name in "${targets[@]}"; do
    command_of "$name"
    corpus=$fuzz/corpus/$name
    mkdir -p "$corpus" "$fuzz/crashes/$name" "$found/$name"
    if [[ $seconds == merge ]]; then
        rm -rf "$found/merged" && mkdir "$found/merged"
        "${command[@]}" -merge=1 -max_len=1024 "$found/merged" "$corpus" "$found/$name" > "$logs/fuzz-$name-merge.log" 2>&1
        # The smallest of what adds coverage, beside what was written by hand: a corpus is to be read through in a second, and not to
        # be complete. libFuzzer names inputs by their hash.
        find "$corpus" -type f -regextype posix-extended -regex '.*/[0-9a-f]{40}' -delete
        find "$found/merged" -type f -size -2k -printf '%s %p\n' | sort -n | awk 'NR <= 40 { print $2 }' | xargs -r cp -t "$corpus"
        echo "$name: $(find "$corpus" -type f | wc -l) inputs"
        continue
    fi
    known=("$fuzz/crashes/$name"/*)
    [[ ! -f ${known[0]} ]] || "${command[@]}" "${known[@]}" > "$logs/fuzz-$name-known.log" 2>&1 ||
        { tail -30 "$logs/fuzz-$name-known.log" >&2; echo "$name: fails as it did before" >&2; exit 1; }
    if ! "${command[@]}" -max_total_time="$seconds" -timeout=25 -max_len=4096 -rss_limit_mb=2560 -print_final_stats=1 \
        -artifact_prefix="$fuzz/crashes/$name/" "$found/$name" "$corpus" > "$logs/fuzz-$name.log" 2>&1; then
        grep -vE '^#[0-9]+\s+(NEW|REDUCE|pulse)' "$logs/fuzz-$name.log" | tail -40 >&2
        echo "$name: failed; the input is in Tests/Proof/Fuzz/crashes/$name" >&2
        exit 1
    fi
    awk -v name="$name" '/cov:/ { for (i = 1; i < NF; i++) { if ($i == "cov:") cov = $(i + 1); if ($i == "ft:") ft = $(i + 1) } }
        /number_of_executed_units/ { runs = $2 }
        END { printf "%s: %d executions, coverage %d edges, %d features\n", name, runs, cov, ft }' "$logs/fuzz-$name.log"
done
