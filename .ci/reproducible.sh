#!/usr/bin/env bash
# reproducible.sh: builds the last commit's release binary twice from nothing, in one folder after the other of the same name, and compares
# them as the image has them. Where they differ, it names the sections that do.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for build in 1 2; do
    git clone --quiet . "$work/source"
    make --silent -C "$work/source" build > "$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }
    # As docker/Dockerfile strips it.
    strip --remove-section=.swift_modhash --remove-section=.note.gnu.build-id -o "$work/strongroom-$build" \
        "$work/source/.build/release/strongroom"
    rm -rf "$work/source"
done
sha256sum "$work"/strongroom-? | sed "s#$work/##"
cmp -s "$work/strongroom-1" "$work/strongroom-2" && { echo "the same, byte for byte"; exit 0; }
for section in $(readelf -SW "$work/strongroom-1" | grep -oE '\] \.[A-Za-z0-9_.-]+' | cut -c3-); do
    for build in 1 2; do
        objcopy -O binary --only-section "$section" "$work/strongroom-$build" "$work/section-$build" 2> /dev/null || true
    done
    cmp -s "$work/section-1" "$work/section-2" || echo "differs: $section"
done
exit 1
