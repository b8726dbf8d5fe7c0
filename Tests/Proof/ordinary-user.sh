#!/usr/bin/env bash
# ordinary-user.sh: the tests of secret memory, the process and sealing again, as a user without privileges where they ran as root:
# copies of the test executables, run as the user 65534. Whoever is an ordinary user has run them so already.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ((EUID != 0)); then
    echo "this is an ordinary user: make test was all of it"
    exit 0
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The executables of Rust's tests, by what cargo says that it built.
rust=$(cd rust-core && cargo test --locked --no-run --message-format=json -p strongroom-memory -p strongroom-boundary-tests \
    --test arena --test secrets_in_memory --test root_files --test unsealing 2> /dev/null |
    python3 -c '
import json, sys
for line in sys.stdin:
    built = json.loads(line)
    if built.get("executable") and built["profile"]["test"]:
        print(built["executable"])')
mapfile -t rust <<< "$rust"
((${#rust[@]} == 4)) || {
    echo "four test executables were to be built, not ${#rust[@]}" >&2
    exit 1
}
cp "${rust[@]}" .build/debug/strongroomPackageTests.xctest .build/debug/strongroom .build/debug/strongroom-* .build/debug/Intruder "$folder"
chown -R 65534:65534 "$folder"

as_user() {
    (cd "$folder" && setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all \
        env HOME="$folder" TMPDIR=/tmp "$@")
}
[[ $(as_user id -u) == 65534 ]]
for test in "${rust[@]}"; do
    as_user "./$(basename "$test")" 2>&1 | tee "$folder/words"
    grep -q 'test result: ok. [1-9]' "$folder/words"
done
as_user ./strongroomPackageTests.xctest --testing-library swift-testing \
    --filter 'ProtectionTests|HostFaultTests|SecretMemoryTests|SealCommandTests|StartTests|AlteredRecordTests|StrongroomTests.CrashTests' 2>&1 |
    tee "$folder/words"
grep -q 'Test run with [3-9][0-9] tests in 7 suites passed' "$folder/words"
