#!/usr/bin/env bash
# smoke.sh BASE_URL TOKEN_FILE: drives a running service with curl: the main ways, the main refusals, and a restart. One line a check;
# ends with the offending answer, and an exit code of 1, where one is not as it should be. The token's role must be able to do
# everything; keys of the script's are named smoke-… and stay behind. In the environment:
#   CURL_OPTIONS  more of curl's, as "--cacert ca.pem"
#   RESTART       a command that stops the service with SIGTERM, waits until it has ended, starts it again on the same data, and
#                 prints its base URL; without it nothing is restarted
set -euo pipefail

base=${1:?usage: smoke.sh BASE_URL TOKEN_FILE}
token_file=${2:?usage: smoke.sh BASE_URL TOKEN_FILE}
read -ra more <<< "${CURL_OPTIONS:-}"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf 'Authorization: Bearer %s\n' "$(< "$token_file")" > "$folder/token"
# Another run's keys are not in the way.
key=smoke-$(date +%s)-$$

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
        --output "$folder/body" --write-out '%{http_code}' "${more[@]}" "$@" "$base$path") || fail "$method $path: no answer"
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
check 201 'create a key' POST /v1/keys "{\"name\":\"$key\",\"labels\":{\"team\":\"smoke\"}}"
check 200 'read it' GET "/v1/keys/$key"
check 200 'list keys' GET "/v1/keys?prefix=$key&label=team=smoke"
expect 'the listed key' "$(member name)" "$key"
check 200 'encrypt' POST "/v1/keys/$key/encrypt" "{\"plaintext\":\"$encoded\",\"associated_data\":\"YWQ=\"}"
ciphertext=$(member ciphertext)
decrypt="{\"ciphertext\":\"$ciphertext\",\"associated_data\":\"YWQ=\"}"
check 200 'decrypt' POST "/v1/keys/$key/decrypt" "$decrypt"
expect 'the plaintext' "$(member plaintext)" "$encoded"
check 200 'rotate' POST "/v1/keys/$key/rotate"
check 200 'decrypt what the old version made' POST "/v1/keys/$key/decrypt" "$decrypt"
expect 'the plaintext' "$(member plaintext)" "$encoded"
check 200 're-encrypt' POST "/v1/keys/$key/reencrypt" "$decrypt"
newer=$(member ciphertext)
expect 'the new version' "${newer:0:7}" 'sr:1:2:'
check 200 'decrypt that' POST "/v1/keys/$key/decrypt" "{\"ciphertext\":\"$newer\",\"associated_data\":\"YWQ=\"}"
expect 'the plaintext' "$(member plaintext)" "$encoded"
check 200 'data key' POST "/v1/keys/$key/data-key" '{"bytes":32}'
plaintext=$(member plaintext)
check 200 'decrypt the data key' POST "/v1/keys/$key/decrypt" "{\"ciphertext\":\"$(member ciphertext)\"}"
expect 'the data key' "$(member plaintext)" "$plaintext"
check 200 'batch' POST "/v1/keys/$key/encrypt/batch" '{"items":[{"plaintext":"YQ=="},{"plaintext":"Yg==","version":9}]}'
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
check 200 'encrypt 20 MiB' POST "/v1/keys/$key/encrypt" "@$folder/request"
{ printf '{"ciphertext":"'; cut -d '"' -f 4 < "$folder/body" | tr -d '\n'; printf '"}'; } > "$folder/request"
check 200 'decrypt 20 MiB' POST "/v1/keys/$key/decrypt" "@$folder/request"
cut -d '"' -f 4 < "$folder/body" | tr -d '\n' | cmp - "$folder/large" || fail 'the 20 MiB are others'

# The main refusals.
request GET /v1/keys
judge 401 'no token'
check 404 'a key that is not there' GET /v1/keys/none
check 404 'a path that is not there' GET /v1/nowhere
check 409 'a name that is taken' POST /v1/keys "{\"name\":\"$key\"}"
check 409 'a protected key is deleted' DELETE "/v1/keys/$key"
check 405 'a method that the path does not take' PUT "/v1/keys/$key"
grep -qi '^allow: GET, HEAD, PATCH, DELETE' "$folder/head" || fail 'no Allow header'
head -c $((33 << 20)) /dev/zero > "$folder/request"
check 413 'a body of 33 MiB' POST "/v1/keys/$key/encrypt" "@$folder/request"
request POST /v1/random --header "@$folder/token" --header 'Content-Type: text/plain' --data '{"bytes":1}'
judge 415 'a body that is not JSON by its type'
check 422 'a member that the schema does not know' POST /v1/random '{"bytes":1,"more":2}'
expect 'the code' "$(member code)" schema_violation
check 422 'a ciphertext that was changed' POST "/v1/keys/$key/decrypt" "${decrypt/YWQ=/YWE=}"
expect 'the code' "$(member code)" decryption_failed
check 400 'half a JSON text' POST /v1/random '{"bytes":'
check 400 'a path that climbs' GET /v1/keys/../status

# Signatures and MACs.
check 201 'create a key that signs' POST /v1/keys "{\"name\":\"$key-signer\",\"algorithm\":\"ed25519\"}"
check 200 'sign' POST "/v1/keys/$key-signer/sign" "{\"message\":\"$encoded\"}"
signature=$(member signature)
check 200 'verify' POST "/v1/keys/$key-signer/verify" "{\"message\":\"$encoded\",\"signature\":\"$signature\"}"
grep -q '"valid":true' "$folder/body" || fail 'the signature is not valid'
check 200 'verify another message' POST "/v1/keys/$key-signer/verify" "{\"message\":\"YQ==\",\"signature\":\"$signature\"}"
grep -q '"valid":false' "$folder/body" || fail 'a signature of something else is valid'
check 403 'encrypt with a key that signs' POST "/v1/keys/$key-signer/encrypt" '{"plaintext":"YQ=="}'

# Stopped with requests in flight, and started again.
if [[ -n ${RESTART:-} ]]; then
    { printf '{"plaintext":"'; head -c $((1 << 20)) /dev/zero | base64 -w 0; printf '"}'; } > "$folder/slow"
    flights=()
    for flight in 1 2 3 4 5; do
        # 1.4 MB in two seconds and more.
        curl --silent --show-error --max-time 60 --limit-rate 600k --output /dev/null --write-out '%{http_code}' \
            --header "@$folder/token" --header 'Content-Type: application/json' --header 'Expect:' \
            --data-binary "@$folder/slow" "${more[@]}" "$base/v1/keys/$key/encrypt" > "$folder/flight-$flight" &
        flights+=($!)
    done
    sleep 0.7
    base=$(bash -c "$RESTART") || fail 'the service was not restarted'
    for flight in "${!flights[@]}"; do
        wait "${flights[$flight]}" || fail "request $flight in flight has no answer"
        expect "the answer to request $flight in flight" "$(< "$folder/flight-$((flight + 1))")" 200
    done
    checks=$((checks + 5))
    echo 'ok  200  five requests in flight while it was stopped'
    check 200 'decrypt what was encrypted before the restart' POST "/v1/keys/$key/decrypt" "$decrypt"
    expect 'the plaintext' "$(member plaintext)" "$encoded"
fi

echo "$checks checks, all well"
