#!/usr/bin/env bash
# audit.sh BINARY: what the audit trail adds to the CPU time of an encrypt: two servers, one with it and one without, load in
# turns from one other process, and how many records a commit took.
set -euo pipefail

binary=$(realpath "$1")
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

for name in with without; do
    if [[ $name == with ]]; then start_strongroom with; else start_strongroom without --audit off; fi
    printf -v "$name" %s "$process"
    printf -v "${name}_port" %s "$port"
    printf -v "${name}_token" %s "$(cat "$work/$name/admin-token")"
    token_variable=${name}_token
    curl -sf -o /dev/null -H "Authorization: Bearer ${!token_variable}" -H 'Content-Type: application/json' \
        -d '{"name":"bench","algorithm":"xaes-256-gcm"}' "http://127.0.0.1:$port/v1/keys"
done
printf '{"plaintext":"%s"}' "$(head -c 32 /dev/urandom | base64 -w0)" > "$work/body"

# shellcheck disable=SC2154 # set above by their names
for _ in $(seq "$rounds"); do
    token=$without_token
    measure "$without" "$without_port" "$work/body" >> "$work/off"
    token=$with_token
    measure "$with" "$with_port" "$work/body" >> "$work/on"
done
paste "$work/on" "$work/off" | awk '{ print $1 - $2 }' | median | awk -v on="$(median < "$work/on")" -v off="$(median < "$work/off")" \
    '{ printf "encrypt of 32 bytes, 32 connections: %.2f us without, %.2f with, %.2f more (goal, with roles and limits: 2.5)\n",
        off / 1000, on / 1000, $1 / 1000 }'
