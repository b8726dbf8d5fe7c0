"""A1: a client that opens many large keys must not take the secret memory that others need."""

import os
import time

from kit import Flood, Honest, Server, at_once, b64, case, check, check_status, unb64

# Small, so that it is soon full.
SMALL = ("--secret-memory", "1024")
MESSAGE = b64(b"a message that is signed")


def maker(server):
    return server.client("maker", {"operations": ["create", "sign", "verify", "rotate"], "keys": "m-*"})


def make(connection, names, algorithm):
    for name in names:
        check_status(connection.post("/v1/keys", {"name": name, "algorithm": algorithm}), 201)


def sign(connection, names):
    for name in names:
        check_status(connection.use(name, "sign", message=MESSAGE), 200)


def cold_keys(server):
    """Keys of many kinds that were never used."""
    return [
        server.key("cold-" + algorithm, algorithm)
        for algorithm in ("xaes-256-gcm", "aes-256-gcm", "ed25519", "ecdsa-p256", "ecdsa-p521", "rsa-2048", "hmac-sha256")
    ]


def use_cold(server, names):
    for name in names:
        if name.endswith("gcm"):
            check_status(server.admin.use(name, "encrypt", plaintext=MESSAGE), 200)
        elif "hmac" in name:
            check_status(server.admin.use(name, "mac", message=MESSAGE), 200)
        else:
            check_status(server.admin.use(name, "sign", message=MESSAGE), 200)


def control_works(server, suffix):
    """What needs the root key, and what makes keys."""
    check_status(server.admin.get("/v1/health/ready"), 200)
    made = server.new_token("administrator")
    check_status(server.connect(made["token"]).get("/v1/status"), 200)
    for algorithm in ("xaes-256-gcm", "ecdsa-p521", "rsa-2048"):
        server.key(f"later-{suffix}-{algorithm}", algorithm)
    check_status(server.admin.post(f"/v1/keys/later-{suffix}-ecdsa-p521/rotate"), 200, 201)


@case
def cold_keys_after_many():
    """400 P-521 keys, each used once, keep no other key from being opened, and the root key at work."""
    with Server(*SMALL) as server:
        cold = cold_keys(server)
        attacker = maker(server)
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                names = [f"m-{number}" for number in range(400)]
                make(attacker, names, "ecdsa-p521")
                sign(attacker, names)
                use_cold(server, cold)
                control_works(server, "cold")
        honest.holds()
        # The first of them too: it was closed meanwhile.
        sign(attacker, names[:3])
        check(server.metric("strongroom_open_keys_evictions_total") > 0, "no key was evicted, so memory was never full")


@case
def versions_of_one_key():
    """One key with 300 P-521 versions, all of which are used, takes no more room than many keys."""
    with Server(*SMALL) as server:
        cold = cold_keys(server)
        attacker = maker(server)
        make(attacker, ["m-1"], "ecdsa-p521")
        signed = attacker.use("m-1", "sign", message=MESSAGE)["signature"]
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                for version in range(2, 301):
                    if attacker.post("/v1/keys/m-1/rotate").status == 409:
                        break  # As many versions as a key may have.
                    check_status(attacker.use("m-1", "sign", message=MESSAGE, version=version), 200)
                use_cold(server, cold)
                control_works(server, "versions")
        honest.holds()
        check(attacker.use("m-1", "verify", message=MESSAGE, signature=signed, version=1)["valid"], "version 1 is unusable")


@case
def a_batch_over_many_versions():
    """Batches whose items use 300 versions of one key each take no room from others while they are worked at."""
    with Server(*SMALL) as server:
        cold = cold_keys(server)
        attacker = maker(server)
        make(attacker, ["m-1"], "ecdsa-p521")
        for _ in range(300):
            check_status(attacker.post("/v1/keys/m-1/rotate"), 200, 201)
        items = [{"message": MESSAGE, "version": 1 + number % 300} for number in range(1000)]
        # More of them wait for a turn than have one.
        tokens = [attacker.token] + [server.new_token("maker")["token"] for _ in range(7)]
        connections = [server.connect(token) for token in tokens for _ in range(4)]
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"), Flood(connections, "POST", "/v1/keys/m-1/sign/batch", {"items": items}) as flood:
                end = time.monotonic() + 3
                while time.monotonic() < end:
                    use_cold(server, cold)
                    check_status(server.connect().get("/v1/health/ready"), 200)
        honest.holds()
        check(set(flood.statuses) <= {200, 429, "lost"}, f"the batches were answered {flood.statuses}")


@case
def batches_over_many_keys():
    """Long batches over 240 keys at once, from several tokens, leave room for others' keys."""
    with Server(*SMALL) as server:
        cold = cold_keys(server)
        attacker = maker(server)
        names = [f"m-{number}" for number in range(240)]
        make(attacker, names, "ecdsa-p521")
        tokens = [attacker.token] + [server.new_token("maker")["token"] for _ in range(5)]
        items = {"items": [{"message": MESSAGE}] * 1000}
        connections = []
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                for number, name in enumerate(names):
                    connection = server.connect(tokens[number % len(tokens)])
                    connection.all_but(0, "POST", f"/v1/keys/{name}/sign/batch", items)
                    connections.append(connection)
                time.sleep(1)
                for _ in range(3):
                    use_cold(server, cold)
                    check_status(server.connect().get("/v1/health/ready"), 200)
                    time.sleep(0.3)
            for connection in connections:
                connection.close()
        honest.holds()


@case
def generation_after_rsa_keys():
    """With many RSA keys in use, RSA keys are still made, imported for and rotated."""
    with Server("--secret-memory", "512") as server:
        attacker = maker(server)
        names = [f"m-{number}" for number in range(36)]
        two = [attacker, server.connect(attacker.token)]
        results = at_once([lambda half=half, index=index: make(two[index], half, "rsa-2048")
                           for index, half in enumerate((names[::2], names[1::2]))])
        check(results == [None, None], f"making keys failed: {results}")
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                sign(attacker, names)
                for algorithm in ("rsa-2048", "rsa-3072", "rsa-4096"):
                    server.key("new-" + algorithm, algorithm)
                check_status(server.admin.get("/v1/import-key"), 200)
                check_status(server.admin.post("/v1/keys/new-rsa-2048/rotate"), 200, 201)
                check_status(server.admin.post("/v1/keys/new-rsa-2048/data-key", {}), 200, 403, 422)
        honest.holds()


@case
def all_keys_at_once():
    """Sixteen clients that use P-521 and RSA keys at the same time in full memory are all served."""
    with Server(*SMALL) as server:
        attacker = maker(server)
        names = [f"m-{number}" for number in range(330)]
        make(attacker, names, "ecdsa-p521")
        sign(attacker, names)
        connections = [server.connect(attacker.token) for _ in range(16)]

        def work(index):
            sign(connections[index], names[index::16])
            sign(connections[index], names[index::16][::-1])

        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                results = at_once([lambda index=index: work(index) for index in range(16)])
                check(results == [None] * 16, f"a use failed: {[str(each) for each in results if each is not None][:2]}")
        honest.holds()


@case
def public_bytes_take_none():
    """Large HKDF inputs, labels and messages are served when secret memory is full, many at a time."""
    with Server(*SMALL) as server:
        server.key("kdf", "hkdf-sha256")
        server.key("pair", "x25519")
        server.key("p521", "ecdh-p521")
        server.key("label", "rsa-2048", usages=["encrypt", "decrypt"])
        attacker = maker(server)
        names = [f"m-{number}" for number in range(330)]
        make(attacker, names, "ecdsa-p521")
        sign(attacker, names)
        large = b64(bytes(32_000))
        public = {name: check_status(server.admin.get(f"/v1/keys/{name}/public-key?format=der"), 200) for name in ("pair", "p521")}
        bodies = [("kdf", "derive", {"info": large, "salt": large, "bytes": 8160}),
                  ("kdf", "derive", {"info": large, "bytes": 1}),
                  ("label", "encrypt", {"plaintext": "YQ==", "associated_data": b64(bytes(1024))}),
                  ("m-5", "sign", {"message": b64(bytes(200_000))})]
        for name, answer in public.items():
            try:
                text = answer.json.get("public_key")
            except ValueError:
                text = b64(answer.body)
            bodies.append((name, "agree", {"public_key": text, "kdf": {"hash": "sha256", "info": large, "salt": large, "bytes": 32}}))

        def work():
            with server.connect(server.token) as connection:
                for key, operation, body in bodies:
                    check_status(connection.use(key, operation, **body), 200)

        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                results = at_once([work] * 12)
                check(results == [None] * 12, f"{[str(each) for each in results if each is not None][:2]}")
        honest.holds()


@case
def contexts_of_derived_keys():
    """A derived key that is used with thousands of contexts leaves room for others."""
    with Server(*SMALL) as server:
        cold = cold_keys(server)
        server.key("derived", derived=True)
        server.key("converging", derived=True, convergent=True)
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                items = [{"plaintext": "YQ==", "context": b64(os.urandom(32))} for _ in range(1000)]
                for key in ("derived", "converging"):
                    for _ in range(2):
                        answer = check_status(server.admin.post(f"/v1/keys/{key}/encrypt/batch", {"items": items}), 200)
                        refused = [item for item in answer["items"] if "ciphertext" not in item]
                        check(not refused, f"{len(refused)} items were refused: {refused[:1]}")
                use_cold(server, cold)
        honest.holds()


@case
def data_keys_in_full_memory():
    """Private keys as data keys, wrapped and unwrapped, are made when secret memory is full."""
    with Server(*SMALL) as server:
        server.key("wrapping", "aes-256-kwp")
        server.key("data")
        attacker = maker(server)
        names = [f"m-{number}" for number in range(330)]
        make(attacker, names, "ecdsa-p521")
        sign(attacker, names)
        material = os.urandom(65_536 - 8)

        def work():
            with server.connect(server.token) as connection:
                wrapped = check_status(connection.use("wrapping", "wrap", key_material=b64(material)), 200)["wrapped"]
                back = check_status(connection.use("wrapping", "unwrap", wrapped=wrapped), 200)["key_material"]
                check(unb64(back) == material, "what was unwrapped differs")
                check_status(connection.use("data", "data-key", algorithm="ecdsa-p521"), 200)
                check_status(connection.use("data", "data-key", bytes=512), 200)

        results = at_once([work] * 4)
        check(results == [None] * 4, f"{[str(each) for each in results if each is not None][:2]}")


@case
def status_tells():
    """Status, metrics and the default say how much secret memory there is, and how much of it is in use."""
    with Server() as server:
        memory = server.status()["secret_memory"]
        check(memory["capacity_bytes"] > 0, f"{memory}")
        check(server.metric("strongroom_secret_memory_limit_bytes") == memory["capacity_bytes"], "the metric differs")
        check(len(memory) > 3, f"status does not say how many keys fit: {memory}")
