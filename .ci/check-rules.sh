#!/usr/bin/env bash
# check-rules.sh LETTER GUIDE LOG...: holds every rule of a guide to its tests. A rule begins with "**R<number>." (or another letter) and names its tests
# behind "Held by:", Rust's in backticks and Swift's in double quotes; each has to have passed in one of the logs, which are
# the outputs of `cargo test` and `swift test`.
set -euo pipefail

letter=$1
guide=$2
shift 2
passed=$(mktemp)
trap 'rm -f "$passed"' EXIT
# `test path::name ... ok` and `✔ Test "name" [with N test cases ]passed`.
sed -n -E -e 's/^test (.*::)?([a-z0-9_]+)( - should panic)? \.\.\. ok$/\2/p' \
    -e 's/^.*✔ Test "(.*)" (with [0-9]+ test cases )?passed after .*$/\1/p' "$@" > "$passed"

fail() {
    echo "$guide: $*" >&2
    failed=1
}
failed=0
rules=0
tests=0
while IFS=$'\t' read -r rule held; do
    rules=$((rules + 1))
    [[ $rule == "$letter$rules" ]] || fail "$rule stands where $letter$rules should"
    # shellcheck disable=SC2016 # the backticks are the guide's
    mapfile -t names < <(grep -oE '`[^`]+`|"[^"]+"' <<< "$held" | sed -E 's/^.(.*).$/\1/')
    ((${#names[@]})) || fail "$rule names no test"
    for name in "${names[@]}"; do
        tests=$((tests + 1))
        grep -Fxq -- "$name" "$passed" || fail "$rule: no test that passed is called: $name"
    done
done < <(awk -v letter="$letter" '
    function flush() { if (rule != "") print rule "\t" held; rule = "" }
    match($0, "^\\*\\*" letter "[0-9]+\\.") { flush(); rule = substr($0, 3, RLENGTH - 3); held = ""; inside = 0 }
    /^#/ { flush() }
    /^Held by:/ { inside = 1 }
    /^$/ { inside = 0 }
    inside { held = held " " $0 }
    END { flush() }' "$guide")
((rules)) || fail "no rules"
((failed)) && exit 1
echo "$guide: $rules rules, each held by tests that ran ($tests)"
