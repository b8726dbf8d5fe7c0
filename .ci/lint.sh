#!/usr/bin/env bash
# Formatters and linters of Rust, Swift and shell; warnings are errors. Our own rules are tests (Tests/LintTests).
set -euo pipefail
cd "$(dirname "$0")/.."

failed=0
check() {
    echo "== $1"
    shift
    "$@" || failed=1
}
in_core() { (cd rust-core && "$@"); }

check "rustfmt" in_core cargo fmt --all --check
if in_core cargo clippy --version > /dev/null 2>&1; then
    check "clippy" in_core cargo clippy --quiet --locked --workspace --all-targets -- -D warnings
    check "clippy, failing on purpose" in_core cargo clippy --quiet --locked -p strongroom-boundary-tests \
        --features fault-injection --all-targets -- -D warnings
else
    echo "== clippy: not in this Rust installation, skipped"
fi
check "swift format" swift format lint --strict --parallel --recursive Package.swift Sources Tests
mapfile -t scripts < <(git ls-files '*.sh' '.ci/run')
check "shellcheck" shellcheck --external-sources --source-path=SCRIPTDIR "${scripts[@]}"
# shellcheck disable=SC2317 # it is called by check
no_conflicts() { ! git grep -nE '^(<{7}|>{7}) '; }
check "no conflict of a merge is left" no_conflicts
check "deployment" python3 .ci/check-deployment.py
exit "$failed"
