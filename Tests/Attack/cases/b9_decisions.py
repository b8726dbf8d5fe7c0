"""B9: a decision that is taken when a request begins must hold when the request is done."""


import time

from kit import Server, at_once, b64, case, check, check_code, check_status

ALL = [{"operations": ["*", "unwrap", "destroy", "backup", "audit"]}, {"operations": ["roles"]}, {"operations": ["tokens"], "roles": "*"}]


def held_requests(server):
    """A request of every kind with a body, by name."""
    ciphertext = check_status(server.admin.use("k", "encrypt", plaintext=b64(b"attack at dawn")), 200)["ciphertext"]
    wrapped = check_status(server.admin.use("wrapping", "wrap", key_material=b64(bytes(32))), 200)["wrapped"]
    return {
        "decrypt": ("POST", "/v1/keys/k/decrypt", {"ciphertext": ciphertext}),
        "decrypt/batch": ("POST", "/v1/keys/k/decrypt/batch", {"items": [{"ciphertext": ciphertext}] * 3}),
        "encrypt": ("POST", "/v1/keys/k/encrypt", {"plaintext": "YQ=="}),
        "large encrypt": ("POST", "/v1/keys/k/encrypt", b'{"plaintext":"' + b"A" * 400_000 + b'"}'),
        "escaped encrypt": ("POST", "/v1/keys/k/encrypt", b'{"plaintext":"' + b"\\u0041" * 4_000 + b'"}'),
        "reencrypt": ("POST", "/v1/keys/k/reencrypt", {"ciphertext": ciphertext}),
        "data-key": ("POST", "/v1/keys/k/data-key", {"bytes": 32}),
        "unwrap": ("POST", "/v1/keys/wrapping/unwrap", {"wrapped": wrapped}),
        "sign": ("POST", "/v1/keys/signer/sign", {"message": "YQ=="}),
        "sign/batch": ("POST", "/v1/keys/signer/sign/batch", {"items": [{"message": "YQ=="}] * 3}),
        "derive": ("POST", "/v1/keys/kdf/derive", {"info": "YQ==", "bytes": 32}),
        "random": ("POST", "/v1/random", {"bytes": 32}),
        "hash": ("POST", "/v1/hash", {"message": "YQ=="}),
        "create": ("POST", "/v1/keys", {"name": "made-late"}),
        "update": ("PATCH", "/v1/keys/k", {"labels": {"made": "late"}}),
        "destroy a version": ("PATCH", "/v1/keys/doomed/versions/1", {"state": "destroyed"}),
        "delete": ("DELETE", "/v1/keys/doomed", {"after_days": 0}),
        "role": ("POST", "/v1/roles", {"name": "made-late", "grants": ALL}),
        "replace a role": ("PUT", "/v1/roles/victim", {"grants": ALL}),
        "token": ("POST", "/v1/tokens", {"role": "victim", "name": "made late"}),
    }


def prepare(server):
    server.key("k")
    server.key("wrapping", "aes-256-kwp")
    server.key("signer", "rsa-2048")
    server.key("kdf", "hkdf-sha256")
    server.key("doomed")
    server.admin.send("PATCH", "/v1/keys/doomed", {"deletion_protected": False})
    server.role("victim", {"operations": ["hash"]})


def untouched(server):
    """Nothing that the held requests would have done is done."""
    check_status(server.admin.get("/v1/keys/made-late"), 404)
    check_status(server.admin.get("/v1/roles/made-late"), 404)
    check("labels" not in server.admin.get("/v1/keys/k").json or not server.admin.get("/v1/keys/k")["labels"], "the labels changed")
    doomed = check_status(server.admin.get("/v1/keys/doomed"), 200)
    check(doomed["state"] == "enabled" and doomed["versions"][0]["state"] == "enabled", f"{doomed}")
    grants = check_status(server.admin.get("/v1/roles/victim"), 200)["grants"]
    check(grants[0]["operations"] == ["hash"], f"the role was replaced: {grants}")


def held_while(change, status, *codes, maker=lambda server, role: server.new_token(role, ttl=3600), audit="on"):
    """Sends each request but for its last byte, changes something, sends the rest: each is refused, and none is done."""
    with Server("--audit", audit) as server:
        prepare(server)
        requests = held_requests(server)
        role = server.role("client", *ALL)
        made = maker(server, role)
        held = {}
        for name, (method, path, body) in requests.items():
            connection = server.connect(made["token"])
            held[name] = connection, connection.all_but(1, method, path, body)
        time.sleep(0.2)
        change(server, made)
        for name, (connection, rest) in held.items():
            answer = connection.push(rest).answer()
            check(answer.status == status and answer.code in codes, f"{name}: expected {status} {codes}, got {answer}")
            check(not any(word in answer.body for word in (b'"plaintext"', b'"ciphertext"', b'"srt_')), f"{name}: {answer}")
        untouched(server)


@case
def revoked_while_the_body_comes():
    """A token that is revoked while a body comes does nothing, in every operation."""
    held_while(lambda server, made: server.revoke(made["id"]), 401, "unauthenticated")


@case
def revoked_with_its_maker():
    """So with a token whose maker's maker is revoked."""

    def maker(server, role):
        first = server.new_token(role)
        second = server.new_token(role, server.connect(first["token"]), ttl=3000)
        server.grandparent = first
        return server.new_token(role, server.connect(second["token"]))

    held_while(lambda server, _: server.revoke(server.grandparent["id"]), 401, "unauthenticated", maker=maker)


@case
def role_that_comes_to_deny():
    """A role that is changed to deny while a body comes denies it."""

    def deny(server, _):
        grants = ALL + [{"effect": "deny", **grant} for grant in ALL]
        check_status(server.admin.send("PUT", "/v1/roles/client", {"grants": grants}), 200)

    held_while(deny, 403, "forbidden")


@case
def role_that_loses_a_grant():
    """A role that no longer grants anything grants nothing to requests under way."""

    def lose(server, _):
        check_status(server.admin.send("PUT", "/v1/roles/client", {"grants": [{"operations": ["public-key"]}]}), 200)

    held_while(lose, 403, "forbidden")


@case
def role_that_takes_networks():
    """A role that is limited to a network while a body comes limits that request."""

    def limit(server, _):
        check_status(server.admin.send("PUT", "/v1/roles/client", {"grants": [{**grant, "networks": ["203.0.113.0/24"]} for grant in ALL]}), 200)

    held_while(limit, 403, "forbidden")


@case
def expired_while_the_body_comes():
    """A token that expires while a body comes does nothing."""
    held_while(
        lambda server, _: time.sleep(4.1), 401, "unauthenticated",
        maker=lambda server, role: server.new_token(role, ttl=3))


@case
def revoked_on_an_unaudited_server():
    """All that holds without an audit trail too."""
    held_while(lambda server, made: server.revoke(made["id"]), 401, "unauthenticated", audit="off")


@case
def a_revoked_administrator():
    """The administrator's own requests under way are not done after the revocation."""

    def maker(server, _):
        return server.new_token("administrator")

    held_while(lambda server, made: server.revoke(made["id"]), 401, "unauthenticated", maker=maker)


@case
def sealed_while_the_body_comes():
    """A service that is sealed while a body comes does nothing for it."""
    with Server(unseal=["--unseal-by", "passphrase", "--new-passphrase-file", "-", "--scrypt-cost", "14"], unseal_secret="a passphrase\n") as server:
        check_status(server.connect().post("/v1/unseal", {"passphrase": "a passphrase"}), 200)
        server.key("k")
        connection = server.connect(server.token)
        rest = connection.all_but(1, "POST", "/v1/keys/k/encrypt", {"plaintext": "YQ=="})
        time.sleep(0.2)
        check_status(server.admin.post("/v1/seal"), 200, 204)
        check_code(connection.push(rest).answer(), 503, "sealed", "audit_unavailable")


@case
def terms_that_come_late():
    """A rate and an approval that a role gets while a body comes hold for that request."""
    with Server() as server:
        server.key("k")
        role = server.role("client", {"operations": ["encrypt"]})
        token = server.new_token(role)["token"]
        for grant, status, code in (
            ({"operations": ["encrypt"], "approvals": 1}, 403, "approval_required"),
            ({"operations": ["encrypt"], "associated_data": "required"}, 403, "forbidden"),
            ({"operations": ["encrypt"], "rate": {"requests": 1, "seconds": 3600}}, 429, "rate_limited"),
        ):
            check_status(server.admin.send("PUT", f"/v1/roles/{role}", {"grants": [{"operations": ["encrypt"]}]}), 200)
            connection = server.connect(token)
            rest = connection.all_but(1, "POST", "/v1/keys/k/encrypt", {"plaintext": "YQ=="})
            time.sleep(0.2)
            check_status(server.admin.send("PUT", f"/v1/roles/{role}", {"grants": [grant]}), 200)
            if "rate" in grant:
                check_status(server.connect(token).use("k", "encrypt", plaintext="YQ=="), 200)
            check_code(connection.push(rest).answer(), status, code)


@case
def waiting_for_a_worker():
    """A request that waits for a worker when its token is revoked is not done."""
    with Server("--workers", "1") as server:
        server.key("signer", "rsa-4096")
        server.role("makers", {"operations": ["create", "sign"]})
        made = server.new_token("makers")
        slow = {"items": [{"message": "YQ=="}] * 400}
        busy = [server.connect(server.token) for _ in range(3)]
        for connection in busy:
            connection.all_but(0, "POST", "/v1/keys/signer/sign/batch", slow)
        time.sleep(0.2)
        waiting = [server.connect(made["token"]) for _ in range(3)]
        waiting[0].all_but(0, "POST", "/v1/keys/signer/sign/batch", slow)
        waiting[1].all_but(0, "POST", "/v1/keys/signer/sign", {"message": "YQ=="})
        waiting[2].all_but(0, "POST", "/v1/keys", {"name": "late", "algorithm": "rsa-4096"})
        time.sleep(0.1)
        server.revoke(made["id"])
        answers = [connection.answer() for connection in waiting]
        for connection in busy:
            connection.close()
        # Those that were done before the revocation may be answered; what had waited may not.
        check_code(answers[0], 401, "unauthenticated")
        check(sum(answer.status == 401 for answer in answers) >= 2, f"{[str(answer) for answer in answers]}")


@case
def decided_again_only_where_something_changed():
    """Other tokens' changes leave requests under way alone."""
    with Server() as server:
        server.key("k")
        client = server.client("client", {"operations": ["encrypt"]})
        other = server.new_token(server.role("other", {"operations": ["hash"]}))
        held = []
        for _ in range(10):
            connection = server.connect(client.token)
            held.append((connection, connection.all_but(1, "POST", "/v1/keys/k/encrypt", {"plaintext": "YQ=="})))
        server.revoke(other["id"])
        server.role("another", {"operations": ["hash"]})
        for connection, rest in held:
            check_status(connection.push(rest).answer(), 200)


@case
def races_of_revocation():
    """No request that begins after a revocation was answered is done, however many come at once."""
    with Server() as server:
        server.key("k")
        server.role("client", {"operations": ["encrypt"]})
        for _ in range(10):
            made = server.new_token("client")
            after = []

            def work():
                with server.connect(made["token"]) as connection:
                    for _ in range(30):
                        began = time.monotonic()
                        after.append((began, connection.use("k", "encrypt", plaintext="YQ==").status))

            def revoke():
                time.sleep(0.01)
                server.revoke(made["id"])
                return time.monotonic()

            revoked = at_once([work, work, work, revoke])[-1]
            late = [status for began, status in after if began > revoked]
            check(all(status in (401, 429) for status in late), f"requests after the revocation: {late}")


@case
def deleted_while_the_body_comes():
    """A key that is made anew under its name while a body comes is not used with rights that were judged for the old one."""
    with Server() as server:
        server.key("k")
        server.admin.send("PATCH", "/v1/keys/k", {"deletion_protected": False})
        client = server.client("client", {"operations": ["decrypt"]})
        ciphertext = server.admin.use("k", "encrypt", plaintext="YQ==")["ciphertext"]
        rest = client.all_but(1, "POST", "/v1/keys/k/decrypt", {"ciphertext": ciphertext})
        check_status(server.admin.send("DELETE", "/v1/keys/k", {"after_days": 0}), 202)
        answer = client.push(rest).answer()
        check_status(answer, 404, 409)
        check(b"plaintext" not in answer.body, f"{answer}")

