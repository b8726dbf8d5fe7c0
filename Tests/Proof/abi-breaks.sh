#!/usr/bin/env bash
# Shows that the ABI gate catches what it is for: makes a copy of the core, breaks it in one way after the other, and runs the
# gate on each, with a manifest that goes along with the break.
# shellcheck disable=SC2016 # the dollars are Perl's
set -euo pipefail
cd "$(dirname "$0")/../.."

gate=$PWD/rust-core/ffi/abi/gate.sh
work=$PWD/rust-core/target/abi
# shellcheck source=Tests/Proof/copy.sh
source Tests/Proof/copy.sh
export CARGO_TARGET_DIR=$work/build
failed=0

# try NAME EXPECTED: builds the copy and runs the gate; its words must have EXPECTED in them.
try() {
    local name=$1 expected=$2 status=0
    (
        cd "$copy/rust-core"
        cargo rustc --quiet --locked --jobs "${JOBS:-$(nproc)}" -p strongroom-ffi --lib --crate-type cdylib
        cargo run --quiet --locked --jobs "${JOBS:-$(nproc)}" -p strongroom-ffi --example manifest > "$work/manifest.txt"
    )
    "$gate" check "$CARGO_TARGET_DIR/debug/libstrongroom_ffi.so" "$work/manifest.txt" > "$work/words" 2>&1 || status=$?
    if [[ $name == "nothing" ]]; then
        ((status == 0)) && return
        echo "the gate refuses the core as it is:" >&2
    elif ((status != 0)) && grep -qE "$expected" "$work/words"; then
        echo "caught: $name"
        return
    else
        echo "NOT caught: $name" >&2
    fi
    cat "$work/words" >&2
    failed=1
}

fresh
try "nothing" ""

edit ffi/src/types.rs 's/sr_batch_item_t: 176 \{/sr_batch_item_t: 184 {/; s/(valid: u32 = 172,)/$1\n        \/\/\/ More.\n        more: u64 = 176,/'
try "a field added" "sr_batch_item_t"
fresh

edit ffi/src/library.rs 's/secret_memory_bytes: u64/secret_memory_bytes: u32/'
try "an argument narrowed" "sr_start"
fresh

edit core/src/error.rs 's/MessageTooLong = 402/MessageTooLong = 409/'
try "a code renumbered" "gone: error SR_E_MESSAGE_TOO_LONG 402"
fresh

edit ffi/src/key.rs 's/24 Started fn sr_key_retain.*?\n        \}\n//s; s/\/\/\/ One reference more\.\n//'
try "a function dropped" "(gone|Removed|Deleted).*sr_key_retain"
fresh

edit ffi/src/lib.rs 's/$/\n\/\/\/ Leaked.\n#[no_mangle]\npub extern "C" fn sr_leaked() {}\n/'
try "a symbol leaked" "symbols that the manifest does not have: .*sr_leaked"
exit "$failed"
