#!/usr/bin/env bash
# rootfs.sh BINARY FOLDER: makes a root file system of BINARY, the shared libraries that it names, certificates of authorities, and
# what Debian's tools and scanners know its packages by. Run where Debian's runtime packages are installed.
set -euo pipefail

binary=$1
root=$2
user=65532

mkdir -p "$root"/{etc/ssl/certs,usr/lib/ssl,usr/lib64,usr/local/bin,var/lib/dpkg/status.d,usr/share/doc,proc,sys,dev,run}
install -d -m 1777 "$root/tmp"
install -d -m 0700 -o "$user" -g "$user" "$root/data"
# As Debian has them since /usr is one.
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"

declare -A packages
add() { # FILE: with its package
    local file
    file=$(realpath "$1")
    mkdir -p "$root$(dirname "$file")"
    [[ -e $root$file ]] || cp -p "$file" "$root$file"
    local package
    package=$(dpkg -S "$file" 2> /dev/null || dpkg -S "${file#/usr}")
    packages[${package%%:*}]=1
}

install -m 0755 "$binary" "$root/usr/local/bin/strongroom"
while read -r library; do
    add "$library"
    # The name that it is asked for, beside the file that it leads to.
    target=$root/usr/lib/$(basename "$(dirname "$(realpath "$library")")")/$(basename "$library")
    [[ -e $target ]] || ln -s "$(basename "$(realpath "$library")")" "$target"
done < <(ldd "$binary" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }')
# The interpreter's name stands in the binary.
ln -sf "../lib/$(uname -m)-linux-gnu/ld-linux-x86-64.so.2" "$root/usr/lib64/ld-linux-x86-64.so.2"

add /etc/ssl/openssl.cnf
ln -s /etc/ssl/openssl.cnf "$root/usr/lib/ssl/openssl.cnf"
ln -s /etc/ssl/certs "$root/usr/lib/ssl/certs"
cp -p /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
packages[ca-certificates]=1
cp -pL /etc/os-release "$root/etc/os-release"
packages[base-files]=1
printf 'root:x:0:0:root:/:/sbin/nologin\nstrongroom:x:%s:%s:strongroom:/data:/sbin/nologin\n' "$user" "$user" > "$root/etc/passwd"
printf 'root:x:0:\nstrongroom:x:%s:\n' "$user" > "$root/etc/group"
printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"

for package in "${!packages[@]}"; do
    dpkg-query -s "$package" > "$root/var/lib/dpkg/status.d/$package"
    mkdir -p "$root/usr/share/doc/$package"
    cp -pL "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/" 2> /dev/null || true
done
ldconfig -r "$root"
rm -rf "$root/var/cache"
# That nothing is missing is seen here, and not at the first start.
chroot "$root" /usr/local/bin/strongroom version
