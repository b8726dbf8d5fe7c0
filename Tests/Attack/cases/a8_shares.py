"""A8: behind a proxy clients are told apart, and nobody takes all of what there is a limit of."""

import socket
import struct
import time

from kit import Answer, Connection, Honest, Server, case, check, check_code, check_status, eventually, long_case

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def proxied(source, destination="192.0.2.1", tlvs=b""):
    """A header of the PROXY protocol, version 2, for a TCP connection."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    if family == socket.AF_INET6 and ":" not in destination:
        destination = "2001:db8::1"
    addresses = socket.inet_pton(family, source) + socket.inet_pton(family, destination) + struct.pack("!HH", 40_000, 443) + tlvs
    return SIGNATURE + bytes([0x21, 0x21 if family == socket.AF_INET6 else 0x11]) + struct.pack("!H", len(addresses)) + addresses


LOCAL = SIGNATURE + b"\x20\x00\x00\x00"
BAD = {"Authorization": "Bearer srt_" + "a" * 59}


def behind_a_proxy(*options):
    return Server("--trusted-proxy", "127.0.0.0/8", *options, preface=proxied("192.0.2.200"))


@case
def the_proxys_word_counts():
    """Limits, networks, records and logs go by the address that a trusted proxy gives."""
    with behind_a_proxy() as server:
        server.key("k")
        role = server.role("inside", {"operations": ["encrypt"], "networks": ["198.51.100.0/24", "2001:db8:7::/48"]})
        token = server.new_token(role)["token"]
        for source, status in (("198.51.100.9", 200), ("203.0.113.9", 403), ("2001:db8:7::9", 200), ("2001:db8:8::9", 403)):
            with server.connect(token, preface=proxied(source)) as connection:
                check_status(connection.use("k", "encrypt", plaintext="YQ=="), status)
                check_status(connection.use("k", "encrypt", plaintext="YQ=="), status)
            check(any(record.get("peer") == source for record in server.trail()), f"no record names {source}")
            eventually(3, lambda: source in server.log(), f"no log line names {source}")


@case
def sources_behind_a_proxy():
    """One client's bad tokens behind a proxy limit that client alone."""
    with behind_a_proxy() as server:
        with server.connect(preface=proxied("203.0.113.1")) as connection:
            statuses = [connection.get("/v1/keys", BAD).status for _ in range(100)]
        check(statuses[-1] == 429, "bad tokens are not limited behind a proxy")
        with server.connect(preface=proxied("203.0.113.2")) as connection:
            check_status(connection.get("/v1/keys", BAD), 401)


@case
def headers_that_are_none():
    """A connection whose PROXY header is missing, cut, too long or of another version is closed, and nobody else is."""
    good = proxied("203.0.113.3")
    request = b"GET /v1/health/ready HTTP/1.1\r\nHost: x\r\n\r\n"
    bad = {
        "no header": request, "version 1": b"PROXY TCP4 203.0.113.3 192.0.2.1 40000 443\r\n" + request,
        "another signature": b"\0" + good[1:] + request, "version 3": good[:12] + b"\x31" + good[13:] + request,
        "another command": good[:12] + b"\x22" + good[13:] + request,
        "too short for its family": good[:14] + struct.pack("!H", 4) + b"1234" + request,
        "65,535 bytes announced": good[:14] + b"\xff\xff" + request,
        "another family": good[:13] + b"\x51" + good[14:] + request,
        "UDP": good[:13] + b"\x12" + good[14:] + request,
    }
    with behind_a_proxy("--request-seconds", "5", "--idle-seconds", "5") as server:
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                for name, text in bad.items():
                    with Connection(server.place, preface=text, timeout=8) as connection:
                        try:
                            received = connection.open().socket.recv(4096)
                        except ConnectionError:
                            received = b""
                        check(not received.startswith(b"HTTP/1.1 200"), f"{name}: served as if nothing were")
                # One byte at a time, with the request right behind.
                with Connection(server.place) as connection:
                    connection.open()
                    for byte in good + request:
                        connection.socket.sendall(bytes([byte]))
                    connection.method, connection.what = "GET", "a header in pieces"
                    check_status(connection.answer(), 200)
                # The proxy's own health checks.
                with Connection(server.place, preface=LOCAL) as connection:
                    check_status(connection.get("/v1/health/ready"), 200)
                with Connection(server.place, preface=proxied("203.0.113.3", tlvs=b"\x04\x00\x03abc" + b"\x20\x00\x00")) as connection:
                    check_status(connection.get("/v1/health/ready"), 200)
                time.sleep(0.3)
        honest.holds()


@case
def stalled_headers():
    """A thousand connections that never send their PROXY header keep nobody out, and are closed in time."""
    with behind_a_proxy("--request-seconds", "3", "--idle-seconds", "3") as server:
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"):
                held = [Connection(server.place, preface=proxied("203.0.113.5")[:number % 27]).open() for number in range(700)]
                time.sleep(1)
                check_status(server.admin.get("/v1/status"), 200)
            time.sleep(8)
            closed = 0
            for connection in held[1:100]:
                connection.socket.settimeout(0.2)
                try:
                    closed += connection.socket.recv(1) == b""
                except ConnectionError:
                    closed += 1
                except TimeoutError:
                    pass
                connection.close()
            for connection in held:
                connection.close()
        honest.holds()
        check(closed >= 95, f"of 99 connections without a header {closed} were closed in time")


@case
def proxies_that_are_not_trusted():
    """A PROXY header from an address that is no trusted proxy is not believed."""
    with Server("--trusted-proxy", "127.9.9.9/32") as server:
        with Connection(server.place, server.token, preface=proxied("203.0.113.5"), timeout=5) as connection:
            try:
                answer = connection.get("/v1/status")
            except OSError:
                answer = None
            check(not isinstance(answer, Answer) or answer.status == 400, f"a header from anywhere is taken: {answer}")
        check_status(server.connect(server.token).get("/v1/status"), 200)
        with Connection(server.place, server.token, preface=proxied("203.0.113.5"), source="127.9.9.9") as connection:
            check_status(connection.get("/v1/status"), 200)


@case
def connections_of_one_source():
    """One address that opens as many connections as it can leaves others theirs."""
    with Server("--connections", "200") as server:
        with Honest(server, connections=4, source="127.0.0.9") as honest:
            honest.control()
            with honest.during("attack"):
                held = []
                for _ in range(400):
                    connection = server.connect(source="127.0.0.2", timeout=2)
                    try:
                        held.append(connection.open())
                    except OSError:
                        break
                time.sleep(0.3)
                for number in range(20, 30):
                    with server.connect(source=f"127.0.0.{number}") as other:
                        check_status(other.get("/v1/health/ready"), 200)
            for connection in held:
                connection.close()
        honest.holds()
        check(server.metric("strongroom_http_connections_refused_total") > 0, "no connection was refused")


@case
def connections_and_probes():
    """With all connections taken by many addresses, the service recovers as soon as they leave, and keeps running."""
    with Server("--connections", "100", "--idle-seconds", "5") as server:
        held = [server.connect(source=f"127.0.5.{number % 250 + 1}", timeout=2) for number in range(300)]
        for connection in held:
            try:
                connection.open()
            except OSError:
                pass
        time.sleep(0.3)
        for connection in held:
            connection.close()
        time.sleep(0.5)
        check_status(server.connect(server.token).get("/v1/status"), 200)


@case
def lingering_sockets():
    """Refused uploads whose clients go on sending use up no descriptors that others need."""
    with Server(descriptors=600) as server:
        with Honest(server, source="127.0.0.9") as honest:
            honest.control()
            with honest.during("attack"):
                held = []
                for number in range(700):
                    connection = server.connect(source=f"127.0.6.{number % 200 + 1}", timeout=2)
                    try:
                        connection.head("POST", "/v1/keys/k/encrypt", 1 << 24)
                        connection.socket.sendall(bytes(1000))
                        held.append(connection)
                    except OSError:
                        connection.close()
                time.sleep(0.5)
            for connection in held:
                connection.close()
        honest.holds()


@case
def approvals_of_one_identity():
    """One identity cannot take all places of requests that wait for approval, however many tokens it makes."""
    with Server() as server:
        server.role("asker", {"operations": ["backup"], "approvals": 1}, {"operations": ["tokens"], "roles": "asker"})
        server.role("other", {"operations": ["backup"], "approvals": 1})
        for item in range(32):
            server.key(f"k{item}")
        first = server.new_token("asker")
        waiting = 0
        maker = server.connect(first["token"])
        for number in range(40):
            made = maker.post("/v1/tokens", {"role": "asker", "name": f"child {number}"})
            if made.status != 201:
                break
            with server.connect(made["token"]) as child:
                for item in range(32):
                    answer = child.get(f"/v1/keys/k{item}/backup")
                    if answer.status == 403 and answer.code == "approval_required":
                        waiting += 1
                    elif answer.code == "too_many_approvals":
                        break
            # As a child of a child too.
            if number == 5:
                maker = server.connect(made["token"])
        check(waiting <= 200, f"one line of tokens has {waiting} requests waiting")
        with server.connect(server.new_token("other")["token"]) as other:
            check_code(other.get("/v1/keys/k0/backup"), 403, "approval_required")


@long_case
def tokens_of_one_maker():
    """One token and its children cannot make all tokens that there can be, and others still get theirs."""
    with Server("--audit", "off") as server:
        server.role("maker", {"operations": ["tokens"], "roles": "*"}, {"operations": ["hash"]})
        makers = [server.connect(server.new_token("maker")["token"])]
        made, answer = 0, None
        for number in range(12_000):
            answer = makers[number % len(makers)].post("/v1/tokens", {"role": "maker", "name": "one of many"})
            if answer.status != 201:
                break
            made += 1
            if number < 5:
                makers.append(server.connect(answer["token"]))
        check(made < 12_000, f"one line has made {made} tokens")
        check_code(answer, 429, "too_many_tokens")
        check_status(server.admin.post("/v1/tokens", {"role": "maker", "name": "another"}), 201)


@long_case
def versions_of_one_key():
    """Rotating a key again and again ends, leaves it of use, and goes on where a version is destroyed."""
    with Server("--audit", "off") as server:
        server.key("k")
        rotator = server.client("rotator", {"operations": ["rotate"]})
        rotated, answer = 1, None
        for _ in range(3000):
            answer = rotator.post("/v1/keys/k/rotate")
            if answer.status not in (200, 201):
                break
            rotated += 1
        check_code(answer, 409, "versions_exhausted")
        check_status(server.admin.use("k", "encrypt", plaintext="YQ=="), 200)
        check_status(server.admin.send("PATCH", "/v1/keys/k/versions/1", {"state": "destroyed"}), 200)
        check_status(rotator.post("/v1/keys/k/rotate"), 200, 201)
        check_code(rotator.post("/v1/keys/k/rotate"), 409, "versions_exhausted")
