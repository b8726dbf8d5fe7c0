#!/usr/bin/env bash
# setup.sh [PACKAGE…]: installs what building needs and the machine lacks (C libraries and Rust crates from Debian, Rust where
# there is none), and the Debian packages named.
set -euo pipefail

packages=(
    gcc binutils libc6-dev pkg-config git curl ca-certificates shellcheck python3 python3-venv python3-yaml groff-base
    libmicrohttpd-dev libjansson-dev libpcre2-dev libsqlite3-dev libssl-dev libseccomp-dev libgnutls28-dev openssl sqlite3
)
# The crates: the names of their Debian packages stand beside them in docs/dependencies.md.
packages+=("$@")
while read -r package; do packages+=("$package"); done < "$(dirname "$0")/rust-packages"

if ! { [[ -r /etc/os-release ]] && grep -q '^VERSION_CODENAME=bookworm' /etc/os-release; }; then
    echo "strongroom builds on Debian 12 (bookworm); on another system build it in a Debian 12 container." >&2
    exit 1
fi
if ! command -v swift > /dev/null; then
    echo "Swift 6.2 or later is missing: install it from https://www.swift.org/install/linux/ (Debian 12) and put it on PATH." >&2
    exit 1
fi
if ! command -v cargo > /dev/null || ! command -v rustc > /dev/null; then
    packages+=(rustc-web cargo-web rustfmt-web)
fi

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
    command -v sudo > /dev/null || {
        echo "these packages are missing, and installing them needs root: ${missing[*]}" >&2
        exit 1
    }
    as_root=(sudo)
fi
echo "installing: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
if ! install > "$log" 2>&1; then
    tail -20 "$log" >&2
    exit 1
fi
