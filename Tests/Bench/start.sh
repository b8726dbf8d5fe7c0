#!/usr/bin/env bash
# start.sh BINARY: what a call of the command line costs from its start to its end: CPU time, and elapsed beside a process that does
# nothing, in turns.
set -euo pipefail

binary=$(realpath "$1")
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

start_strongroom plain --audit off
token=$(cat "$work/plain/admin-token")
export STRONGROOM_ADDR="http://127.0.0.1:$port" STRONGROOM_TOKEN=$token
python3 - "$binary" <<'EOF'
import os, resource, statistics, subprocess, sys, time

def once(command):
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    elapsed, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000, elapsed * 1000

commands = {"/bin/true": ["/bin/true"], "strongroom random 16": [sys.argv[1], "random", "16"],
            "strongroom --help": [sys.argv[1], "--help"]}
found = {name: [] for name in commands}
for _ in range(60):
    for name, command in commands.items():
        found[name].append(once(command))
for name, values in found.items():
    cpu, elapsed = (statistics.median(value[index] for value in values) for index in (0, 1))
    print(f"{name:24} {cpu:6.1f} ms of CPU, {elapsed:6.1f} ms from start to end (medians of 60)")
EOF
