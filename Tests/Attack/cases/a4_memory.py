"""A4: bodies, answers and working copies take no more memory than the service was given, and one token no more than its share."""

import time

from kit import Honest, Server, at_once, b64, case, check, check_code, check_status

MIB = 1 << 20
BUDGET = 96
# What the service has beside requests: its own code, keys, connections and the allocator's slack.
BASE = 64


def budgeted(*options, **settings):
    return Server("--request-memory", str(BUDGET), *options, **settings)


def body(size, last=b"A"):
    return b'{"plaintext":"' + b"A" * (size // 4 * 4 - 1) + last + b'"}'


def within(server, slack=BASE):
    peak = server.memory()
    check(peak <= BUDGET + slack, f"it took {peak:.0f} MiB with a budget of {BUDGET}")


def refused_or_done(answers, statuses=(200, 413, 429, 503)):
    for answer in answers:
        check(not isinstance(answer, Exception), f"a client got no answer: {answer!r}")
        check(answer.status in statuses, f"{answer}")
        if answer.status in (429, 503):
            check(answer.retry_after >= 1, "a refusal without Retry-After")


def large_tokens(server, count):
    server.role("large", {"operations": ["encrypt", "decrypt", "derive", "hash"]})
    return [server.new_token("large")["token"] for _ in range(count)]


@case
def seven_uploads():
    """Seven uploads of 31 MiB at once stay within the budget; those beyond it are refused."""
    with budgeted() as server:
        server.key("k")
        text = body(31 * MIB)
        tokens = large_tokens(server, 7)
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                connections = [server.connect(token) for token in tokens]
                refused_or_done(at_once([lambda each=each: each.post("/v1/keys/k/encrypt", text) for each in connections]))
        within(server)
        honest.holds(worst=5.0)
        check(server.connect(tokens[0]).post("/v1/keys/k/encrypt", body(MIB)).status == 200, "an upload of 1 MiB is refused afterwards")


@case
def stalled_uploads():
    """Uploads that stop before their end keep others' uploads out no more than their token's share."""
    with budgeted() as server:
        server.key("k")
        greedy, modest = large_tokens(server, 2)
        text = body(20 * MIB)
        stalled = []
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                for _ in range(8):
                    connection = server.connect(greedy, timeout=5)
                    stalled.append(connection)
                    try:
                        connection.all_but(1, "POST", "/v1/keys/k/encrypt", text)
                    except OSError:
                        pass  # Refused while it was sent.
                time.sleep(0.3)
                with server.connect(modest) as other:
                    check_status(other.post("/v1/keys/k/encrypt", body(4 * MIB)), 200)
                    check_status(other.post("/v1/hash", b'{"message":"' + b"A" * (2 * MIB) + b'"}'), 200)
        for connection in stalled:
            connection.close()
        within(server)
        honest.holds()
        # What they held is given back.
        time.sleep(0.7)
        check_status(server.connect(modest).post("/v1/keys/k/encrypt", text), 200)


@case
def chunked_uploads():
    """Uploads without a length count as well."""
    with budgeted() as server:
        server.key("k")
        tokens = large_tokens(server, 6)

        def upload(token):
            connection = server.connect(token)
            connection.head("POST", "/v1/keys/k/encrypt", headers={"Content-Type": "application/json", "Transfer-Encoding": "chunked"})
            text = body(31 * MIB)
            try:
                for at in range(0, len(text), MIB):
                    part = text[at:at + MIB]
                    connection.push(b"%x\r\n" % len(part) + part + b"\r\n")
                connection.push(b"0\r\n\r\n")
            except ConnectionError:
                pass
            return connection.answer()

        refused_or_done(at_once([lambda each=each: upload(each) for each in tokens]))
        within(server)


@case
def slow_readers_of_plaintexts():
    """Answers that nobody reads count: twelve clients that do not read 20 MiB stay within the budget."""
    with budgeted() as server:
        server.key("k")
        ciphertext = check_status(server.admin.post("/v1/keys/k/encrypt", body(16 * MIB)), 200)["ciphertext"]
        text = b'{"ciphertext":"' + ciphertext.encode() + b'"}'
        tokens = large_tokens(server, 12)
        with Honest(server) as honest:
            honest.control()
            connections = [server.connect(token, receive_buffer=4096, timeout=8) for token in tokens]
            with honest.during("attack"):
                for connection in connections:
                    try:
                        connection.all_but(0, "POST", "/v1/keys/k/decrypt", text)
                    except OSError:
                        pass
                time.sleep(2)
            for connection in connections:
                connection.close()
        within(server)
        honest.holds(worst=5.0)
        time.sleep(0.7)
        check_status(server.admin.post("/v1/keys/k/decrypt", text), 200)


@case
def slow_readers_of_small_requests():
    """Small requests with large answers count too: 40 clients that do not read 11 MiB each stay within the budget."""
    with budgeted() as server:
        server.key("kdf", "hkdf-sha256")
        tokens = large_tokens(server, 8)
        text = {"items": [{"info": "YQ==", "bytes": 8160}] * 1000}
        with Honest(server) as honest:
            honest.control()
            connections = [server.connect(tokens[index % 8], receive_buffer=4096) for index in range(40)]
            with honest.during("attack"):
                for connection in connections:
                    connection.all_but(0, "POST", "/v1/keys/kdf/derive/batch", text)
                time.sleep(3)
                with server.connect(server.token) as other:
                    check_status(other.use("kdf", "derive", info="YQ==", bytes=64), 200)
            for connection in connections:
                connection.close()
        within(server)
        honest.holds()


@case
def trees_of_small_values():
    """A body that becomes far larger in memory counts as what it becomes."""
    with budgeted() as server:
        server.key("k")
        items = b",".join([b'{"plaintext":"' + b"\\u0041" * 1_200 + b'"}'] * 1000)
        text = b'{"items":[' + items + b"]}"
        tokens = large_tokens(server, 10)
        answers = at_once([lambda each=each: server.connect(each).post("/v1/keys/k/encrypt/batch", text) for each in tokens])
        refused_or_done(answers)
        within(server)


@case
def many_small_bodies_without_a_token():
    """Three thousand clients without a token that stop in the middle of their bodies take little memory, and leave others theirs."""
    with budgeted("--bad-tokens", "0") as server:
        connections = []
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                for number in range(900):
                    connection = server.connect(source=f"127.0.0.{2 + number % 200}")
                    connections.append(connection)
                    try:
                        connection.all_but(1, "POST", "/v1/unseal" if number % 2 else "/v1/login/jwt",
                                           b'{"role":"r","jwt":"' + b"A" * 16_000 + b'"}')
                    except OSError:
                        pass
                time.sleep(0.3)
                check_status(server.admin.get("/v1/status"), 200)
            for connection in connections:
                connection.close()
        within(server)
        honest.holds()


@case
def one_token_alone():
    """One token gets no more than its share, even alone; another's large request is served beside it."""
    with budgeted() as server:
        server.key("k")
        greedy, modest = large_tokens(server, 2)
        text = body(31 * MIB)
        stalled = [server.connect(greedy, timeout=5) for _ in range(4)]
        for connection in stalled:
            try:
                connection.all_but(1, "POST", "/v1/keys/k/encrypt", text)
            except OSError:
                pass
        time.sleep(0.3)
        other = server.connect(modest)
        answer = other.post("/v1/keys/k/encrypt", body(8 * MIB))
        check_status(answer, 200)
        for connection in stalled:
            connection.close()
        within(server)


@case
def larger_than_the_budget():
    """A body that can never fit is refused for good (413), and not told to come again."""
    with Server("--request-memory", "32") as server:
        server.key("k")
        answer = server.admin.post("/v1/keys/k/encrypt", body(31 * MIB))
        check_code(answer, 413, "body_too_large")
        check_status(server.admin.post("/v1/keys/k/encrypt", body(MIB)), 200)
