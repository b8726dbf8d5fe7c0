"""tls.py FOLDER PLAIN PORT SECURE PORT ROUNDS: asks a server with TLS and one without in turns, and prints what each takes."""

import glob
import http.client
import json
import socket
import ssl
import statistics
import sys

folder, plain, plain_port, secure, secure_port, rounds = sys.argv[1], *map(int, sys.argv[2:7])
requests, handshakes = 4000, 300
context = ssl.create_default_context(cafile=folder + "/certificate.pem")


def cpu(process):
    total = 0
    for path in glob.glob(f"/proc/{process}/task/*/schedstat"):
        with open(path) as file:
            total += int(file.read().split()[0])
    return total / 1000


def token(name):
    with open(f"{folder}/{name}/admin-token") as file:
        return file.read().strip()


def connect(port, session=None):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if port == secure_port:
        return context.wrap_socket(connection, server_hostname="localhost", session=session)
    return connection


def message(name, path, body):
    body = json.dumps(body)
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token(name)}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def ask(connection, request, status):
    connection.sendall(request)
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    assert answer.status == status, answer.status


def begin(session=None):
    """A connection whose handshake is over, tickets and all."""
    connection = connect(secure_port, session)
    connection.sendall(b"GET /v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    answer.read()
    return connection


for name, port in [("plain", plain_port), ("secure", secure_port)]:
    ask(connect(port), message(name, "/v1/keys", {"name": "bench"}), 201)
session = begin().session
encrypt = {name: message(name, "/v1/keys/bench/encrypt", {"plaintext": "A" * 44}) for name in ["plain", "secure"]}
kept = {"plain": connect(plain_port), "secure": begin(session)}
assert kept["secure"].session_reused and kept["secure"].version() == "TLSv1.3"
times = {"plain": [], "secure": [], "resumed": [], "whole": []}
for _ in range(rounds):
    for name, process in [("plain", plain), ("secure", secure)]:
        before = cpu(process)
        for _ in range(requests):
            ask(kept[name], encrypt[name], 200)
        times[name].append((cpu(process) - before) / requests)
    for name, start in [("resumed", session), ("whole", None)]:
        before = cpu(secure)
        for _ in range(handshakes):
            connection = begin(start)
            session = connection.session if start else session
            connection.close()
        times[name].append((cpu(secure) - before) / handshakes)
more = statistics.median(b - a for a, b in zip(times["plain"], times["secure"]))
middle = {name: statistics.median(values) for name, values in times.items()}
print(
    f"encrypt of 32 bytes on one kept connection: {middle['plain']:.1f} us plain, {middle['secure']:.1f} with TLS 1.3 on a resumed "
    f"session, {more:.1f} more (goal: 15)\na connection with one small request: {middle['resumed']:.0f} us resumed, "
    f"{middle['whole']:.0f} with a whole handshake (P-256)"
)
