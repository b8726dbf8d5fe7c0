#!/usr/bin/env bash
# smoke.sh BINARY: drives a fresh server with curl, in a temporary folder and on a free port: the main ways, and the main
# refusals. One line a check; ends with the offending answer, and an exit code of 1, where one is not as it should be.
set -euo pipefail

binary=${1:?usage: smoke.sh BINARY}
[[ -x $binary ]] || { echo "not an executable: $binary" >&2; exit 2; }

folder=$(mktemp -d)
server=
finish() {
    if [[ -n $server ]]; then
        kill "$server" 2> /dev/null || true
        wait "$server" 2> /dev/null || true
    fi
    rm -rf "$folder"
}
trap finish EXIT

"$binary" serve --data "$folder/data" --listen 127.0.0.1:0 --log-format json --check-answers true > /dev/null 2> "$folder/log" &
server=$!

base=
for ((attempt = 0; attempt < 200; attempt++)); do
    base=$(grep -o 'http://127\.0\.0\.1:[0-9]*' "$folder/log" | head -n 1 || true)
    [[ -n $base ]] && break
    kill -0 "$server" 2> /dev/null || break
    sleep 0.05
done
if [[ -z $base ]]; then
    echo "the server does not start:" >&2
    cat "$folder/log" >&2
    exit 1
fi
token=$(< "$folder/data/admin-token")
printf 'Authorization: Bearer %s\n' "$token" > "$folder/token"

checks=0

fail() {
    echo "FAIL $1" >&2
    echo "the answer:" >&2
    head -c 4000 "$folder/head" "$folder/body" >&2 || true
    exit 1
}

# request METHOD PATH [CURL OPTION...]: leaves the answer in $folder/head and $folder/body, and its status in $status.
request() {
    local method=$1 path=$2
    shift 2
    status=$(curl --silent --show-error --max-time 60 --path-as-is --request "$method" --dump-header "$folder/head" \
        --output "$folder/body" --write-out '%{http_code}' "$@" "$base$path") || fail "$method $path: no answer"
}

# check STATUS WHAT METHOD PATH [BODY]: with the token, and the body as JSON. A body @FILE is the file's content.
check() {
    local expected=$1 what=$2 method=$3 path=$4
    local options=(--header "@$folder/token")
    (($# > 4)) && options+=(--header 'Content-Type: application/json' --header 'Expect:' --data-binary "$5")
    request "$method" "$path" "${options[@]}"
    judge "$expected" "$what"
}

# judge STATUS WHAT [CODE]: whether the last answer is what was expected; a refusal must be a problem document.
judge() {
    local expected=$1 what=$2
    [[ $status == "$expected" ]] || fail "$what: $status instead of $expected"
    grep -qi '^x-request-id: [0-9a-f]\{32\}' "$folder/head" || fail "$what: no X-Request-Id"
    if ((expected >= 400)); then
        grep -qi '^content-type: application/problem+json' "$folder/head" || fail "$what: not a problem document"
        [[ $(member code) =~ ^[a-z_]+$ ]] || fail "$what: no code"
    fi
    checks=$((checks + 1))
    printf 'ok  %s  %s\n' "$status" "$what"
}

# member NAME: the first string of this name in the last answer.
member() { grep -o "\"$1\":\"[^\"]*\"" "$folder/body" | head -n 1 | cut -d '"' -f 4 || true; }

# expect WHAT VALUE EXPECTED
expect() { [[ $2 == "$3" ]] || fail "$1: '$2' instead of '$3'"; }

encoded=$(printf 'attack at dawn' | base64 -w 0)

# The main ways.
check 201 'create a key' POST /v1/keys '{"name":"orders","labels":{"team":"smoke"}}'
check 200 'read it' GET /v1/keys/orders
check 200 'list keys' GET '/v1/keys?prefix=ord&label=team=smoke'
expect 'the listed key' "$(member name)" orders
check 200 'encrypt' POST /v1/keys/orders/encrypt "{\"plaintext\":\"$encoded\",\"associated_data\":\"YWQ=\"}"
ciphertext=$(member ciphertext)
decrypt="{\"ciphertext\":\"$ciphertext\",\"associated_data\":\"YWQ=\"}"
check 200 'decrypt' POST /v1/keys/orders/decrypt "$decrypt"
expect 'the plaintext' "$(member plaintext)" "$encoded"
check 200 'rotate' POST /v1/keys/orders/rotate
check 200 'decrypt what the old version made' POST /v1/keys/orders/decrypt "$decrypt"
expect 'the plaintext' "$(member plaintext)" "$encoded"
check 200 're-encrypt' POST /v1/keys/orders/reencrypt "$decrypt"
newer=$(member ciphertext)
expect 'the new version' "${newer:0:7}" 'sr:1:2:'
check 200 'decrypt that' POST /v1/keys/orders/decrypt "{\"ciphertext\":\"$newer\",\"associated_data\":\"YWQ=\"}"
expect 'the plaintext' "$(member plaintext)" "$encoded"
check 200 'data key' POST /v1/keys/orders/data-key '{"bytes":32}'
plaintext=$(member plaintext)
check 200 'decrypt the data key' POST /v1/keys/orders/decrypt "{\"ciphertext\":\"$(member ciphertext)\"}"
expect 'the data key' "$(member plaintext)" "$plaintext"
check 200 'batch' POST /v1/keys/orders/encrypt/batch '{"items":[{"plaintext":"YQ=="},{"plaintext":"Yg==","version":9}]}'
expect 'the error of the second item' "$(member code)" version_not_found
check 200 'random' POST /v1/random '{"bytes":32}'
check 200 'status' GET /v1/status
expect 'the seal' "$(member seal)" unsealed
for path in /v1/health/live /v1/health/ready /metrics /openapi.json; do
    request GET "$path"
    judge 200 "$path without a token"
done

# 20 MiB there and back.
head -c $((20 << 20)) /dev/urandom | base64 -w 0 > "$folder/large"
{ printf '{"plaintext":"'; cat "$folder/large"; printf '"}'; } > "$folder/request"
check 200 'encrypt 20 MiB' POST /v1/keys/orders/encrypt "@$folder/request"
{ printf '{"ciphertext":"'; cut -d '"' -f 4 < "$folder/body" | tr -d '\n'; printf '"}'; } > "$folder/request"
check 200 'decrypt 20 MiB' POST /v1/keys/orders/decrypt "@$folder/request"
cut -d '"' -f 4 < "$folder/body" | tr -d '\n' | cmp - "$folder/large" || fail 'the 20 MiB are others'

# The main refusals.
request GET /v1/keys
judge 401 'no token'
check 404 'a key that is not there' GET /v1/keys/none
check 404 'a path that is not there' GET /v1/nowhere
check 409 'a name that is taken' POST /v1/keys '{"name":"orders"}'
check 409 'a protected key is deleted' DELETE /v1/keys/orders
check 405 'a method that the path does not take' PUT /v1/keys/orders
grep -qi '^allow: GET, HEAD, PATCH, DELETE' "$folder/head" || fail 'no Allow header'
head -c $((33 << 20)) /dev/zero > "$folder/request"
check 413 'a body of 33 MiB' POST /v1/keys/orders/encrypt "@$folder/request"
request POST /v1/random --header "@$folder/token" --header 'Content-Type: text/plain' --data '{"bytes":1}'
judge 415 'a body that is not JSON by its type'
check 422 'a member that the schema does not know' POST /v1/random '{"bytes":1,"more":2}'
expect 'the code' "$(member code)" schema_violation
check 422 'a ciphertext that was changed' POST /v1/keys/orders/decrypt "${decrypt/YWQ=/YWE=}"
expect 'the code' "$(member code)" decryption_failed
check 400 'half a JSON text' POST /v1/random '{"bytes":'
check 400 'a path that climbs' GET /v1/keys/../status

# The end.
kill "$server"
code=0
wait "$server" || code=$?
server=
expect 'the exit code' "$code" 0
grep -q '"live_handles":"0"' "$folder/log" || fail 'handles were left'
for secret in "$encoded" "${ciphertext:7}" 'orders'; do
    if grep -qF -- "$secret" "$folder/log"; then fail 'a value that was sent is in the log'; fi
done
echo "$checks checks, all well"
