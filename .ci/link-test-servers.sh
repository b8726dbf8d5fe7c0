#!/usr/bin/env bash
# link-test-servers.sh: links the debug server again, for its own tests, with other cores: one that fails on purpose
# (strongroom-faults), one with the features that a release does not have (strongroom-features), and two that are not the ones
# it was built for (strongroom-other-fingerprint, strongroom-other-version). They lie beside the server.
set -euo pipefail
cd "$(dirname "$0")/.."

core=rust-core/target/swift/strongroom_core.o
faults=rust-core/target/swift/strongroom_core_faults.o
features=rust-core/target/swift/strongroom_core_features.o
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# link OUTPUT CORE: as SwiftPM linked the server, but for these two.
link() {
    local output=.build/debug/$1 object=$2 line arguments=()
    [[ $output -nt .build/debug/strongroom && $output -nt $object && $output -nt $0 ]] && return
    line=$(awk '/^  "C\.strongroom-.*-debug\.exe":$/ { found = 1 } found && /^    args: / { print; exit }' .build/debug.yaml)
    line=${line#*[\"}
    line=${line%\"]*}
    mapfile -t arguments <<< "${line//\",\"/$'\n'}"
    ((${#arguments[@]} > 10)) || {
        echo "how SwiftPM links the server is not to be found in .build/debug.yaml" >&2
        exit 1
    }
    for index in "${!arguments[@]}"; do
        case ${arguments[index]} in
            */"$core") arguments[index]=$object ;;
            */debug/strongroom) arguments[index]=$output ;;
        esac
    done
    "${arguments[@]}"
}

# altered FUNCTION TYPE VALUE: the core with another answer of one function.
altered() {
    local changed=$folder/$1.o
    objcopy --redefine-sym "$1=replaced_$1" "$core" "$folder/without.o"
    printf '#include <stdint.h>\n%s %s(void);\n%s %s(void) { return %s; }\n' "$2" "$1" "$2" "$1" "$3" |
        cc -x c -c -o "$folder/stub.o" -
    ld -r -o "$changed" "$folder/without.o" "$folder/stub.o"
    touch -r "$core" "$changed"
    echo "$changed"
}

# with_features FEATURES CORE: a debug build of the core.
with_features() {
    (cd rust-core && cargo build --quiet --locked --jobs "${JOBS:-$(nproc)}" -p strongroom-ffi --features "$1")
    .ci/link-core.sh rust-core/target/debug/libstrongroom_ffi.a "$2"
}

with_features fault-injection "$faults"
link strongroom-faults "$faults"
with_features export,legacy-algorithms "$features"
link strongroom-features "$features"
link strongroom-other-fingerprint "$(altered sr_abi_fingerprint uint64_t 0x0123456789abcdef)"
link strongroom-other-version "$(altered sr_abi_version uint32_t '7u << 16 | 3u')"
