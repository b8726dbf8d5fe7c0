"""A2: slow work must not starve what is quick, must end with its client, and must not hold up a stop."""

import threading
import time

from kit import Flood, Honest, Server, at_once, b64, case, check, check_code, check_status, eventually

MESSAGE = b64(b"a message that is signed")
SIGNATURES = {"items": [{"message": MESSAGE}] * 1000}


def key_pairs(count):
    return {"items": [{"algorithm": "rsa-4096"}] * count}


def largest_batch(server):
    """How many RSA-4096 pairs one batch may make: refused at once beyond that."""
    for count in (12, 8, 4, 2):
        connection = server.connect(server.token, timeout=0.2)
        try:
            if connection.post("/v1/keys/data/data-key/batch", key_pairs(count)).status == 422:
                continue
        except TimeoutError:
            pass
        connection.close()
        return count
    return 1


# Seconds after which an RSA-4096 pair that was being made is surely there: 2 on average, but how many candidates it takes is chance.
KEY_PAIR = 40


def slow_server(*options, **settings):
    return Server("--audit", "on", *options, **settings)


def prepare(server):
    server.key("data")
    server.key("signer", "rsa-4096")


class Beside:
    """Uses readiness, reads a key and revokes tokens while something else goes on, and keeps the longest time that each took."""

    def __init__(self, server):
        self.server = server
        self.longest = {}
        self.problems = []
        self.stopping = False
        self.rounds = 0
        server.key("beside")
        server.role("beside", {"operations": ["encrypt"]})

    def __enter__(self):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join(60)

    def run(self):
        admin = self.server.connect(self.server.token)
        probe = self.server.connect()
        while not self.stopping:
            try:
                self.timed("readiness", lambda: check_status(probe.get("/v1/health/ready"), 200))
                self.timed("reading a key", lambda: check_status(admin.get("/v1/keys/beside"), 200))
                made = self.timed("making a token", lambda: self.server.new_token("beside", admin))
                self.timed("revoking it", lambda: check_status(admin.send("DELETE", f"/v1/tokens/{made['id']}"), 204))
                self.rounds += 1
            except Exception as error:
                self.problems.append(str(error))
                return
            time.sleep(0.02)

    def timed(self, name, action):
        began = time.monotonic()
        result = action()
        self.longest[name] = max(self.longest.get(name, 0), time.monotonic() - began)
        return result

    def holds(self, rounds=2, bound=3.0):
        check(not self.problems, f"beside it: {self.problems[:1]}")
        check(self.rounds >= rounds, f"beside it only {self.rounds} rounds of control were served")
        slow = {name: round(seconds, 2) for name, seconds in self.longest.items() if seconds > bound}
        check(not slow, f"beside it these took long: {slow}")


def starts(server, count, path, body, token=None):
    """Sends the same request on so many connections, and waits for none of the answers."""
    connections = [server.connect(token or server.token) for _ in range(count)]
    for connection in connections:
        connection.all_but(0, "POST", path, body)
    return connections


def beside(server, begin, seconds=3):
    """Begins slow requests, and looks at what is served beside them; then their clients leave."""
    with Beside(server) as control, Honest(server) as honest:
        honest.control()
        with honest.during("attack"):
            connections = begin()
            time.sleep(seconds)
            control.stopping = True
        for connection in connections:
            connection.close()
    control.holds()
    honest.holds(p99=1.0, worst=3.0)


@case
def batches_of_key_pairs():
    """Four batches of RSA-4096 pairs hold up neither encryptions nor control, and end when their clients leave."""
    with slow_server() as server:
        prepare(server)
        count = largest_batch(server)
        check(count <= 8, f"one request may make {count} RSA-4096 pairs, which takes seconds each")
        beside(server, lambda: starts(server, 4, "/v1/keys/data/data-key/batch", key_pairs(count)))
        server.goes_idle(KEY_PAIR)


@case
def batches_of_signatures():
    """Four batches of 1,000 RSA-4096 signatures hold up nothing, and end when their clients leave."""
    with slow_server() as server:
        prepare(server)
        beside(server, lambda: starts(server, 4, "/v1/keys/signer/sign/batch", SIGNATURES))
        server.goes_idle(2)


@case
def stop_in_the_middle():
    """SIGTERM while batches, key generation and signatures are under way ends with exit code 0 in time."""
    for path, body in (("/v1/keys/data/data-key/batch", key_pairs(8)), ("/v1/keys/signer/sign/batch", SIGNATURES),
                       ("/v1/keys", None)):
        with slow_server(drain=2) as server:
            prepare(server)
            connections = []
            for number in range(8):
                request = body or {"name": f"new-{number}", "algorithm": "rsa-4096"}
                connections += starts(server, 1, path, request)
            time.sleep(0.5)
            # Leaving the server stops it, and looks at exit code and time.


@case
def revoked_in_the_middle():
    """A batch whose token is revoked while it is worked at stops, and is not answered with what it made."""
    with slow_server() as server:
        prepare(server)
        client = server.client("signers", {"operations": ["sign", "data-key"]})
        connections = starts(server, 4, "/v1/keys/signer/sign/batch", SIGNATURES, client.token)
        time.sleep(0.5)
        server.revoke(client.id)
        revoked = time.monotonic()
        answers = [connection.answer() for connection in connections]
        check(time.monotonic() - revoked < 4, "the batches went on after the revocation")
        for answer in answers:
            check_code(answer, 401, "unauthenticated")
        server.goes_idle(2)


@case
def one_token_among_many_requests():
    """One token's 200 slow requests leave another token's signatures their turn."""
    with slow_server() as server:
        prepare(server)
        greedy = server.client("greedy", {"operations": ["sign"]})
        modest = server.client("modest", {"operations": ["sign"]})
        batch = {"items": [{"message": MESSAGE}] * 100}
        connections = [server.connect(greedy.token) for _ in range(200)]
        for connection in connections:
            connection.all_but(0, "POST", "/v1/keys/signer/sign/batch", batch)
        time.sleep(0.3)
        with Honest(server) as honest:
            longest = 0
            with honest.during("attack"):
                for _ in range(6):
                    began = time.monotonic()
                    check_status(modest.use("signer", "sign", message=MESSAGE), 200)
                    longest = max(longest, time.monotonic() - began)
                check_status(modest.post("/v1/keys/signer/sign/batch", {"items": [{"message": MESSAGE}] * 20}), 200)
            for connection in connections:
                connection.close()
            time.sleep(1)
            honest.control()
        honest.holds()
        check(longest < 3, f"another token's signature took {longest:.1f} s")
        server.goes_idle(4)


def children(server, count):
    """So many tokens of one line, with the same role: one holder's, however many there are."""
    server.role("family", {"operations": ["sign"]}, {"operations": ["tokens"], "roles": "family"})
    parent = server.connect(server.new_token("family")["token"])
    return [server.new_token("family", parent)["token"] for _ in range(count)]


@case
def children_take_no_more_turns():
    """Sixty tokens of one line take one holder's turns: another's signature waits for few of theirs."""
    with slow_server() as server:
        prepare(server)
        modest = server.client("modest", {"operations": ["sign"]})
        batch = {"items": [{"message": MESSAGE}] * 200}
        connections = []
        for token in children(server, 60):
            connections += starts(server, 2, "/v1/keys/signer/sign/batch", batch, token)
        time.sleep(0.3)
        longest = 0
        for _ in range(5):
            began = time.monotonic()
            check_status(modest.use("signer", "sign", message=MESSAGE), 200)
            longest = max(longest, time.monotonic() - began)
        for connection in connections:
            connection.close()
        check(longest < 1.5, f"another holder's signature took {longest:.1f} s")


@case
def a_queue_filled_by_children():
    """Tokens of one line, each with one request, do not fill a queue so that others are refused."""
    with slow_server("--worker-queue", "32") as server:
        prepare(server)
        modest = server.client("modest", {"operations": ["sign"]})
        batch = {"items": [{"message": MESSAGE}] * 300}
        connections = []
        for token in children(server, 60):
            connections += starts(server, 1, "/v1/keys/signer/sign/batch", batch, token)
        time.sleep(0.3)
        for _ in range(3):
            check_status(modest.use("signer", "sign", message=MESSAGE), 200)
        for connection in connections:
            connection.close()


@case
def full_queue_of_slow_work():
    """One token that fills the queue of slow work is refused itself; control and others' work are taken."""
    with slow_server("--worker-queue", "16") as server:
        prepare(server)
        greedy = server.client("greedy", {"operations": ["sign", "create"]})
        modest = server.client("modest", {"operations": ["sign", "create", "read"]})
        batch = {"items": [{"message": MESSAGE}] * 300}
        connections = starts(server, 40, "/v1/keys/signer/sign/batch", batch, greedy.token)
        connections += [starts(server, 1, "/v1/keys", {"name": f"g-{number}", "algorithm": "rsa-4096"}, greedy.token)[0]
                        for number in range(20)]
        time.sleep(0.3)
        with Beside(server) as control:
            check_status(modest.use("signer", "sign", message=MESSAGE), 200)
            check_status(modest.post("/v1/keys", {"name": "of-modest"}), 201)
            check_status(server.admin.get("/v1/keys"), 200)
            time.sleep(1)
        for connection in connections:
            connection.close()
        control.holds()


@case
def other_slow_operations():
    """Batches of agreements, private decryptions, verifications and derivations hold up nothing either."""
    with slow_server() as server:
        server.key("agree", "ecdh-p521")
        server.key("box", "rsa-4096", usages=["encrypt", "decrypt"])
        server.key("kdf", "hkdf-sha256")
        server.key("p521", "ecdsa-p521")
        answer = check_status(server.admin.get("/v1/keys/agree/public-key?format=der"), 200)
        try:
            public = answer.json["public_key"]
        except ValueError:
            public = b64(answer.body)
        boxed = check_status(server.admin.use("box", "encrypt", plaintext=MESSAGE), 200)["ciphertext"]
        signature = check_status(server.admin.use("p521", "sign", message=MESSAGE), 200)["signature"]
        large = b64(bytes(32_000))
        batches = {
            "agree/agree": {"public_key": public, "kdf": {"hash": "sha512", "info": MESSAGE, "bytes": 32}},
            "box/decrypt": {"ciphertext": boxed},
            "p521/verify": {"message": MESSAGE, "signature": signature},
            "p521/sign": {"message": MESSAGE},
            "kdf/derive": {"info": large, "bytes": 8160},
        }
        with Beside(server) as control, Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                for path, item in batches.items():
                    connections = starts(server, 4, f"/v1/keys/{path}/batch", {"items": [item] * (300 if "kdf" in path else 1000)})
                    time.sleep(0.8)
                    for connection in connections:
                        connection.close()
        control.holds()
        honest.holds(worst=3.0)
        server.goes_idle(4)


@case
def making_keys_without_end():
    """Sixteen clients that make and rotate RSA-4096 keys hold up nothing, and what they asked for ends with them."""
    with slow_server() as server:
        server.key("rotated", "rsa-4096")

        def begin():
            new = [starts(server, 1, "/v1/keys", {"name": f"new-{number}", "algorithm": "rsa-4096"})[0] for number in range(10)]
            rotating = [server.connect(server.token) for _ in range(6)]
            for connection in rotating:
                connection.head("POST", "/v1/keys/rotated/rotate")
            return new + rotating

        beside(server, begin)
        server.goes_idle(KEY_PAIR)
        stored = server.admin.get("/v1/keys?prefix=new-")["keys"]
        check(len(stored) < 10, "all keys were made for clients that had left")


@case
def a_single_worker():
    """With one worker, slow work leaves control and small encryptions theirs."""
    with slow_server("--workers", "1", "--event-loops", "1") as server:
        prepare(server)
        beside(server, lambda: starts(server, 3, "/v1/keys/signer/sign/batch", SIGNATURES), seconds=2)
        server.goes_idle(3)


@case
def a_slow_flood_of_one_signature():
    """Sixteen clients that ask for one RSA-4096 signature after another leave encryptions and control their share."""
    with slow_server() as server:
        prepare(server)
        with Beside(server) as control, Honest(server) as honest:
            honest.control()
            flood = [server.connect(server.token) for _ in range(16)]
            with honest.during("attack"), Flood(flood, "POST", "/v1/keys/signer/sign", {"message": MESSAGE}):
                time.sleep(2.5)
        control.holds()
        honest.holds()


@case
def leaving_clients_by_the_hundred():
    """Clients that ask for slow work and leave at once, again and again, leave no work behind."""
    with slow_server() as server:
        prepare(server)
        before = server.cpu()
        for _ in range(150):
            with server.connect(server.token) as connection:
                connection.all_but(0, "POST", "/v1/keys/signer/sign/batch", SIGNATURES)
        eventually(10, lambda: server.connect().get("/v1/health/ready").status == 200, "it is not ready")
        server.goes_idle(5)
        used = server.cpu() - before
        check(used < 30, f"work for clients that had left took {used:.0f} s of CPU")
