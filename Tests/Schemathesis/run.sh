#!/usr/bin/env bash
# run.sh BINARY: schemathesis against two fresh servers, with the administrator's token and without one, both at once.
# It reads the document from the server, so new operations are covered without a change here. SEED=N for another run.
set -euo pipefail

binary=$(realpath "${1:?usage: run.sh BINARY}")
here=$(realpath "$(dirname "$0")")
environment=$(realpath "$here/../..")/.build/schemathesis

# The environment, made anew where requirements.txt has changed.
prepare() {
    cmp -s "$here/requirements.txt" "$environment/requirements.txt" && return
    local log
    log=$(mktemp)
    rm -rf "$environment"
    python3 -m venv "$environment"
    if ! "$environment/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20 \
        --requirement "$here/requirements.txt" > "$log" 2>&1; then
        if grep -qE 'Retrying \(|Failed to establish a new connection|Connection(Error| refused)' "$log"; then
            echo "schemathesis: SKIPPED, the Python Package Index cannot be reached from here"
            exit 0
        fi
        cat "$log" >&2
        exit 1
    fi
    rm -f "$log"
    cp "$here/requirements.txt" "$environment/requirements.txt"
}
prepare

folder=$(mktemp -d)
processes=()
# shellcheck disable=SC2154 # `process` is set where it is read
trap 'for process in "${processes[@]}"; do kill "$process" || true; wait "$process" || true; done 2> /dev/null; rm -rf "$folder"' EXIT

# start NAME: a server at $base with two keys of each algorithm that it has, one of them unprotected from deletion. Their
# names go to NAME/keys.dict.
start() {
    local here_now=$folder/$1 algorithm number name
    mkdir "$here_now"
    send() {
        curl --silent --show-error --fail --output /dev/null --request "$1" --header "@$here_now/token" \
            --header 'Content-Type: application/json' --data "$3" "$base$2"
    }
    "$binary" serve --data "$here_now/data" --listen 127.0.0.1:0 --log-format json --check-answers true --bad-tokens 0 \
        --diagnostics 1000 > /dev/null 2> "$here_now/log" &
    processes+=("$!")
    base=
    for ((attempt = 0; attempt < 600; attempt++)); do
        base=$(grep -o 'http://127\.0\.0\.1:[0-9]*' "$here_now/log" | head -n 1 || true)
        [[ -n $base ]] && break
        kill -0 "${processes[-1]}" 2> /dev/null || break
        sleep 0.05
    done
    [[ -n $base ]] || { cat "$here_now/log" >&2; exit 1; }
    printf 'Authorization: Bearer %s\n' "$(< "$here_now/data/admin-token")" > "$here_now/token"
    curl --silent --fail --header "@$here_now/token" "$base/v1/status" |
        grep -o '"algorithms":\[[^]]*\]' | grep -o '"[^"]*"' | tail -n +2 | tr -d '"' > "$here_now/algorithms"
    while read -r algorithm; do
        for number in 1 2; do
            name=$algorithm-$number
            send POST /v1/keys "{\"name\":\"$name\",\"algorithm\":\"$algorithm\"}"
            ((number == 1)) || send PATCH "/v1/keys/$name" '{"deletion_protected":false}'
            echo "\"$name\"" >> "$here_now/keys.dict"
        done
    done < "$here_now/algorithms"
}

# drive NAME WITH_TOKEN HOOKS [OPTION...]: schemathesis against the server at $base; what it says goes to NAME/out.
drive() {
    local name=$1 with_token=$2 hooks=$3
    shift 3
    cp "$here/schemathesis.toml" "$folder/$name"
    (cd "$folder/$name" && STRONGROOM_WITH_TOKEN=$with_token SCHEMATHESIS_HOOKS=$hooks PYTHONPATH=$here \
        PYTHONDONTWRITEBYTECODE=1 timeout 900 "$environment/bin/schemathesis" --no-color run "$base/openapi.json" \
        --seed "${SEED:-1}" "$@" > out 2>&1)
}

# First that it finds what a document that lies promises: planted.py tells how, and by which words each lie is told.
start planted
drive planted true planted --header "$(< "$folder/planted/token")" --phases examples,coverage \
    --include-path-regex '^/v1/(keys|health/live)$' --exclude-method POST || true
while read -r found; do
    grep -q "$found" "$folder/planted/out" || { cat "$folder/planted/out"; echo "not found: $found" >&2; exit 1; }
done < <(sed -n 's/^ *# Found as: //p' "$here/planted.py")
echo "schemathesis finds what is planted"

declare -A drivers
start with-token
# Sealing would end all the rest: it answers with nothing but 503 from then on.
drive with-token true hooks --header "$(< "$folder/with-token/token")" --exclude-operation-id sealService --exclude-operation-id revokeOwnToken &
drivers[with-token]=$!
start without-token
drive without-token false hooks &
drivers[without-token]=$!

failed=0
for name in with-token without-token; do
    if wait "${drivers[$name]}"; then
        grep -A1 '^Test cases:' "$folder/$name/out"
    else
        cat "$folder/$name/out"
        failed=1
    fi
    echo "$name: $(cat "$folder/$name/answers")"
    if grep -E '"level":"(error|critical)"' "$folder/$name/log"; then
        echo "$name: the server logged that it failed" >&2
        failed=1
    fi
done
for process in "${processes[@]}"; do
    kill -0 "$process" 2> /dev/null || { echo "a server died" >&2; failed=1; }
done
exit "$failed"
