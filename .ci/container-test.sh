#!/usr/bin/env bash
# container-test.sh: builds the image for real and tests it in a hardened container, on Debian 12 as root, without a container engine that
# runs already and without an image registry: podman comes from Debian, its storage is a folder of this script's, the base images are
# made from Debian's archive, and this machine's toolchains are mounted while building. KEEP=1 keeps the folder, for another run.
set -euo pipefail
cd "$(dirname "$0")/.."
((EUID == 0)) || { echo "building an image from nothing needs root" >&2; exit 1; }

work=${CONTAINER_WORK:-/var/tmp/strongroom-container}
base_image=localhost/standin/debian:bookworm-slim
rust_image=localhost/standin/rust:bookworm
swift_image=localhost/standin/swift:bookworm
export IMAGE=localhost/strongroom:test
container=strongroom-test-$$
volume=$container-data
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

say() { printf '== %4d s  %s\n' "$SECONDS" "$*"; }
fail() {
    echo "FAIL $*" >&2
    podman logs "$container" 2>&1 | tail -20 >&2 || true
    exit 1
}

.ci/setup.sh podman podman-compose runc debootstrap netavark aardvark-dns iptables
mkdir -p "$work/empty" "$work/tls"

# runc: crun refuses mixed cgroups. The limits, because podman's own are refused where the caller may not raise them.
cat > "$work/containers.conf" <<'EOF'
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
default_subnet = "10.189.7.0/24"
EOF
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$work" "$work" > "$work/storage.conf"
export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf

finish() {
    podman rm -f -t 1 "$container" > /dev/null 2>&1 || true
    podman volume rm -f "$volume" > /dev/null 2>&1 || true
    if [[ -z ${KEEP:-} ]]; then
        podman system reset -f > /dev/null 2>&1 || true
        rm -rf "$work"
    fi
}
trap finish EXIT

# --- The bases.

if ! podman image exists "$base_image"; then
    mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2> /dev/null || true)
    [[ -n $mirror ]] || mirror=$(awk '$1 == "deb" { print ($2 ~ /^\[/ ? $3 : $2); exit }' /etc/apt/sources.list)
    root=$work/rootfs
    rm -rf "$root"
    debootstrap --variant=minbase bookworm "$root" "$mirror" > "$work/debootstrap.log" 2>&1 || { tail -20 "$work/debootstrap.log" >&2; exit 1; }
    : > "$root/etc/resolv.conf"
    if [[ -e /etc/apt/sources.list.d/debian.sources ]]; then
        : > "$root/etc/apt/sources.list"
        cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/"
    else
        cp /etc/apt/sources.list "$root/etc/apt/sources.list"
    fi
    printf 'Acquire::Languages "none";\n' > "$root/etc/apt/apt.conf.d/99languages"
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    tar -C "$root" --numeric-owner -c . | podman import -q --change 'CMD ["bash"]' - "$base_image" > /dev/null
    rm -rf "$root"
fi
say "the base image"

standin() { # IMAGE TOOLCHAIN PACKAGE…: a base with what a toolchain's image has beside the toolchain
    podman image exists "$1" && return
    printf 'FROM %s\nRUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends %s\nENV PATH=%s:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n' \
        "$base_image" "${*:3}" "$2" |
        podman build --network host --pull=never --format docker -t "$1" -f - "$work/empty" > "$work/standin.log" 2>&1 ||
        { tail -20 "$work/standin.log" >&2; exit 1; }
}
standin "$rust_image" /opt/rust/bin ca-certificates gcc libc6-dev
standin "$swift_image" /opt/swift/usr/bin ca-certificates gcc libc6-dev libstdc++-12-dev libxml2 libcurl4 libedit2 libsqlite3-0 \
    libncurses6 libpython3.11 zlib1g tzdata git binutils
say "stand-ins for the toolchains' images"

# --- The image, by the project's own Dockerfile.

swift_home=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
mounts=(--volume "$swift_home:/opt/swift:ro" --volume "$(rustc --print sysroot):/opt/rust:ro")
# Where git takes packages from a folder of this machine, it does so inside too.
: > "$work/gitconfig"
while read -r key address; do
    folder=${key#url.}
    folder=${folder%.insteadof}
    [[ -d $folder ]] || continue
    git config --file "$work/gitconfig" --add "url.$folder.insteadOf" "$address"
    git config --file "$work/gitconfig" --replace-all safe.directory '*'
    mounts+=(--volume "$folder:$folder:ro")
done < <(git config --get-regexp '^url\..*\.insteadof$' || true)
mapfile -t mounts < <(printf '%s\n' "${mounts[@]}" | awk '$0 == "--volume" { next } !seen[$0]++ { print "--volume"; print }')
[[ -s $work/gitconfig ]] && mounts+=(--volume "$work/gitconfig:/etc/gitconfig:ro")
ENGINE=podman .ci/image.sh --network host --pull=never --build-arg "RUST_IMAGE=$rust_image" --build-arg "BUILDER_IMAGE=$swift_image" \
    --build-arg "RUNTIME_IMAGE=$base_image" "${mounts[@]}" > "$work/build.log" 2>&1 || { tail -40 "$work/build.log" >&2; exit 1; }
say "the image: $(podman image inspect "$IMAGE" --format '{{.Size}} bytes, user {{.User}}, revision {{index .Labels "org.opencontainers.image.revision"}}')"

# --- Run, hardened.

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=keys.example \
    -addext subjectAltName=DNS:localhost -keyout "$work/tls/key.pem" -out "$work/tls/certificate.pem" 2> /dev/null
chown 65532:65532 "$work"/tls/*.pem
podman volume create "$volume" > /dev/null
podman run -d --name "$container" -p "127.0.0.1:$port:8200" --read-only --read-only-tmpfs=false --cap-drop=all \
    --security-opt no-new-privileges --memory 256m --pids-limit 100 --volume "$volume:/data" --volume "$work/tls:/tls:ro" \
    --env STRONGROOM_TLS_CERTIFICATE=/tls/certificate.pem --env STRONGROOM_TLS_KEY=/tls/key.pem \
    --env STRONGROOM_CHECK_ANSWERS=true "$IMAGE" > /dev/null 2> "$work/run.log" || { cat "$work/run.log" >&2; exit 1; }

base=https://localhost:$port
export CURL_OPTIONS="--cacert $work/tls/certificate.pem"
ask() { curl -sS --max-time 10 --cacert "$work/tls/certificate.pem" --header "@$work/header" "$@"; }
wait_until_ready() {
    for _ in $(seq 150); do
        curl -fsS --max-time 2 --cacert "$work/tls/certificate.pem" "$base/v1/health/ready" > /dev/null 2>&1 && return
        sleep 0.1
    done
    fail "it does not serve"
}
wait_until_ready
data=$(podman volume inspect "$volume" --format '{{.Mountpoint}}')
printf 'Authorization: Bearer %s\n' "$(< "$data/admin-token")" > "$work/header"
say "it serves"

podman healthcheck run "$container" || fail "it does not find itself healthy"
[[ $(podman inspect "$container" --format '{{.State.Health.Status}}') == healthy ]] || fail "it is not healthy"
say "healthy by its own word"

# --- What it is from inside and outside.

process=$(podman inspect "$container" --format '{{.State.Pid}}')
for line in $'Uid:\t65532\t65532\t65532\t65532' $'CapEff:\t0000000000000000' $'CapBnd:\t0000000000000000' $'NoNewPrivs:\t1' $'Seccomp:\t2'; do
    grep -qF -- "$line" "/proc/$process/status" || fail "its process has not $line"
done
awk '$5 == "/" && $6 !~ /^ro(,|$)/ { exit 1 }' "/proc/$process/mountinfo" || fail "its root can be written to"
status=$(ask "$base/v1/status")
grep -qE '"secret_memory":\{"protection":"(memfd_secret|mlock)"' <<< "$status" || fail "its secret memory is not protected: $status"
for protection in no_dump no_new_privileges seccomp; do
    grep -q "\"$protection\":\"on\"" <<< "$status" || fail "it is without $protection"
done
if grep -q memfd_secret <<< "$status"; then
    grep -q 'secretmem' "/proc/$process/maps" || fail "no memory of its is secret"
fi
grep -qE 'Max core file size +0 +0' "/proc/$process/limits" || fail "it could be dumped"
for program in /bin/sh /bin/bash /usr/bin/env /usr/bin/apt-get; do
    if podman run --rm --entrypoint "$program" "$IMAGE" -c true > /dev/null 2>&1; then fail "there is $program"; fi
done
say "no privileges, no shell, secret memory: $(grep -o '"secret_memory":{[^}]*}' <<< "$status")"
if podman run --rm "$IMAGE" > /dev/null 2> "$work/plain.log"; then fail "it served plain HTTP to a network"; fi
grep -q 'tls-certificate' "$work/plain.log" || fail "it does not say what it lacks: $(cat "$work/plain.log")"

# --- The smoke test, with a restart.

cat > "$work/restart" <<EOF
podman stop -t 30 $container > /dev/null 2>&1 || exit 1
[[ \$(podman inspect $container --format '{{.State.ExitCode}}') == 0 ]] || exit 1
podman start $container > /dev/null 2>&1 || exit 1
for _ in \$(seq 150); do
    curl -fsS --max-time 2 --cacert $work/tls/certificate.pem $base/v1/health/ready > /dev/null 2>&1 && break
    sleep 0.1
done
echo $base
EOF
RESTART="bash $work/restart" docker/smoke.sh "$base" "$data/admin-token" || fail "the smoke test"
say "the smoke test, and a restart with requests in flight"

# --- Killed under load.

acknowledged() { # NUMBER: makes keys until it is killed, and notes those that were answered
    for index in $(seq 10000); do
        name=load-$1-$index
        code=$(ask -o /dev/null -w '%{http_code}' --header 'Content-Type: application/json' --data "{\"name\":\"$name\"}" \
            "$base/v1/keys" 2> /dev/null) || return 0
        [[ $code == 201 ]] && echo "$name"
    done
}
writers=()
for writer in 1 2 3 4; do
    acknowledged "$writer" > "$work/made-$writer" &
    writers+=($!)
done
sleep 2
podman kill --signal KILL "$container" > /dev/null
wait "${writers[@]}" || true
podman start "$container" > /dev/null 2>&1 || fail "it does not start after SIGKILL"
wait_until_ready
made=$(cat "$work"/made-? | wc -l)
((made > 20)) || fail "there was no load: $made keys"
ask "$base/v1/keys?prefix=load&limit=1000" > "$work/listed"
while read -r name; do
    grep -qF "\"name\":\"$name\"" "$work/listed" || ask "$base/v1/keys/$name" | grep -qF "\"name\":\"$name\"" || fail "$name is lost"
done < <(cat "$work"/made-?)
say "killed under load, and none of $made acknowledged keys is lost"

podman stop -t 30 "$container" > /dev/null 2>&1
[[ $(podman inspect "$container" --format '{{.State.ExitCode}}') == 0 ]] || fail "it ended badly"
podman logs "$container" 2>&1 | tail -1 | grep -q '"live_handles":"0"' || fail "handles were left"
say "stopped, with nothing left"

# --- What README says, as it says it, but for the names of the engine and the port.

published=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
project=strongroom-test-$$
export STRONGROOM_IMAGE=$IMAGE STRONGROOM_PUBLISH=127.0.0.1:$published
rm -rf "$work/readme"
mkdir -p "$work/readme"
cp -r docker "$work/readme/"
cp "$work/tls/certificate.pem" "$work/tls/key.pem" "$work/readme/"
awk '/^## In a container/ { inside = 1 } inside && /^\$ / { print substr($0, 3) } /^## Where/ { inside = 0 }' README.md |
    sed -e '/^make image$/d' -e '/^docker\/smoke/d' -e 's/^docker run /podman run /' -e "s#strongroom:[0-9.]* #$IMAGE #" \
        -e "s/^docker compose --file/podman-compose --project-name $project --file/" -e "s/localhost:8200/localhost:$published/" \
        -e 's/^curl /curl --silent --show-error --retry 30 --retry-delay 1 --retry-all-errors /' > "$work/readme/commands"
(($(wc -l < "$work/readme/commands") == 6)) || fail "README's commands are others: $(cat "$work/readme/commands")"
down() { (cd "$work/readme" && podman-compose --project-name "$project" --file docker/compose.yaml down --volumes > /dev/null 2>&1) || true; }
trap 'down; finish' EXIT
(cd "$work/readme" && bash -euo pipefail commands) > "$work/readme/output" 2> "$work/readme/errors" ||
    { cat "$work/readme/output" "$work/readme/errors" | tail -n 30 >&2; fail "README's commands"; }
tail -n 1 "$work/readme/output" | grep -q '{"status":"ok"}' || fail "README's commands: $(tail -n 5 "$work/readme/output")"
grep -ohE 'srt_[a-z2-7]{59}' "$work/readme/output" "$work/readme/errors" | head -1 > "$work/readme/token"
[[ -s $work/readme/token ]] || fail "the token is not in its log"
docker/smoke.sh "https://localhost:$published" "$work/readme/token" > "$work/readme/smoke" || { tail -n 5 "$work/readme/smoke" >&2; fail "the smoke test"; }
down
say "composed as README has it: $(tail -n 1 "$work/readme/smoke")"
echo "the container is as it should be"
