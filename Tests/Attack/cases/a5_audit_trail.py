"""A5: requests of nobody do not fill the audit trail; what is left out is counted in it."""

import time

from kit import Flood, Honest, Server, b64, case, check, check_status

ADDRESSES = [f"127.0.{second}.{third}" for second in (1, 2) for third in range(1, 101)]


def requests_of_nobody():
    """Every kind of request that leaves a record and shows no good token."""
    token = "srt_" + "a" * 59
    bearer = {"Authorization": "Bearer " + token}
    return {
        "malformed unseal": ("POST", "/v1/unseal", b"{", None),
        "unseal that fits no schema": ("POST", "/v1/unseal", {"share": 1}, None),
        "unseal of an unsealed service": ("POST", "/v1/unseal", {"share": "x"}, None),
        "unseal by a passphrase": ("POST", "/v1/unseal", {"passphrase": "x"}, None),
        "login that is not configured": ("POST", "/v1/login/jwt", {"role": "r", "jwt": "a.b.c"}, None),
        "malformed login": ("POST", "/v1/login/jwt", b"nothing", None),
        "login by certificate": ("POST", "/v1/login/certificate", {"role": "r"}, None),
        "login by peer": ("POST", "/v1/login/peer", {"role": "r"}, None),
        "login of a media type": ("POST", "/v1/login/jwt", None, {"Content-Type": "text/plain", "Content-Length": "0"}),
        "no token": ("GET", "/v1/keys", None, None),
        "unknown token": ("GET", "/v1/keys", None, bearer),
        "malformed token": ("GET", "/v1/keys", None, {"Authorization": "Bearer x"}),
        "another scheme": ("GET", "/v1/keys", None, {"Authorization": "Basic eDp4"}),
        "parameters that do not fit": ("GET", "/v1/keys?limit=x", None, bearer),
        "a body too large": ("POST", "/v1/keys", None, {**bearer, "Content-Length": "999999"}),
        "no such path": ("GET", "/v1/nothing", None, None),
        "no such method": ("DELETE", "/v1/unseal", None, None),
    }


def records_of_nobody(server):
    return [record for record in server.trail() if "token_id" not in record and "request_id" in record]


def counted(server):
    """How many requests the trail counts without a record of each."""
    return sum(
        record.get("count", 0) for record in server.trail()
        if "request_id" not in record and record["operation"] not in ("openAudit", "findBrokenAudit", "resumeAudit")
    )


@case
def floods_of_every_kind():
    """No kind of request without a token leaves more than a bounded number of records, and those left out are counted."""
    with Server("--idle-seconds", "5") as server:
        for name, request in requests_of_nobody().items():
            before, before_counted = len(records_of_nobody(server)), counted(server)
            sent = 0
            with server.connect() as connection:
                for _ in range(400):
                    answer = connection.send(*request)
                    check(answer.status >= 400, f"{name}: {answer}")
                    sent += 1
            made = len(records_of_nobody(server)) - before
            check(made <= 200, f"{name}: 400 requests left {made} records")
        server.stop()
        records, left_out = len(records_of_nobody(server)), counted(server)
        check(left_out > 0, "the trail does not say how many requests it left out")
        server.start()


@case
def a_flood_counts_exactly():
    """Of requests of nobody, those with a record and those that are only counted are all that were recorded before, together."""
    with Server() as server:
        sent = 3000
        with server.connect() as connection:
            for _ in range(sent):
                check_status(connection.post("/v1/unseal", {"share": "x"}), 409, 422, 429)
        server.stop()
        records, left_out = len(records_of_nobody(server)), counted(server)
        check(records <= 500, f"{sent} requests left {records} records")
        check(records + left_out == sent, f"{sent} requests: {records} records, and {left_out} counted")
        server.start()


@case
def from_many_addresses():
    """Two hundred addresses that send a few each are bounded in all."""
    with Server() as server:
        sent = 0
        for address in ADDRESSES:
            with server.connect(source=address) as connection:
                for _ in range(30):
                    check(connection.post("/v1/unseal", b"{").status in (400, 409, 422, 429), "an answer of another kind")
                    sent += 1
        made = len(records_of_nobody(server))
        check(made <= sent / 3, f"{sent} requests of {len(ADDRESSES)} addresses left {made} records")
        server.stop()
        check(counted(server) > 0, "those left out are not counted")
        server.start()


@case
def good_tokens_leave_all_their_records():
    """While a flood is bounded, every request with a good token has its record, also from the same address."""
    with Server() as server:
        server.key("k")
        with Honest(server) as honest:
            honest.control()
            flood = [server.connect() for _ in range(4)]
            with honest.during("attack"), Flood(flood, "POST", "/v1/unseal", b"{") as attack:
                answers = [server.admin.use("k", "encrypt", plaintext="YQ==") for _ in range(300)]
                time.sleep(1)
            check(attack.total > 100, "the flood sent little")
        honest.holds()
        for answer in answers:
            check_status(answer, 200)
        found = [record for record in server.trail() if record["operation"] == "encrypt" and record.get("key") == "k"]
        check(len(found) == 300, f"of 300 encryptions {len(found)} have a record")


@case
def denied_tokens_leave_their_records():
    """What a good token may not do is recorded each time: it has a name."""
    with Server() as server:
        client = server.client("nothing", {"operations": ["hash"]})
        for _ in range(300):
            check_status(client.use("k", "encrypt", plaintext=b64(b"x")), 403)
        found = [record for record in server.trail() if record.get("token_id") == client.id]
        check(len(found) == 300, f"of 300 refusals {len(found)} have a record")


@case
def the_trail_stays_sound():
    """After floods the trail still verifies from its first record to its last."""
    import subprocess

    with Server() as server:
        with server.connect() as connection:
            for _ in range(500):
                connection.post("/v1/unseal", b"{")
        server.stop()
        done = subprocess.run([server.binary, "audit", "verify", "--data", server.data], capture_output=True, text=True)
        check(done.returncode == 0 and "sound" in done.stdout, done.stdout + done.stderr)
        server.start()
