#!/usr/bin/env bash
# instructions.sh SERVER [update WHY]: counts the instructions of the core's calls, and of an encryption over HTTP, under callgrind,
# and holds them to budget.txt within 2%: a count is the same on a busy machine and an idle one, so a regression shows on any.
# `update` writes the counts into the file, with the reason for it.
set -euo pipefail
# Counting runs the server on a processor of its own, which needs what the filter of system calls takes.
export STRONGROOM_WITHOUT_PROTECTIONS=no-dump,no-new-privileges,landlock,seccomp
cd "$(dirname "$0")/../.."

server=$(realpath "$1")
budget=Tests/Proof/Instructions/budget.txt
core=rust-core/target/swift/strongroom_core.o
work=$(mktemp -d)
process=
# shellcheck disable=SC2317 # it is reached, by the trap
cleanup() {
    [[ -z $process ]] || kill "$process" 2> /dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

# Which instructions a library chooses depends on the machine: it is told of one that has AES-NI, PCLMUL and SSE4 and no more.
export OPENSSL_ia32cap=0x0218020307000000:0x0
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-BMI2,-RTM,-MOVBE

# One that gives each thread its turn, for a loop that waits for another thread would keep it.
callgrind=(valgrind --tool=callgrind --fair-sched=yes --callgrind-out-file=/dev/null)
collected() { sed -nE 's/.*Collected : ([0-9]+)/\1/p' "$1" | tail -1; }

# operation NAME TIMES: instructions of one.
operation() {
    local few many
    "${callgrind[@]}" --log-file="$work/few" --collect-atstart=no --toggle-collect=measured "$work/count" "$1" "$2" "$work" > /dev/null
    "${callgrind[@]}" --log-file="$work/many" --collect-atstart=no --toggle-collect=measured "$work/count" "$1" $(($2 * 2)) "$work" > /dev/null
    few=$(collected "$work/few")
    many=$(collected "$work/many")
    echo $(((many - few) / $2))
}

# http REQUESTS: the instructions of a server that lives for so many encryptions.
http() {
    local port token log=$work/server-$1.log
    rm -rf "$work/data"
    "${callgrind[@]}" --log-file="$work/server-$1" "$server" serve --data "$work/data" --listen 127.0.0.1:0 \
        --log-format json > /dev/null 2> "$log" &
    process=$!
    for _ in $(seq 600); do
        port=$(sed -n 's/.*"address":"http:\/\/127.0.0.1:\([0-9]*\)".*/\1/p' "$log")
        [[ $port ]] && break
        sleep 0.1
    done
    [[ $port ]] || { cat "$log" >&2; exit 1; }
    token=$(cat "$work/data/admin-token")
    curl -sSf -o "$work/answer" "http://127.0.0.1:$port/v1/keys" -H "Authorization: Bearer $token" \
        -H 'Content-Type: application/json' -d '{"name":"count","algorithm":"aes-256-gcm"}'
    echo '{"plaintext":"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="}' > "$work/body"
    # The start takes more than all requests, and from run to run by 3% more or less.
    callgrind_control --zero "$process" &> "$work/zero" || { cat "$work/zero" >&2; exit 1; }
    "$work/load" --port "$port" --connections 1 --count "$1" --method POST --path /v1/keys/count/encrypt \
        --header "Authorization: Bearer $token" --header 'Content-Type: application/json' --body-file "$work/body" \
        --status 200 > "$work/report" 2> /dev/null
    kill -TERM "$process"
    wait "$process" || true
    process=
    collected "$work/server-$1"
}

cc -O1 -std=gnu99 -Wall -Wextra -Werror -I rust-core/ffi/include Tests/Proof/Instructions/count.c "$core" \
    -lcrypto -lssl -lgcc_s -lutil -lrt -lpthread -lm -ldl -o "$work/count"
gcc -O2 -std=gnu11 Tests/LoadClient/main.c -o "$work/load"

{
    for name in no-op borrow encrypt-32 decrypt-32; do echo "$name $(operation $name 1000)"; done
    for name in sign-ed25519 batch-64-encrypt-32; do echo "$name $(operation $name 40)"; done
    few=$(http 500)
    many=$(http 8500)
    echo "http-encrypt-32 $(((many - few) / 8000))"
} > "$work/now"

if [[ ${2:-} == update ]]; then
    {
        sed -n '/^#/p' "$budget"
        echo "# $(date --utc +%F): ${3:?why}"
        cat "$work/now"
    } > "$work/budget"
    cp "$work/budget" "$budget"
    cat "$work/now"
    exit 0
fi

failed=0
while read -r name count; do
    limit=$(awk -v name="$name" '$1 == name { print $2 }' "$budget")
    awk -v name="$name" -v count="$count" -v limit="$limit" 'BEGIN {
        if (limit == "") { print name ": " count " instructions, and the budget has none"; exit 1 }
        change = 100 * (count - limit) / limit
        printf "%-22s %9d instructions, %+.2f%% of the budget\n", name, count, change
        exit (change > 2 || change < -2) }' || failed=1
done < "$work/now"
((failed == 0)) || echo "more than 2% away from $budget: find out why, and if it is to be so, make budget WHY=\"...\"" >&2
exit "$failed"
