#!/usr/bin/env bash
# smoke.sh BINARY: starts the service in a temporary folder on a free port, drives it with docker/smoke.sh through a restart, and looks at
# how it ended and at what it logged.
set -euo pipefail

binary=$(realpath "${1:?usage: smoke.sh BINARY}")
run_folder=$(mktemp -d)
finish() {
    [[ -s $run_folder/process ]] && kill "$(< "$run_folder/process")" 2> /dev/null
    rm -rf "$run_folder"
}
trap finish EXIT

cat > "$run_folder/start" <<'EOF'
"$binary" serve --data "$run_folder/data" --listen 127.0.0.1:0 --log-format json --check-answers true > /dev/null 2> "$run_folder/log.$1" &
echo $! > "$run_folder/process"
for _ in $(seq 200); do
    base=$(grep -o 'http://127\.0\.0\.1:[0-9]*' "$run_folder/log.$1" | head -n 1 || true)
    [[ -n $base ]] && { echo "$base"; exit 0; }
    kill -0 "$(< "$run_folder/process")" 2> /dev/null || break
    sleep 0.05
done
echo "the server does not start:" >&2
cat "$run_folder/log.$1" >&2
exit 1
EOF
cat > "$run_folder/stop" <<'EOF'
process=$(< "$run_folder/process")
kill "$process"
for _ in $(seq 300); do
    grep -qE '"message":"stopped"|not given everything back' "$run_folder/log.$1" && exit 0
    sleep 0.1
done
echo "the server does not stop" >&2
exit 1
EOF
export binary run_folder
base=$(bash "$run_folder/start" 1)
RESTART="bash $run_folder/stop 1 && bash $run_folder/start 2" "$(dirname "$0")/../docker/smoke.sh" "$base" "$run_folder/data/admin-token"
bash "$run_folder/stop" 2
for run in 1 2; do
    grep -q '"live_handles":"0"' "$run_folder/log.$run" || { echo "FAIL: handles were left" >&2; exit 1; }
    if grep -qF -e "$(printf 'attack at dawn' | base64)" -e sr:1: -e '"name":"smoke' "$run_folder/log.$run"; then
        echo "FAIL: a value that was sent is in the log" >&2
        exit 1
    fi
done
echo "stopped twice, with nothing left and nothing said"
