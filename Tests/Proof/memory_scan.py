"""memory_scan.py SERVER: imports known keys of every algorithm into a running service, uses them over HTTP, and reads all of the
process's readable memory, and the core that a crash would leave: no copy of a key, of the root key, of the key file or passphrase
that unseals may be there, in any encoding, and a planted copy must be seen. Then marked plaintexts, and tokens and plaintexts of requests
that were broken off, of which nothing may be left.

Needs root, or a system that lets a parent read its child. Prints what was found, and exits with 1 where it should not have been."""

import base64
import datetime
import hashlib
import hmac
import os
import re
import resource
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import tempfile
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Interoperability"))
from client import Client, b64, pkcs8  # noqa: E402

PASSPHRASE = "known passphrase for the memory scan"
SECRETS = [("aes-256-gcm", 32), ("aes-128-gcm", 16), ("xaes-256-gcm", 32), ("chacha20-poly1305", 32), ("hmac-sha224", 28),
           ("hmac-sha256", 32), ("hmac-sha384", 48), ("hmac-sha512", 64), ("aes-256-cmac", 32), ("hkdf-sha256", 32),
           ("aes-256-kwp", 32)]
CURVES = [("ecdsa-p256", ec.SECP256R1), ("ecdsa-p384", ec.SECP384R1), ("ecdsa-p521", ec.SECP521R1),
          ("ecdsa-secp256k1", ec.SECP256K1), ("ecdh-p256", ec.SECP256R1), ("ecdh-p384", ec.SECP384R1),
          ("ecdh-p521", ec.SECP521R1)]

failures = []


def check(holds, text):
    print(("ok: " if holds else "FAILED: ") + text, flush=True)
    if not holds:
        failures.append(text)


class Service:
    """A server in a folder of its own, in a mode in which its memory may be read."""

    def __init__(self, server, folder, without="no-dump", core=False, options=()):
        self.folder = folder
        self.log = os.path.join(folder, "log")

        def prepare():
            if core:
                resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [server, "serve", "--data", folder + "/data", "--listen", "127.0.0.1:0", "--log-format", "json",
                 "--scrypt-cost", "14", "--without-protections", without, *options],
                stderr=log, cwd=folder, preexec_fn=prepare)
        for _ in range(1000):
            found = re.search(r'"address":"https?://127.0.0.1:(\d+)"', open(self.log).read())
            if found or self.process.poll() is not None:
                break
            time.sleep(0.02)
        if not found:
            raise SystemExit("it did not start: " + open(self.log).read())
        self.client = Client(int(found.group(1)), open(folder + "/data/admin-token").read().strip())

    def memory(self):
        """All that can be read of it and was ever written: (name of the mapping, bytes). The text of programs is left out."""
        with open(f"/proc/{self.process.pid}/maps") as maps, open(f"/proc/{self.process.pid}/mem", "rb", 0) as mem:
            for line in maps:
                fields = line.split(maxsplit=5)
                start, end = (int(part, 16) for part in fields[0].split("-"))
                name = fields[5].strip() if len(fields) > 5 else "anonymous"
                is_text = "w" not in fields[1] and name.startswith("/") and "secretmem" not in name
                if fields[1][0] != "r" or is_text or name in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                    continue
                try:
                    mem.seek(start)
                    yield name, mem.read(end - start)
                except OSError:
                    yield name + " (not readable)", b""

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def encodings(secret):
    """What a copy may look like: bytes in either order, also by 64-bit limbs; hex; base64 at each alignment, in both alphabets."""
    yield "raw", secret
    yield "reversed", secret[::-1]
    limbs = [secret[at:at + 8] for at in range(0, len(secret), 8)]
    yield "limbs", b"".join(limb[::-1] for limb in limbs)
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + secret)
        # Digits that other bytes have no part in.
        inner = whole[(shift * 8 + 5) // 6:(shift + len(secret)) * 8 // 6]
        yield f"base64+{shift}", inner
        yield f"base64url+{shift}", inner.replace(b"+", b"-").replace(b"/", b"_")


def schedule(key):
    """The second round key on of AES's key expansion (FIPS 197, 5.2), as far as it shows a schedule."""
    table = aes_sbox()
    words = [key[at:at + 4] for at in range(0, len(key), 4)]
    count, rcon = len(words), 1
    for index in range(count, count + 8):
        word = words[-1]
        if index % count == 0:
            word = bytes(table[byte] for byte in word[1:] + word[:1])
            word = bytes([word[0] ^ rcon]) + word[1:]
            rcon = rcon << 1 ^ (0x11B if rcon & 0x80 else 0)
        elif count > 6 and index % count == 4:
            word = bytes(table[byte] for byte in word)
        words.append(bytes(a ^ b for a, b in zip(words[index - count], word)))
    return b"".join(words[count:])


def aes_sbox():
    table, p, q = [0] * 256, 1, 1
    while True:
        p = p ^ (p << 1 & 0xFF) ^ (0x1B if p & 0x80 else 0)
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        if q & 0x80:
            q ^= 0x09
        turn = lambda value, by: (value << by | value >> (8 - by)) & 0xFF
        table[p] = q ^ turn(q, 1) ^ turn(q, 2) ^ turn(q, 3) ^ turn(q, 4) ^ 0x63
        if p == 1:
            break
    table[0] = 0x63
    return table


def find(patterns, memory):
    """Where each pattern is: {(what, how): {mapping: count}}."""
    found = {}
    for name, contents in memory:
        for what, how, pattern in patterns:
            if count := contents.count(pattern):
                found.setdefault((what, how), {})[name] = count
    return found


def patterns_of(secrets):
    return [(what, how, pattern) for what, secret in secrets for how, pattern in encodings(secret)]


def use(client, secrets):
    """Imports a known key of every algorithm, and uses it in every way that it can be."""
    text, peer = b64(b"a message to work on"), b64(os.urandom(32))
    for algorithm, length in SECRETS:
        key = os.urandom(length)
        secrets.append((algorithm, key))
        name = client.imported(algorithm, key)
        for _ in range(50):
            if "gcm" in algorithm or "poly" in algorithm:
                ciphertext = client.use(name, "encrypt", plaintext=text)["ciphertext"]
                client.use(name, "decrypt", ciphertext=ciphertext)
                client.use(name, "data-key", bytes=32)
            elif "mac" in algorithm:
                client.use(name, "verify-mac", message=text, mac=client.use(name, "mac", message=text)["mac"])
            elif algorithm == "hkdf-sha256":
                client.use(name, "derive", info=text, bytes=32)
            else:
                client.use(name, "unwrap", wrapped=client.use(name, "wrap", key_material=peer)["wrapped"])
        if algorithm.startswith(("aes-", "xaes")):
            secrets.append((algorithm + " schedule", schedule(key)))
    for algorithm, curve in CURVES:
        key = ec.generate_private_key(curve())
        size = (key.curve.key_size + 7) // 8
        secrets.append((algorithm, key.private_numbers().private_value.to_bytes(size, "big")))
        name = client.imported(algorithm, pkcs8(key))
        for _ in range(10):
            exercise(client, name, algorithm, text)
    for algorithm, kind in [("ed25519", ed25519.Ed25519PrivateKey), ("x25519", x25519.X25519PrivateKey)]:
        key = kind.generate()
        raw = key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
        secrets.append((algorithm, raw))
        if algorithm == "ed25519":
            secrets.append((algorithm + " expanded", hashlib.sha512(raw).digest()[32:]))
        name = client.imported(algorithm, pkcs8(key))
        for _ in range(10):
            exercise(client, name, algorithm, text)
    for bits in (2048, 3072):
        key = rsa.generate_private_key(65537, bits)
        numbers = key.private_numbers()
        for part in ("d", "p", "q", "dmp1", "dmq1", "iqmp"):
            value = getattr(numbers, part)
            secrets.append((f"rsa-{bits} {part}", value.to_bytes((value.bit_length() + 7) // 8, "big")))
        name = client.imported(f"rsa-{bits}", pkcs8(key), usages=["sign", "verify"])
        other = client.imported(f"rsa-{bits}", pkcs8(key), usages=["encrypt", "decrypt"])
        for _ in range(5):
            exercise(client, name, "rsa", text)
            ciphertext = client.use(other, "encrypt", plaintext=text)["ciphertext"]
            client.use(other, "decrypt", ciphertext=ciphertext)


def exercise(client, name, algorithm, text):
    if algorithm.startswith(("ecdh", "x25519")):
        peer = client.create(algorithm)
        public = b64(client.public_key(peer, "der"))
        client.use(name, "agree", public_key=public, kdf={"hash": "sha256", "info": "", "bytes": 32})
    else:
        signature = client.use(name, "sign", message=text)["signature"]
        client.use(name, "verify", message=text, signature=signature)


def hkdf(secret, purpose, length=32):
    prk = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(prk, purpose + b"\x01", hashlib.sha256).digest()[:length]


def open_xaes(key, sealed, associated_data):
    """XAES-256-GCM (C2SP), as far as opening goes."""
    encrypt = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update
    block = int.from_bytes(encrypt(bytes(16)), "big") << 1
    k1 = (block & (1 << 128) - 1 ^ (0x87 if block >> 128 else 0)).to_bytes(16, "big")
    derived = b""
    for counter in (1, 2):
        message = bytes([0, counter]) + b"X\x00" + sealed[:12]
        derived += encrypt(bytes(a ^ b for a, b in zip(message, k1)))
    return AESGCM(derived).decrypt(sealed[12:24], sealed[24:], associated_data)


def root_secrets(folder, key_secret):
    """What the wrapped root key of a folder holds, by an implementation of our own: its secret and the key of tokens' MACs."""
    with sqlite3.connect(f"file:{folder}/data/strongroom.db?mode=ro", uri=True) as database:
        wrapped = database.execute("SELECT wrapped_root FROM installation").fetchone()[0]
    method = int.from_bytes(wrapped[24:28], "big")
    head = 28 + {1: 0, 2: 19}[method]
    contents = open_xaes(hkdf(key_secret(wrapped), b"strongroom/v1/unseal-wrap-root"), wrapped[head:], wrapped[:head])
    root, tokens = contents[:32], contents[32:64]
    yield "root key", root
    yield "tokens' MAC key", tokens
    yield "sealing key", hkdf(root, b"strongroom/v1/seal-keys")
    yield "records' MAC key", hkdf(root, b"strongroom/v1/record-mac")
    yield "audit trail's MAC key", hkdf(tokens, b"strongroom/v1/audit-mac")


def scan_keys(server, folder):
    service = Service(server, folder)
    client = service.client
    secrets = []
    use(client, secrets)
    key_file = bytes.fromhex(open(folder + "/data/root.key").read().split(":")[2])
    secrets.append(("key file", key_file))
    secrets += root_secrets(folder, lambda _: key_file)
    planted = os.urandom(32)
    client.create("aes-256-gcm", labels={"planted": b64(planted), "also": planted.hex()})
    time.sleep(1)
    patterns = patterns_of(secrets)
    memory = list(service.memory())
    size = sum(len(contents) for _, contents in memory)
    secret = [name for name, _ in memory if "secretmem" in name]
    check(any("not readable" in name for name in secret) or not secret, f"secret pages cannot be read ({secret})")
    found = find(patterns, memory)
    check(not found, f"no copy of {len(secrets)} secrets in {size >> 20} MiB, in {len(patterns)} forms: {found}")
    seen = find(patterns_of([("planted", planted)]), memory)
    check({how for _, how in seen} >= {"base64+0", "hex"}, f"a planted copy is seen: {sorted(how for _, how in seen)}")
    scan_plaintexts(service)
    port = service.client.connection.port
    scan_broken_off(service, lambda: socket.create_connection(("127.0.0.1", port)))
    check(service.stop() == 0, "it stops with nothing left open")


def scan_plaintexts(service):
    """Marked plaintexts of several sizes, by both ways to read a body, on connections that stay and that end."""
    marks = []
    for size in (1 << 20, 65536, 1024, 32):
        for way in ("flat", "tree"):
            for end in ("kept", "closed", "closed by the server"):
                mark = os.urandom(24)
                marks.append((f"{size} {way} {end}", mark))
                client = service.client if end == "kept" else Client(service.client.connection.port, service.client.token)
                plaintext = b64(mark + bytes(size - 24))
                body = f'{{"plaintext":"{plaintext}"}}' if way == "flat" else f'{{"plaintex\\u0074":"{plaintext}"}}'

                def encrypt(**more):
                    headers = {"Authorization": "Bearer " + client.token, "Content-Type": "application/json", **more}
                    client.connection.request("POST", "/v1/keys/key-1/encrypt", body=body, headers=headers)
                    return client.connection.getresponse().read().decode().split('"')[3]

                # The last body of the connection is the plaintext's: no other has taken its place.
                client.post("/v1/keys/key-1/decrypt", {"ciphertext": encrypt()})
                encrypt(**({"Connection": "close"} if end == "closed by the server" else {}))
                if end == "closed":
                    client.connection.close()
    unfinished = os.urandom(24)
    body = f'{{"plaintext":"{b64(unfinished)}'
    waiting = socket.create_connection(("127.0.0.1", service.client.connection.port))
    waiting.sendall((f"POST /v1/keys/key-1/encrypt HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {service.client.token}\r\n"
                     f"Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n{body}").encode())
    time.sleep(1)
    seen = find(patterns_of([("unfinished", unfinished)]), list(service.memory()))
    check(seen, f"the plaintext of a request that has not arrived whole is seen: {sorted(how for _, how in seen)}")
    waiting.close()
    time.sleep(0.5)
    marks.append(("unfinished", unfinished))
    found = find(patterns_of(marks), list(service.memory()))
    check(not found, f"nothing is left of {len(marks)} marked plaintexts: {found}")


def scan_broken_off(service, connect):
    """Tokens and plaintexts of requests whose clients left before the end, at each point of a request, politely or not."""
    head = "POST /v1/keys/key-1/encrypt HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    ways = {
        "target": "POST /v1/",
        "head": head + "Authorization: Bearer ",
        "body": head + f"Authorization: Bearer {service.client.token}\r\nContent-Length: 4000\r\n\r\n" + '{"plaintext":"',
        "chunk": head + f"Authorization: Bearer {service.client.token}\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
        "refused": head + "Content-Length: 9000000\r\n\r\n",
    }
    marks = []
    for way, start in ways.items():
        for end in ("closed", "reset"):
            mark = os.urandom(15).hex().encode()
            connection = connect()
            connection.sendall(start.encode() + mark)
            time.sleep(0.2)
            if way not in ("target", "refused"):
                seen = find([(way, "raw", mark)], list(service.memory()))
                check(seen, f"what a request brought is seen while it waits: {way}, {end}")
            if end == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            marks.append((f"{way} {end}", "raw", mark))
    time.sleep(1)
    found = find(marks, list(service.memory()))
    check(not found, f"nothing is left of {len(marks)} requests that were broken off: {found}")


def certificate(folder, key):
    """A certificate that a key signs for itself, and both as files."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now,
                                   now + datetime.timedelta(days=20))
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    files = [os.path.join(folder, "server." + kind) for kind in ("pem", "key")]
    for file, text in zip(files, (made.sign(key, algorithm).public_bytes(serialization.Encoding.PEM), pem)):
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
            opened.write(text)
    return files


def over_tls(port, version=ssl.TLSVersion.TLSv1_3):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port)))


def forms_of(name, key):
    """All that a private key of TLS may lie in memory as: its numbers, its DER, and the lines of its PEM."""
    raw, none = serialization.Encoding.Raw, serialization.NoEncryption()
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        secrets = [(f"{name} {part}", getattr(numbers, part)) for part in ("d", "p", "q", "dmp1", "dmq1", "iqmp")]
        secrets = [(part, value.to_bytes((value.bit_length() + 7) // 8, "big")) for part, value in secrets]
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        size = (key.curve.key_size + 7) // 8
        secrets = [(name, key.private_numbers().private_value.to_bytes(size, "big"))]
    else:
        secrets = [(name, key.private_bytes(raw, serialization.PrivateFormat.Raw, none))]
    forms = patterns_of(secrets)
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, none)
    forms.append((name, "DER", der))
    lines = base64.b64encode(der)
    forms += [(name, "PEM", lines[at:at + 64]) for at in range(0, len(lines), 64) if len(lines) - at > 32]
    return forms


def scan_tls(server, folder):
    """The service's own key in no form, after handshakes of both versions, and what requests over TLS leave that were broken off."""
    kinds = {"P-256": ec.generate_private_key(ec.SECP256R1()), "RSA": rsa.generate_private_key(65537, 2048),
             "Ed25519": ed25519.Ed25519PrivateKey.generate()}
    for name, key in kinds.items():
        own = os.path.join(folder, name)
        os.mkdir(own)
        pem, file = certificate(own, key)
        service = Service(server, own, options=("--tls-certificate", pem, "--tls-key", file))
        port = service.client.connection.port
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for _ in range(5):
                over_tls(port, version).close()
        forms = forms_of(name, key)
        found = find(forms, list(service.memory()))
        check(not found, f"no copy of the TLS key, {name}, in {len(forms)} forms: {found}")
        service.process.send_signal(signal.SIGHUP)
        time.sleep(1)
        over_tls(port).close()
        found = find(forms, list(service.memory()))
        check(not found, f"nor once it was read again: {found}")
        if name == "P-256":
            scan_broken_off(service, lambda: over_tls(port))
        check(service.stop() == 0, "it stops with nothing left open")


def scan_passphrase(server, folder):
    """That a passphrase, and what it unseals, is nowhere after it was given, nor anything of it once the service is sealed."""
    with open(os.open(folder + "/secret", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(PASSPHRASE)
    subprocess.run([server, "init", "--data", folder + "/data", "--unseal-by", "passphrase", "--scrypt-cost", "14",
                    "--new-passphrase-file", folder + "/secret"], check=True, stderr=subprocess.DEVNULL)
    service = Service(server, folder)
    client = service.client
    client.post("/v1/unseal", {"passphrase": PASSPHRASE})
    key = os.urandom(32)
    name = client.imported("aes-256-gcm", key)
    client.use(name, "encrypt", plaintext=b64(b"text"))

    def key_secret(wrapped):
        cost, block, parallel = wrapped[28:31]
        return hashlib.scrypt(PASSPHRASE.encode(), salt=wrapped[31:47], n=1 << cost, r=block, p=parallel, dklen=32,
                              maxmem=1 << 28)

    secrets = [("imported key", key), ("passphrase", PASSPHRASE.encode()), *root_secrets(folder, key_secret)]
    time.sleep(1)
    found = find(patterns_of(secrets), list(service.memory()))
    check(not found, f"no copy of the passphrase or what it unseals: {found}")
    used = client.send("GET", "/v1/status")["secret_memory"]["used_bytes"]
    client.send("POST", "/v1/seal")
    found = find(patterns_of(secrets), list(service.memory()))
    check(not found, f"nor once it is sealed: {found}")
    check(client.send("GET", "/v1/keys").status == 503, "sealed, it opens nothing")
    client.post("/v1/unseal", {"passphrase": PASSPHRASE})
    again = client.send("GET", "/v1/status")["secret_memory"]["used_bytes"]
    check(again < used, f"sealing gave secret memory back: {used} bytes before, {again} after, with no key open")
    check(service.stop() == 0, "it stops with nothing left open")


def scan_core(server, folder):
    """The core of a service that gave up neither core files nor the folder they would go to."""
    pattern = open("/proc/sys/kernel/core_pattern").read().strip()
    if "/" in pattern or "|" in pattern:
        print("skipped: core files go elsewhere here (" + pattern + ")")
        return
    service = Service(server, folder, without="no-dump,landlock", core=True)
    secrets = []
    client = service.client
    for algorithm in ("aes-256-gcm", "hmac-sha256"):
        key = os.urandom(32)
        secrets.append((algorithm, key))
        name = client.imported(algorithm, key)
        if algorithm == "aes-256-gcm":
            client.use(name, "encrypt", plaintext=b64(b"text"))
        else:
            client.use(name, "mac", message=b64(b"text"))
    planted = os.urandom(32)
    client.create("aes-256-gcm", labels={"planted": b64(planted)})
    key_file = bytes.fromhex(open(folder + "/data/root.key").read().split(":")[2])
    secrets += root_secrets(folder, lambda _: key_file)
    service.process.send_signal(signal.SIGABRT)
    service.process.wait(30)
    cores = [name for name in os.listdir(folder) if name.startswith("core")]
    if not cores:
        print("skipped: this system leaves no core")
        return
    contents = open(os.path.join(folder, cores[0]), "rb").read()
    found = find(patterns_of(secrets), [("core", contents)])
    check(not found, f"no copy of {len(secrets)} secrets in a core of {len(contents) >> 20} MiB: {found}")
    check(find(patterns_of([("planted", planted)]), [("core", contents)]), "a planted copy is seen in the core")


def main():
    server = os.path.realpath(sys.argv[1])
    for scan in (scan_keys, scan_tls, scan_passphrase, scan_core):
        with tempfile.TemporaryDirectory() as folder:
            scan(server, folder)
    print(f"{len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
