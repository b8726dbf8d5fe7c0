#!/bin/sh
# Holds a built shared library to the manifest: it exports those functions and nothing else, so that no test export and
# no forgotten one is in a release. Run after `cargo build --release -p strongroom-ffi`:
#   ffi/abi/check-symbols.sh target/release/libstrongroom_ffi.so
set -eu
library=${1:?the shared library to look at}
manifest=$(dirname "$0")/manifest.txt
wanted=$(sed -n 's/^function [0-9]* [^ ]* \([a-z0-9_]*\)(.*/\1/p' "$manifest" | sort)
found=$(nm -D --defined-only "$library" | awk '$2 == "T" { print $3 }' | sort)
if [ "$wanted" != "$found" ]; then
    echo "the symbols of $library are not those of the manifest" >&2
    # What stands once is in only one of the two.
    printf '%s\n' "$wanted" "$found" | sort | uniq -u >&2
    exit 1
fi
static=${library%.so}.a
if [ -f "$static" ] && nm "$static" 2>/dev/null | grep -q ' T sr_test_'; then
    echo "$static has exports for tests in it" >&2
    exit 1
fi
echo "$(printf '%s\n' "$found" | wc -l) symbols, all of them in the manifest"
