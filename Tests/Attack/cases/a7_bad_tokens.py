"""A7: bad tokens shut out no good ones behind the same address."""

import time

from kit import Flood, Honest, Server, case, check, check_code, check_status

BAD = {"Authorization": "Bearer srt_" + "a" * 59}


def exhaust(server, source=None, count=100):
    """Shows bad tokens until the address is limited."""
    with server.connect(source=source) as connection:
        for _ in range(count):
            if connection.get("/v1/keys", BAD).status == 429:
                return
    check(False, f"{count} bad tokens are not limited")


@case
def after_a_restart():
    """After a restart, a good token is served at once behind an address that shows bad ones all the time."""
    with Server() as server:
        server.key("k")
        client = server.client("user", {"operations": ["encrypt"]})
        server.restart()
        exhaust(server)
        with Flood([server.connect() for _ in range(4)], "GET", "/v1/keys", None, BAD):
            for token in (client.token, server.token):
                with server.connect(token) as connection:
                    for _ in range(20):
                        check_status(connection.use("k", "encrypt", plaintext="YQ=="), 200)
        check_code(server.connect().get("/v1/keys", BAD), 429, "too_many_attempts")


@case
def a_token_made_meanwhile():
    """A token that is made while its address is limited is good from its first request on, also from other limited addresses."""
    with Server() as server:
        server.key("k")
        server.role("user", {"operations": ["encrypt"]})
        for source in ("127.0.0.1", "127.0.0.7"):
            exhaust(server, source)
        for source in ("127.0.0.1", "127.0.0.7"):
            made = server.new_token("user")
            with server.connect(made["token"], source=source) as connection:
                check_status(connection.use("k", "encrypt", plaintext="YQ=="), 200)
                check_status(connection.get("/v1/tokens/self"), 200)


@case
def a_good_token_gives_no_new_guesses():
    """Good requests do not give an address new guesses: unknown tokens stay limited."""
    with Server() as server:
        exhaust(server)
        unlimited = 0
        with server.connect() as connection:
            for _ in range(60):
                check_status(server.admin.get("/v1/tokens/self"), 200)
                unlimited += connection.get("/v1/keys", BAD).status == 401
        check(unlimited <= 15, f"{unlimited} of 60 guesses were looked at")


@case
def honest_clients_beside_a_flood():
    """Clients with good tokens are served beside a flood of bad ones from the same address."""
    with Server() as server:
        with Honest(server) as honest:
            honest.control()
            with honest.during("attack"), Flood([server.connect() for _ in range(8)], "GET", "/v1/keys", None, BAD) as flood:
                time.sleep(2)
            check(flood.codes.get("too_many_attempts", 0) > 50, f"the flood was answered {flood.statuses}")
        honest.holds()


@case
def bad_logins():
    """Bad logins do not shut out good tokens either, nor what needs no token."""
    with Server() as server:
        with server.connect() as connection:
            for _ in range(150):
                answer = connection.post("/v1/login/jwt", {"role": "r", "jwt": "a.b.c"})
                check_status(answer, 401, 429)
        check_status(server.admin.get("/v1/status"), 200)
        check_status(server.connect().get("/v1/health/ready"), 200)
        check_status(server.connect().get("/metrics"), 200)


@case
def ended_tokens():
    """Revoked and expired tokens that clients go on to show count as bad ones, and shut out nobody."""
    with Server() as server:
        server.key("k")
        revoked = server.client("user", {"operations": ["encrypt"]})
        server.revoke(revoked.id)
        expired = server.connect(server.new_token("user", ttl=1)["token"])
        # At least a second, and less than two.
        time.sleep(2.1)
        for _ in range(100):
            check_status(revoked.use("k", "encrypt", plaintext="YQ=="), 401, 429)
            check_status(expired.use("k", "encrypt", plaintext="YQ=="), 401, 429)
        check_status(server.admin.use("k", "encrypt", plaintext="YQ=="), 200)


@case
def records_of_bad_tokens():
    """Unknown tokens beyond the limit leave no record each, and those of good tokens are all there."""
    with Server() as server:
        server.key("k")
        with server.connect() as connection:
            for _ in range(500):
                connection.get("/v1/keys", BAD)
        for _ in range(50):
            check_status(server.admin.use("k", "encrypt", plaintext="YQ=="), 200)
        trail = server.trail()
        bad = [record for record in trail if "token_id" not in record and "request_id" in record]
        good = [record for record in trail if record["operation"] == "encrypt"]
        check(len(bad) <= 200, f"500 bad tokens left {len(bad)} records")
        check(len(good) == 50, f"50 encryptions left {len(good)} records")
