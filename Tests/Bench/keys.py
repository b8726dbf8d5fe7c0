#!/usr/bin/env python3
"""keys.py BINARY LOAD_CLIENT: what many keys and other kinds of keys cost, in CPU time of the server.

1. Creating a key and listing 100, with 1,000, 100,000 and 1,000,000 keys in the store. The store is filled directly: what lies
   there is never opened.
2. The server's memory with 10,000 keys open, and with each of 12,000 used in turn.
3. Signing and verifying, beside `openssl speed` in the same run. A request's own cost is taken from one that hashes the same
   message: what is left is the operation's, and what it takes to hand it to a key."""

import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("ROUNDS", "5"))
MILLISECONDS = os.environ.get("MILLISECONDS", "1000")


class Server:
    def __init__(self, binary, folder, *options):
        self.log = open(os.path.join(folder, "log"), "w+")
        command = [binary, "serve", "--data", os.path.join(folder, "data"), "--listen", "127.0.0.1:0", "--log-format", "json"]
        self.process = subprocess.Popen(command + list(options), stderr=self.log)
        deadline = time.monotonic() + 60
        while True:
            found = re.search(r'"address":"http://127.0.0.1:(\d+)"', open(self.log.name).read())
            if found:
                break
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("the server did not start:\n" + open(self.log.name).read())
            time.sleep(0.02)
        self.port = int(found[1])
        self.token = open(os.path.join(folder, "data", "admin-token")).read().strip()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def send(self, method, path, body=None, status=(200, 201)):
        headers = {"Authorization": "Bearer " + self.token}
        if body is not None:
            headers["Content-Type"] = "application/json"
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = self.connection.getresponse()
        text = response.read()
        if response.status not in status:
            sys.exit(f"{method} {path}: {response.status} {text[:200]}")
        return json.loads(text)

    def cpu(self):
        """Seconds of CPU time so far."""
        total = 0
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{thread}/schedstat") as text:
                total += int(text.read().split()[0])
        return total / 1e9

    def memory(self):
        """Resident MiB."""
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{self.process.pid}/status").read())[1]) / 1024

    def stop(self):
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        if code != 0:
            sys.exit(f"the server stopped with {code}")


def fill(folder, count):
    """Rows for keys that are never used."""
    database = sqlite3.connect(os.path.join(folder, "data", "strongroom.db"))
    have = database.execute("SELECT count(*) FROM keys").fetchone()[0]
    sealed = os.urandom(124)
    rows = range(have, count)
    database.execute("PRAGMA synchronous = OFF")
    database.executemany(
        "INSERT INTO keys (id, name, algorithm, usages, exportable, min_decrypt_version, latest_version, deletion_protected,"
        " created_at, revision) VALUES (?, ?, 'xaes-256-gcm', 'encrypt decrypt', 0, 1, 1, 1, 1, 1)",
        ((row.to_bytes(16, "big"), f"filled-{row:08}") for row in rows),
    )
    database.executemany(
        "INSERT INTO key_versions (key_id, version, state, created_at, sealed) VALUES (?, 1, 'enabled', 1, ?)",
        ((row.to_bytes(16, "big"), sealed) for row in rows),
    )
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def median(values):
    return sorted(values)[len(values) // 2]


def listing(binary):
    print("keys      create us   list 100 us   server MiB")
    with tempfile.TemporaryDirectory() as folder:
        Server(binary, folder).stop()
        for count in (1000, 100_000, 1_000_000):
            fill(folder, count)
            server = Server(binary, folder)
            server.send("GET", "/v1/keys")
            creates, lists = [], []
            for round in range(ROUNDS):
                before = server.cpu()
                for number in range(100):
                    server.send("POST", "/v1/keys", {"name": f"k-{count}-{round}-{number}"})
                creates.append((server.cpu() - before) / 100)
                before = server.cpu()
                for number in range(100):
                    server.send("GET", f"/v1/keys?after=filled-{(number * 7919 * 131) % count:08}")
                lists.append((server.cpu() - before) / 100)
            print(f"{count:9} {median(creates) * 1e6:9.0f} {median(lists) * 1e6:13.0f} {server.memory():12.1f}")
            server.stop()


def pool(binary):
    with tempfile.TemporaryDirectory() as folder:
        server = Server(binary, folder, "--open-keys", "10000", "--cached-keys", "10000", "--secret-memory", "4096")
        print(f"memory at the start: {server.memory():.1f} MiB")
        names = [f"k{number}" for number in range(12_000)]
        for name in names:
            server.send("POST", "/v1/keys", {"name": name})
        print(f"with 12,000 keys made, none open: {server.memory():.1f} MiB")
        for name in names[:10_000]:
            server.send("POST", f"/v1/keys/{name}/encrypt", {"plaintext": "YQ=="})
        status = server.send("GET", "/v1/status")
        used = status["secret_memory"]["used_bytes"] / 1024
        print(f"with {status['pool']['open']} open: {server.memory():.1f} MiB, of which {used:.0f} KiB secret memory")
        for _ in range(3):
            for name in names:
                server.send("POST", f"/v1/keys/{name}/encrypt", {"plaintext": "YQ=="})
        status = server.send("GET", "/v1/status")
        print(f"after each of 12,000 was used three times, {status['pool']['open']} open, "
              f"{status['pool']['evictions']} evicted: {server.memory():.1f} MiB")
        server.stop()


def openssl_speed():
    """Microseconds of CPU for a signature and a verification by OpenSSL itself."""
    found = {}
    for name, pattern in (("ed25519", "EdDSA"), ("ecdsap256", "ecdsa"), ("rsa2048", "rsa")):
        text = subprocess.run(
            ["openssl", "speed", "-seconds", "1", name], capture_output=True, text=True, check=True
        ).stdout
        line = [line for line in text.splitlines() if pattern in line and line.strip()[0].isdigit() or line.startswith("rsa")][-1]
        numbers = [float(number) for number in re.findall(r"\d+\.\d+", line)]
        found[name] = (1e6 / numbers[-2], 1e6 / numbers[-1])
    return found


def signatures(binary, load):
    message = {"message": "YSBtZXNzYWdlIHRoYXQgaXMgc2lnbmVk"}
    with tempfile.TemporaryDirectory() as folder:
        server = Server(binary, folder)
        kinds = (("ed25519", "ed25519", {}), ("ecdsa-p256", "ecdsap256", {}), ("rsa-2048", "rsa2048", {"padding": "pkcs1v15"}))
        requests = {"hash": ("/v1/hash", message)}
        for algorithm, _, members in kinds:
            server.send("POST", "/v1/keys", {"name": algorithm, "algorithm": algorithm})
            path = f"/v1/keys/{algorithm}/"
            signed = server.send("POST", path + "sign", {**message, **members})
            requests[algorithm + " sign"] = (path + "sign", {**message, **members})
            requests[algorithm + " verify"] = (path + "verify", {**message, **members, "signature": signed["signature"]})
        costs = {name: [] for name in requests}
        theirs = []
        body = os.path.join(folder, "body")
        for _ in range(ROUNDS):
            theirs.append(openssl_speed())
            for name, (path, members) in requests.items():
                with open(body, "w") as text:
                    json.dump(members, text)
                before = server.cpu()
                report = subprocess.run(
                    [load, "--port", str(server.port), "--connections", "8", "--milliseconds", MILLISECONDS, "--method", "POST",
                     "--path", path, "--header", "Authorization: Bearer " + server.token, "--header",
                     "Content-Type: application/json", "--body-file", body, "--status", "200"],
                    capture_output=True, text=True, check=True,
                ).stdout
                costs[name].append((server.cpu() - before) * 1e6 / json.loads(report)["requests"])
        server.stop()
    base = median(costs["hash"])
    print(f"a request that hashes: {base:.1f} us")
    print("operation            request us   less a request's own   openssl speed us   over it")
    for algorithm, name, _ in kinds:
        for index, operation in enumerate(("sign", "verify")):
            ours = median(costs[f"{algorithm} {operation}"])
            bare = median([speed[name][index] for speed in theirs])
            over = ours - base - bare
            print(f"{algorithm + ' ' + operation:20} {ours:10.1f} {ours - base:22.1f} {bare:18.1f} {over:9.1f} us "
                  f"({'within' if over <= 0.15 * bare + 20 else 'beyond'} 15% and 20 us)")


if __name__ == "__main__":
    parts = sys.argv[3:] or ["listing", "pool", "signatures"]
    if "listing" in parts:
        listing(sys.argv[1])
    if "pool" in parts:
        pool(sys.argv[1])
    if "signatures" in parts:
        signatures(sys.argv[1], sys.argv[2])
