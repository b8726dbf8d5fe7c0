#!/usr/bin/env bash
# bench.sh BINARY: CPU time per request of Strongroom's encrypt beside a bare libmicrohttpd program that reads the same POST
# and answers fixed bytes. One run, both servers up, load in turns (so that a machine that slows down slows both), 32
# connections from one other process on loopback; then idle memory, memory with 10,000 idle connections, and the start.
set -euo pipefail

binary=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=common.sh
source "$here/common.sh"

gcc -O2 -Wall -Wextra "$here/bare.c" -o "$work/bare" -lmicrohttpd -lpthread

start_strongroom main
strongroom=$process
strongroom_port=$port
token=$(cat "$work/main/admin-token")
curl -sf -o /dev/null -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
    -d '{"name":"bench","algorithm":"'"${ALGORITHM:-xaes-256-gcm}"'"}' "http://127.0.0.1:$strongroom_port/v1/keys"
sleep 0.3
idle=$(resident_kib "$strongroom")

echo "CPU microseconds a request, median of $rounds interleaved rounds of $milliseconds ms, 32 connections"
printf '%-8s %12s %12s %8s %8s   %s\n' plaintext bare strongroom ratio goal "(bare with an answer as long)"
for size in 32:1.6 1024:2.2 65536:5.0; do
    bytes=${size%:*}
    goal=${size#*:}
    printf '{"plaintext":"%s"}' "$(head -c "$bytes" /dev/urandom | base64 -w0)" > "$work/body"
    answer=$(curl -s -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d @"$work/body" \
        "http://127.0.0.1:$strongroom_port/v1/keys/bench/encrypt" | wc -c)
    short_port=$(free_port)
    "$work/bare" "$short_port" 27 &
    short=$!
    processes+=("$short")
    long_port=$(free_port)
    "$work/bare" "$long_port" "$answer" &
    long=$!
    processes+=("$long")
    sleep 0.2
    : > "$work/short"; : > "$work/long"; : > "$work/ours"
    for _ in $(seq "$rounds"); do
        measure "$short" "$short_port" "$work/body" >> "$work/short"
        measure "$strongroom" "$strongroom_port" "$work/body" >> "$work/ours"
        measure "$long" "$long_port" "$work/body" >> "$work/long"
    done
    kill "$short" "$long"
    awk -v bytes="$bytes" -v bare="$(median < "$work/short")" -v ours="$(median < "$work/ours")" \
        -v long="$(median < "$work/long")" -v goal="$goal" -v paired="$(paste "$work/ours" "$work/short" | awk '{ print $1 / $2 }' | median)" \
        'BEGIN { printf "%-8d %12.1f %12.1f %8.2f %8s   %.1f, ratio %.2f\n", bytes, bare / 1000, ours / 1000, paired, goal, long / 1000, ours / long }'
done

start_strongroom idle --connections-per-source 12000
fresh=$process
curl -sf -o /dev/null "http://127.0.0.1:$port/v1/health/ready"
sleep 1
echo "resident when idle: $(resident_kib "$fresh") KiB (goal 25,000), with a key used: $idle KiB"
"$work/load" --port "$port" --connections 1 --idle 10000 --milliseconds 4000 --method GET --path /v1/health/live \
    --status 200 > "$work/report" 2> /dev/null &
client=$!
sleep 3
echo "resident with 10,000 idle connections: $(resident_kib "$fresh") KiB (goal 100,000)"
wait "$client"

echo -n "start to first answer, ms:"
for number in $(seq 5); do
    start_port=$(free_port)
    begin=$(date +%s%N)
    "$binary" serve --data "$work/start" --listen "127.0.0.1:$start_port" 2> /dev/null &
    process=$!
    processes+=("$process")
    until (exec 3<> "/dev/tcp/127.0.0.1/$start_port" && printf 'GET /v1/health/live HTTP/1.1\r\nHost: x\r\n\r\n' >&3 \
        && read -r -u 3 _) 2> /dev/null; do :; done
    printf ' %d' $((($(date +%s%N) - begin) / 1000000))
    kill "$process"
    wait "$process" || true
    [[ $number == 1 ]] && echo -n " (first start, makes keys),"
done
echo " (goal 60)"
