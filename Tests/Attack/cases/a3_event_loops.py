"""A3: no request holds an event loop for long, whether by its size, by how it is written, or by what it asks for."""

import json
import time

from kit import Honest, Server, b64, case, check, check_status

MIB = 1 << 20
SMALL = b64(bytes(32))


# The most of the CPU that the loop may have once a request is whole: it sends the answer. And seconds that count as none.
LOOP_SHARE, NOTHING = 0.6, 0.01
OPTIONS = ("--event-loops", "1")


def settled(server):
    """Waits until the server has received what was sent. The CPU that all its threads have taken by then."""
    before, now = None, server.cpu_of_threads("")
    while now != before:
        time.sleep(0.02)
        before, now = now, server.cpu_of_threads("")
    return now


def on_the_loop(server, client, request, statuses):
    """How much of the CPU that a request takes, from its last byte on, the event loop has. What it takes to receive the rest
    is the loop's in any case, a piece at a time."""
    loop = every = rounds = 0
    end = time.monotonic() + 0.3
    while rounds == 0 or time.monotonic() < end:
        last = client.all_but(1, *request)
        before = settled(server)
        loop_before = server.cpu_of_threads("http-loop")
        check(loop_before > 0, "no thread is called http-loop")
        answer = client.push(last).answer()
        check(answer.status in statuses, f"{answer.what}: {answer}")
        time.sleep(0.02)
        loop += server.cpu_of_threads("http-loop") - loop_before
        every += server.cpu_of_threads("") - before
        rounds += 1
    return loop / every if loop > NOTHING * rounds else 0


def measure(requests, setup=None, worst=0.25, statuses=(200,)):
    """Sends large requests one after another, and looks at which threads work at them and how long honest clients of the only
    event loop wait beside them.

    - `worst`: the longest wait, in seconds beyond ten times the control's 99th percentile, in the best of three rounds."""
    with Server(*OPTIONS) as server:
        server.key("k")
        if setup:
            setup(server)
        client = server.connect(server.token)
        shares = [(request, on_the_loop(server, client, request, statuses)) for request in requests]
        with Honest(server, connections=4) as honest:
            honest.control()
            for index in range(3):
                with honest.during(f"round {index}"):
                    end = time.monotonic() + 0.3
                    while True:
                        for request in requests:
                            client.send(*request)
                        if time.monotonic() >= end:
                            break
                time.sleep(0.1)
        for index in range(3):
            honest.holds(f"round {index}")
        limit = 10 * honest.p99("control") + worst
        best = min(honest.worst(f"round {index}") for index in range(3))
        held = [f"{request[1]} {share:.0%}" for request, share in shares if share > LOOP_SHARE]
        check(not held, f"the event loop had most of the CPU: {', '.join(held)}")
        check(best <= limit, f"an honest client waited {best:.3f} s, {honest.p99('control'):.4f} s without")


def escaped(size):
    """A plaintext of `\\u0041` as long as that."""
    count = size // 24 * 4
    return b'{"plaintext":"' + b"\\u0041" * count + b'"}'


def plain(size):
    return b'{"plaintext":"' + b"A" * (size // 4 * 4) + b'"}'


@case
def escapes_31_mib():
    """31 MiB of escapes hold no event loop."""
    measure([("POST", "/v1/keys/k/encrypt", escaped(31 * MIB))])


@case
def plain_31_mib():
    """A plain body of 31 MiB holds no event loop."""
    measure([("POST", "/v1/keys/k/encrypt", plain(31 * MIB))], worst=0.15)


@case
def slashes_200_kib():
    """Bodies of 200 KiB with escaped slashes, as Foundation writes them, hold no event loop."""
    text = b64(b"\xff\xff\xff" * 40_000).replace("/", "\\/").encode()
    body = b'{"plaintext":"' + text + b'"}'
    measure([("POST", "/v1/keys/k/encrypt", body)], worst=0.15)


@case
def hashes_and_macs_31_mib():
    """Hashing, signing and computing MACs over 23 MiB hold no event loop."""
    message = plain(31 * MIB)[len('{"plaintext":'):-1].decode()

    def setup(server):
        server.key("signer", "ecdsa-p256")
        server.key("macs", "hmac-sha512")
        server.key("ed", "ed25519")

    requests = [
        ("POST", "/v1/hash", f'{{"hash":"sha3-512","message":{message}}}'.encode()),
        ("POST", "/v1/keys/signer/sign", f'{{"message":{message}}}'.encode()),
        ("POST", "/v1/keys/macs/mac", f'{{"message":{message}}}'.encode()),
        ("POST", "/v1/keys/ed/sign", f'{{"message":{message}}}'.encode()),
    ]
    measure(requests, setup)


@case
def large_answers():
    """Decrypting and re-encrypting 23 MiB hold no event loop while the answer is made and sent."""
    requests = []

    def setup(server):
        ciphertext = check_status(server.admin.post("/v1/keys/k/encrypt", plain(31 * MIB)), 200)["ciphertext"]
        body = json.dumps({"ciphertext": ciphertext}).encode()
        requests.extend(("POST", f"/v1/keys/k/{operation}", body) for operation in ("decrypt", "reencrypt"))

    measure(requests, setup, statuses=(200, 413))


@case
def small_bodies_that_ask_for_much():
    """A small body that asks for long outputs, many derivations or many random bytes holds no event loop."""

    def setup(server):
        server.key("kdf", "hkdf-sha256")
        server.key("rsa", "rsa-4096", usages=["encrypt", "decrypt"])
        server.key("derived", derived=True)

    derive = {"items": [{"info": "YQ==", "bytes": 8160}] * 1000}
    data_keys = {"items": [{"bytes": 512}] * 1000}
    tiny = {"items": [{"plaintext": ""}] * 1000}
    contexts = {"items": [{"plaintext": "", "context": b64(number.to_bytes(4, "big"))} for number in range(1000)]}
    requests = [
        ("POST", "/v1/keys/kdf/derive/batch", derive), ("POST", "/v1/keys/k/data-key/batch", data_keys),
        ("POST", "/v1/keys/k/encrypt/batch", tiny), ("POST", "/v1/keys/derived/encrypt/batch", contexts),
    ]
    measure(requests, setup, worst=0.1)


@case
def batches_by_total():
    """A batch of 1,000 items of 20 KiB each holds no event loop: the whole request counts."""
    item = {"plaintext": b64(bytes(20_000))}
    measure([("POST", "/v1/keys/k/encrypt/batch", {"items": [item] * 1000})], worst=0.2)


@case
def slow_keys_one_at_a_time():
    """Private operations with RSA-4096 keys, one at a time, are done by workers and not by an event loop."""

    def setup(server):
        server.key("rsa", "rsa-4096")
        server.key("box", "rsa-4096", usages=["encrypt", "decrypt"])

    measure([("POST", "/v1/keys/rsa/sign", {"message": SMALL})], setup, worst=0.1)


@case
def malformed_31_mib():
    """31 MiB that are no JSON, nested too deep, or break off at the end hold no event loop either."""
    good = plain(31 * MIB)
    requests = [
        ("POST", "/v1/keys/k/encrypt", good[:-1]),
        ("POST", "/v1/keys/k/encrypt", b'{"plaintext":"' + b"\\u00e9" * (5 * MIB) + b'"}'),
        ("POST", "/v1/keys/k/encrypt", b"[" * (8 * MIB)),
        ("POST", "/v1/keys/k/encrypt", b'{"plaintext":"' + b"\\/" * (15 * MIB)),
        ("POST", "/v1/keys/k/encrypt", b" " * (31 * MIB) + b"{}"),
        ("POST", "/v1/keys/k/encrypt/batch", b'{"items":[' + b"{}," * (9 * MIB) + b"{}]}"),
    ]
    measure(requests, statuses=(400, 413, 422), worst=0.25)
