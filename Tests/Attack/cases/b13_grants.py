"""B13: what a grant leaves out is not granted, and a rate is one's own, however many tokens one has."""

import os

from kit import Server, at_once, b64, case, check, check_code, check_status


def encrypt(connection, times=1):
    return [connection.use("k", "encrypt", plaintext="YQ==").status for _ in range(times)]


@case
def administrator_only_where_named():
    """A grant of `tokens` makes no administrator's token unless it names that role."""
    with Server() as server:
        shapes = {
            "no roles": {"operations": ["tokens"]}, "everything": {"operations": ["tokens"], "roles": "*"},
            "a pattern": {"operations": ["tokens"], "roles": "admin*"}, "one character": {"operations": ["tokens"], "roles": "?dministrator"},
            "keys": {"operations": ["tokens"], "keys": "*"}, "by a list": {"operations": ["tokens"], "roles": "administrato?"},
        }
        for number, (name, grant) in enumerate(shapes.items()):
            made = server.admin.post("/v1/roles", {"name": f"r{number}", "grants": [grant]})
            if made.status == 422:
                continue  # Such a grant is not taken at all.
            check_status(made, 201)
            client = server.connect(server.new_token(f"r{number}")["token"])
            for orphan in ({}, {"orphan": True}):
                answer = client.post("/v1/tokens", {"role": "administrator", "name": "mine", **orphan})
                check(answer.status == 403, f"{name}: {answer}")
            # Nor does it list or revoke them.
            listed = client.get("/v1/tokens")
            if listed.status == 200:
                check("administrator" not in {token["role"] for token in listed["tokens"]}, f"{name} lists administrators' tokens")
            admin_id = server.admin.get("/v1/tokens/self")["id"]
            check(client.send("DELETE", f"/v1/tokens/{admin_id}").status in (403, 404), f"{name} revokes the administrator's token")
        named = server.client("named", {"operations": ["tokens"], "roles": "administrator"})
        check_status(named.post("/v1/tokens", {"role": "administrator", "name": "named"}), 201)


@case
def a_rate_of_twenty_children():
    """Twenty children of one token, with the same role, share its rate."""
    with Server() as server:
        server.key("k")
        role = server.role("rated", {"operations": ["encrypt"], "rate": {"requests": 20, "seconds": 3600}}, {"operations": ["tokens"], "roles": "rated"})
        parent = server.connect(server.new_token(role)["token"])
        children = [server.connect(server.new_token(role, parent)["token"]) for _ in range(20)]
        children.append(server.connect(server.new_token(role, children[0])["token"]))
        statuses = [status for child in children for status in encrypt(child, 3)] + encrypt(parent, 3)
        done = statuses.count(200)
        check(done <= 22, f"a rate of 20 let {done} requests of one line of tokens through")
        check(done >= 15, f"a rate of 20 let only {done} requests through")


@case
def children_that_outlive_their_parent():
    """Orphans of one token share its rate as well, also when it was revoked."""
    with Server() as server:
        server.key("k")
        role = server.role("rated", {"operations": ["encrypt"], "rate": {"requests": 10, "seconds": 3600}}, {"operations": ["roles"]},
                           {"operations": ["tokens"], "roles": "rated"})
        first = server.new_token(role)
        parent = server.connect(first["token"])
        orphans = []
        for _ in range(10):
            made = parent.post("/v1/tokens", {"role": role, "name": "orphan", "orphan": True})
            if made.status == 201:
                orphans.append(server.connect(made["token"]))
        statuses = [status for orphan in orphans for status in encrypt(orphan, 3)]
        check(statuses.count(200) <= 12, f"a rate of 10 let {statuses.count(200)} requests of one line through")


@case
def tokens_one_after_another():
    """Revoking one's token and having another made gives no new allowance."""
    with Server() as server:
        server.key("k")
        role = server.role("rated", {"operations": ["encrypt"], "rate": {"requests": 5, "seconds": 3600}}, {"operations": ["tokens"], "roles": "rated"})
        parent = server.connect(server.new_token(role)["token"])
        done = 0
        for _ in range(6):
            made = server.new_token(role, parent)
            done += encrypt(server.connect(made["token"]), 5).count(200)
            check_status(parent.send("DELETE", f"/v1/tokens/{made['id']}"), 204)
        check(done <= 6, f"a rate of 5 let {done} requests through")


@case
def independent_tokens_keep_their_own():
    """Tokens of one role that others made each have the whole rate."""
    with Server() as server:
        server.key("k")
        role = server.role("rated", {"operations": ["encrypt"], "rate": {"requests": 5, "seconds": 3600}})
        for _ in range(3):
            client = server.connect(server.new_token(role)["token"])
            check(encrypt(client, 6) == [200] * 5 + [429], "a token of its own has not its own rate")


@case
def twenty_logins():
    """Twenty logins of one identity share one rate."""
    logins = {"peer": [{"role": "rated", "uid": os.getuid()}]}
    with Server(unix=True, logins=logins) as server:
        server.key("k")
        server.role("rated", {"operations": ["encrypt"], "rate": {"requests": 20, "seconds": 3600}})
        statuses = []
        for _ in range(20):
            made = check_status(server.connect().post("/v1/login/peer", {"role": "rated"}), 201)
            statuses += encrypt(server.connect(made["token"]), 5)
        check(statuses.count(200) <= 22, f"a rate of 20 let {statuses.count(200)} requests of one identity through")


@case
def at_the_same_time():
    """A rate holds for many requests at once from many tokens of one line."""
    with Server() as server:
        server.key("k")
        role = server.role("rated", {"operations": ["encrypt"], "rate": {"requests": 50, "seconds": 3600}}, {"operations": ["tokens"], "roles": "rated"})
        parent = server.connect(server.new_token(role)["token"])
        children = [server.connect(server.new_token(role, parent)["token"]) for _ in range(8)]
        results = at_once([lambda child=child: encrypt(child, 20) for child in children])
        done = sum(statuses.count(200) for statuses in results)
        check(45 <= done <= 52, f"a rate of 50 let {done} requests through")


@case
def batches_beyond_the_allowance():
    """A batch that no wait makes small enough is refused for good (422), in every batch; one that fits later is told when."""
    with Server() as server:
        server.key("k")
        server.key("signer", "ed25519")
        server.key("kdf", "hkdf-sha256")
        client = server.client("rated", {"operations": ["encrypt", "sign", "derive", "data-key"], "rate": {"requests": 10, "seconds": 3600}})
        for path, item in (("k/encrypt", {"plaintext": "YQ=="}), ("signer/sign", {"message": "YQ=="}),
                           ("kdf/derive", {"info": "YQ==", "bytes": 16}), ("k/data-key", {"bytes": 32})):
            answer = client.post(f"/v1/keys/{path}/batch", {"items": [item] * 11})
            check(answer.status == 422, f"{path}/batch of 11 with a rate of 10: {answer}")
            check(answer.headers.get("Retry-After") is None, "it tells when to come again")
        check_status(client.post("/v1/keys/k/encrypt/batch", {"items": [{"plaintext": "YQ=="}] * 8}), 200)
        answer = check_code(client.post("/v1/keys/k/encrypt/batch", {"items": [{"plaintext": "YQ=="}] * 8}), 429, "rate_limited")
        check(answer.retry_after > 1, f"it says to come again in {answer.retry_after} s, when nothing will have changed")


@case
def what_a_rate_says_is_true():
    """After the time that `Retry-After` gives, the request is done."""
    import time

    with Server() as server:
        server.key("k")
        client = server.client("rated", {"operations": ["encrypt"], "rate": {"requests": 4, "seconds": 8}})
        check(encrypt(client, 4) == [200] * 4, "the allowance is not there")
        answer = client.use("k", "encrypt", plaintext=b64(b"x"))
        check_code(answer, 429, "rate_limited")
        check(1 <= answer.retry_after <= 3, f"Retry-After is {answer.retry_after}, and it takes 2 s")
        time.sleep(answer.retry_after + 0.05)
        check_status(client.use("k", "encrypt", plaintext="YQ=="), 200)
