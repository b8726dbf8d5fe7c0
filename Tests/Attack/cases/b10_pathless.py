"""B10: denials, networks, rates and approvals hold where the path names no key, and on Unix sockets."""

from kit import Server, b64, case, check, check_code, check_status

EVERYTHING = {"operations": ["*"]}
# Operations whose path names no key: method, path, body, permission.
PATHLESS = (
    ("GET", "/v1/import-key", None, "import"),
    ("POST", "/v1/keys", {"name": "new"}, "create"),
    ("GET", "/v1/keys", None, "read"),
    ("POST", "/v1/random", {"bytes": 16}, "random"),
    ("POST", "/v1/hash", {"message": "YQ=="}, "hash"),
    ("GET", "/v1/status", None, "status"),
)


def is_refused(answer):
    """Refused, or a listing from which everything is left out."""
    if answer.status == 200 and answer.what == "GET /v1/keys":
        check(answer["keys"] == [], f"a listing shows {answer}")
        return
    check_code(answer, 403, "forbidden")


@case
def denied_operations():
    """An operation that a role denies is refused where the path names no key, with a pattern of keys and without."""
    with Server() as server:
        server.key("k")
        for index, (method, path, body, permission) in enumerate(PATHLESS):
            for pattern in ({}, {"keys": "*"}):
                if pattern and permission in ("random", "hash", "status"):
                    continue
                role = f"denied-{index}-{len(pattern)}"
                client = server.client(role, EVERYTHING, {"effect": "deny", "operations": [permission], **pattern})
                is_refused(client.send(method, path, body))
                other = PATHLESS[(index + 3) % 6]
                if permission not in ("create",):
                    check_status(client.send(*other[:3]), 200, 201, 409)


@case
def import_key_under_denials():
    """`GET /v1/import-key` is refused to a role that may import nothing, whatever the shape of the denial."""
    with Server() as server:
        shapes = {
            "by name": [{"operations": ["import"]}, {"effect": "deny", "operations": ["import"]}],
            "by wildcard": [{"operations": ["import"]}, {"effect": "deny", "operations": ["*"]}],
            "with others": [EVERYTHING, {"effect": "deny", "operations": ["hash", "import", "create"]}],
            "without a grant": [{"operations": ["read", "create"]}],
            "from another network": [{"operations": ["import"], "networks": ["203.0.113.0/24"]}],
            "denied from here": [EVERYTHING, {"effect": "deny", "operations": ["import"], "networks": ["127.0.0.0/8"]}],
        }
        for number, (name, grants) in enumerate(shapes.items()):
            client = server.client(f"r{number}", *grants)
            answer = client.get("/v1/import-key")
            check(answer.status == 403, f"{name}: {answer}")
        # A denial for some keys alone leaves the others.
        client = server.client("some", {"operations": ["import"]}, {"effect": "deny", "operations": ["import"], "keys": "secret-*"})
        check_status(client.get("/v1/import-key"), 200)


@case
def networks_rates_and_approvals():
    """Networks, rates and approvals of a grant hold where the path names no key."""
    with Server() as server:
        for number, (method, path, body, permission) in enumerate(PATHLESS):
            if permission == "read":
                continue  # A listing is counted nowhere, and shows nothing else than may be seen.
            grant = {"operations": [permission]}
            elsewhere = server.client(f"elsewhere-{number}", {**grant, "networks": ["203.0.113.0/24"]})
            is_refused(elsewhere.send(method, path, body))
            rated = server.client(f"rated-{number}", {**grant, "rate": {"requests": 2, "seconds": 3600}})
            statuses = [rated.send(method, path, body).status for _ in range(4)]
            check(statuses[2:] == [429, 429], f"{path} with a rate of 2: {statuses}")
            approved = server.client(f"approved-{number}", {**grant, "approvals": 1})
            check_code(approved.send(method, path, body), 403, "approval_required")


@case
def networks_on_a_unix_socket():
    """On a Unix socket no address is made up: a denial by network holds, and a grant for a network grants nothing."""
    with Server(unix=True) as server:
        server.key("k")
        everywhere = ["0.0.0.0/0", "::/0"]
        for number, networks in enumerate((everywhere, ["127.0.0.0/8"], ["203.0.113.0/24"], ["::/0"], ["0.0.0.0/32"], ["::/128"])):
            granted = server.client(f"granted-{number}", {"operations": ["encrypt", "import", "random"], "networks": networks})
            denied = server.client(
                f"denied-{number}", EVERYTHING,
                {"effect": "deny", "operations": ["encrypt", "import", "random"], "networks": networks})
            for client in (granted, denied):
                check_code(client.use("k", "encrypt", plaintext="YQ=="), 403, "forbidden")
                check_code(client.post("/v1/random", {"bytes": 8}), 403, "forbidden")
                check_code(client.get("/v1/import-key"), 403, "forbidden")
            check_status(denied.post("/v1/hash", {"message": "YQ=="}), 200)


@case
def names_in_bodies():
    """A key that only a body names is held to the role: made, restored, encrypted to."""
    with Server() as server:
        server.key("k")
        server.key("secret-1")
        denial = {"effect": "deny", "operations": ["*", "restore", "backup"], "keys": "secret-*"}
        client = server.client("client", {"operations": ["*", "restore", "backup"]}, denial)
        check_code(client.post("/v1/keys", {"name": "secret-2"}), 403, "forbidden")
        ciphertext = check_status(client.use("k", "encrypt", plaintext=b64(b"x")), 200)["ciphertext"]
        check_code(client.use("k", "reencrypt", ciphertext=ciphertext, to={"key": "secret-1"}), 403, "forbidden")
        backup = check_status(server.admin.get("/v1/keys/secret-1/backup"), 200)["backup"]
        server.admin.send("PATCH", "/v1/keys/secret-1", {"deletion_protected": False})
        check_status(server.admin.send("DELETE", "/v1/keys/secret-1", {"after_days": 0}), 202)
        answer = client.post("/v1/restore", {"backup": backup})
        check(answer.status in (403, 409), f"{answer}")


@case
def addresses_of_other_forms():
    """An IPv4 client is held to IPv4 networks, however those are written."""
    with Server() as server:
        server.key("k")
        for number, (networks, status) in enumerate((
            (["127.0.0.1"], 200), (["127.0.0.0/8"], 200), (["127.0.0.2/31"], 403), (["0.0.0.0/0"], 200), (["126.0.0.0/8"], 403),
            (["127.0.0.0/31"], 200), (["128.0.0.0/1"], 403), (["::/0"], 403), (["::1"], 403),
        )):
            client = server.client(f"r{number}", {"operations": ["encrypt"], "networks": networks})
            answer = client.use("k", "encrypt", plaintext="YQ==")
            check(answer.status == status, f"{networks}: {answer}")
