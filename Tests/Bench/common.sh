# Sourced by the scripts that measure requests: servers, load and the CPU time that it takes them. `binary` is set before.
# shellcheck shell=bash
: "${binary:?}"
# The administrator's, once a server runs.
token=
# shellcheck disable=SC2034 # for those who source it
rounds=${ROUNDS:-5}
milliseconds=${MILLISECONDS:-1500}
work=$(mktemp -d)
processes=()
cleanup() {
    for process in "${processes[@]}"; do kill "$process" 2> /dev/null || true; done
    rm -rf "$work"
}
trap cleanup EXIT

gcc -O2 -std=gnu11 "$(dirname "${BASH_SOURCE[0]}")/../LoadClient/main.c" -o "$work/load"

# start_strongroom NAME OPTION...: starts one, leaves its process in $process and its port in $port.
start_strongroom() {
    "$binary" serve --data "$work/$1" --listen 127.0.0.1:0 --log-format json "${@:2}" 2> "$work/$1.log" &
    process=$!
    processes+=("$process")
    for _ in $(seq 500); do
        port=$(sed -n 's/.*"address":"https\{0,1\}:\/\/127.0.0.1:\([0-9]*\)".*/\1/p' "$work/$1.log")
        [[ $port ]] && return
        sleep 0.01
    done
    cat "$work/$1.log" >&2
    return 1
}

free_port() { # one that nothing listens on just now
    local candidate
    for candidate in $(shuf -i 20000-32000 -n 50); do
        (exec 3<> "/dev/tcp/127.0.0.1/$candidate") 2> /dev/null || { echo "$candidate"; return; }
    done
}

cpu_nanoseconds() { awk '{ print $1 }' "/proc/$1"/task/*/schedstat | paste -sd+ | bc; }
resident_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# load PORT FILE: runs the load, prints how many requests were answered.
load() {
    "$work/load" --port "$1" --connections 32 --milliseconds "$milliseconds" --method POST \
        --path /v1/keys/bench/encrypt --header "Authorization: Bearer $token" \
        --header 'Content-Type: application/json' --body-file "$2" --status 200 > "$work/report" 2> /dev/null
    grep -q '"errors": 0' "$work/report" || { cat "$work/report" >&2; return 1; }
    sed -n 's/.*"requests": \([0-9]*\).*/\1/p' "$work/report"
}

# measure PROCESS PORT FILE: nanoseconds of CPU for a request.
measure() {
    local before requests
    before=$(cpu_nanoseconds "$1")
    requests=$(load "$2" "$3")
    ((requests > 0)) || { echo "no request was answered" >&2; return 1; }
    echo $((($(cpu_nanoseconds "$1") - before) / requests))
}

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

