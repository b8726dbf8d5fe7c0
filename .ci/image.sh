#!/usr/bin/env bash
# image.sh [OPTION…]: builds the image with whichever of docker, podman and buildah is there, as strongroom:VERSION. OPTIONS go to the
# build, as --build-arg RUST_IMAGE=…; IMAGE names it otherwise, ENGINE chooses.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$(sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/strongroom/Strongroom.swift)
image=${IMAGE:-strongroom:$version}
# Nothing of today's is in it, so that the same source gives the same image.
revision=$(git rev-parse HEAD)
[[ -z $(git status --porcelain) ]] || revision+=-changed
created=$(git log -1 --format=%cI)

engine=${ENGINE:-}
for candidate in docker podman buildah; do
    [[ -n $engine ]] && break
    # docker's command without its engine is none.
    if command -v "$candidate" > /dev/null && "$candidate" info > /dev/null 2>&1; then engine=$candidate; fi
done
options=(
    --file docker/Dockerfile --tag "$image" --build-arg "VERSION=$version" --build-arg "REVISION=$revision"
    --build-arg "CREATED=$created" "$@"
)
case $engine in
    docker) docker build "${options[@]}" . ;;
    # Else HEALTHCHECK is dropped.
    podman) podman build --format docker "${options[@]}" . ;;
    buildah) buildah build --format docker "${options[@]}" . ;;
    *)
        echo "there is no docker with its engine, podman or buildah: install one (on Debian: apt-get install podman)" >&2
        exit 1
        ;;
esac
echo "built $image of $revision"
