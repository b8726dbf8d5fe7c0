#!/usr/bin/env bash
# abi.sh [baseline]: holds the C ABI to its committed baseline (rust-core/ffi/abi/policy.md), or makes it the baseline.
set -euo pipefail
cd "$(dirname "$0")/../rust-core"

build=(--quiet --locked --jobs "${JOBS:-$(nproc)}" -p strongroom-ffi)
if [[ ${1:-check} == check ]]; then
    cargo test "${build[@]}" --test manifest --test documentation
fi
cargo rustc "${build[@]}" --lib --crate-type cdylib
manifest=$(mktemp)
trap 'rm -f "$manifest"' EXIT
cargo run "${build[@]}" --example manifest > "$manifest"
ffi/abi/gate.sh "${1:-check}" target/debug/libstrongroom_ffi.so "$manifest"
