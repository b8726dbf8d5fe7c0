#!/usr/bin/env bash
# tls.sh BINARY: what TLS adds to the CPU time of an encrypt on kept connections, each begun by resuming a session, and what a
# resumed and a whole handshake cost: two servers, one with TLS and one without, asked in turns by one process.
set -euo pipefail

binary=$(realpath "$1")
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext \
    subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/certificate.pem" 2> /dev/null
start_strongroom plain --audit off
plain=$process plain_port=$port
start_strongroom secure --audit off --tls-certificate "$work/certificate.pem" --tls-key "$work/key.pem"
python3 "$(dirname "$0")/tls.py" "$work" "$plain" "$plain_port" "$process" "$port" "$rounds"
