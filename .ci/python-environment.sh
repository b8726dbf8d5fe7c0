#!/usr/bin/env bash
# python-environment.sh FOLDER: a virtual environment with Python's `cryptography`, for tests that hold Strongroom to another
# implementation. Where it cannot be had, says so and goes on: those tests then say that they were skipped.
set -euo pipefail

folder=$1
version=$(cat "$(dirname "$0")/python-packages")
[[ -f $folder/$(md5sum <<< "$version" | cut -c 1-8).made ]] && exit 0
rm -rf "$folder"
if log=$( (python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check "$version") 2>&1); then
    touch "$folder/$(md5sum <<< "$version" | cut -c 1-8).made"
else
    rm -rf "$folder"
    echo "no virtual environment with $version: $(tail -1 <<< "$log")" >&2
fi
