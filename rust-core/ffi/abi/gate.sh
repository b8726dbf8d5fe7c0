#!/usr/bin/env bash
# gate.sh check|baseline LIBRARY MANIFEST: holds a shared library of the core, with its debug information, and the manifest
# that it renders to the baseline beside this script, by the policy of policy.md; or makes them the baseline.
set -euo pipefail

verb=$1
library=$2
manifest=$3
here=$(cd "$(dirname "$0")" && pwd)
retired=$here/retired.txt
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

failed=0
fail() {
    echo "abi: $*" >&2
    failed=1
}
# version MANIFEST: major and minor.
version() { awk '$2 == "SR_ABI_MAJOR" { major = $3 } $2 == "SR_ABI_MINOR" { minor = $3 } END { print major, minor }' "$1"; }
# facts MANIFEST: what may only grow. The version itself is none of it.
facts() { grep -vE '^constant SR_ABI_(MAJOR|MINOR) ' "$1" | sort; }

nm --dynamic --defined-only --format=posix "$library" | cut -d' ' -f1 | sort > "$folder/exported"
sed -nE 's/^function [0-9]+ [a-z0-9_]+ ([a-z0-9_]+)\(.*/\1/p' "$manifest" | sort > "$folder/declared"
leaked=$(comm -23 "$folder/exported" "$folder/declared" | tr '\n' ' ')
missing=$(comm -13 "$folder/exported" "$folder/declared" | tr '\n' ' ')
[[ -z $leaked ]] || fail "symbols that the manifest does not have: $leaked"
[[ -z $missing ]] || fail "functions of the manifest that the library does not have: $missing"

abidw --no-comp-dir-path --no-corpus-path --no-show-locs --no-write-default-sizes --type-id-style hash \
    --out-file "$folder/whole.abi" "$library"
"$here/prune.py" "$folder/whole.abi" "$folder/now.abi"
described=$(grep -c '<function-decl ' "$folder/now.abi" || true)
((described == $(wc -l < "$folder/declared"))) ||
    fail "debug information describes $described functions: was the library built without it?"

if [[ $verb == baseline ]]; then
    ((failed)) && exit 1
    cp "$folder/now.abi" "$here/baseline.abi"
    cat "$manifest" > "$here/baseline.txt"
    echo "abi: the baseline is $(version "$manifest" | tr ' ' '.')"
    exit 0
fi

read -r old_major old_minor < <(version "$here/baseline.txt")
read -r major minor < <(version "$manifest")
facts "$here/baseline.txt" > "$folder/before"
facts "$manifest" > "$folder/after"
gone=$(comm -23 "$folder/before" "$folder/after")
new=$(comm -13 "$folder/before" "$folder/after")

# abidiff's exit status is a set of bits: 1 and 2 errors, 4 a change, 8 one that breaks callers.
status=0
abidiff "$here/baseline.abi" "$folder/now.abi" > "$folder/difference" || status=$?
((status & 3)) && fail "abidiff failed: $(cat "$folder/difference")"

# A changed or removed function, struct, code or constant: a caller that was built before would go wrong.
if [[ -n $gone ]] || ((status & 8)); then
    kind=major
elif [[ -n $new ]] || ((status & 4)); then
    kind=minor
else
    kind=none
fi
allowed=no
case $kind in
    none) allowed=yes ;;
    minor) ((major > old_major || (major == old_major && minor > old_minor))) && allowed=yes ;;
    major) ((major > old_major)) && allowed=yes ;;
esac
if [[ $allowed == no ]]; then
    fail "a $kind change, and the version went from $old_major.$old_minor to $major.$minor"
    {
        awk 'NF { print "  gone: " $0 }' <<< "$gone"
        awk 'NF { print "  new:  " $0 }' <<< "$new"
    } >&2
    sed 's/^/  /' "$folder/difference" >&2
fi

# Whatever the version: numbers and names that go are written down, so that they are never given again.
while read -r word first second rest; do
    case $word in
        function) number=$first name=$(sed -E 's/.* (sr_[a-z0-9_]+)\(.*/\1/' <<< "$second $rest") ;;
        error | constant) name=$first number=$second ;;
        *) continue ;;
    esac
    # Another signature or value under the same name; a code has no other.
    [[ $word != error ]] && grep -qE "^$word .*\b$name\b" "$folder/after" && continue
    grep -qE "^$word $number $name " "$retired" || fail "$word $number $name went, and retired.txt does not have it"
done <<< "$gone"

((failed)) && exit 1
echo "abi: $major.$minor, $kind change since the baseline of $old_major.$old_minor"
