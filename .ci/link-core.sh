#!/usr/bin/env bash
# link-core.sh STATICLIB OUTPUT: links the core's static library to one object in which only sr_* is visible. Leaves OUTPUT
# alone when it would not change, so that Swift is not linked again for nothing.
set -euo pipefail

source=$1
output=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
ld -r -o "$folder/all.o" --whole-archive "$source"
objcopy --wildcard --keep-global-symbol='sr_*' "$folder/all.o" "$folder/strongroom_core.o"
mkdir -p "$(dirname "$output")"
cmp -s "$folder/strongroom_core.o" "$output" || mv "$folder/strongroom_core.o" "$output"
