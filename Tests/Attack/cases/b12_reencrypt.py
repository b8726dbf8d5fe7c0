"""B12: `reencrypt` reads nothing that its caller may not decrypt."""

from kit import Server, b64, case, check, check_code, check_status

SECRET = b64(b"attack at dawn")
CONTEXT = b64(b"customer 7")


@case
def to_a_key_of_ones_own():
    """Re-encrypting to a key that the caller may decrypt takes `decrypt`, or a permission of its own, on the source."""
    with Server() as server:
        server.key("payroll")
        server.key("mine")
        ciphertext = server.admin.use("payroll", "encrypt", plaintext=SECRET)["ciphertext"]
        grants = [{"operations": ["reencrypt"], "keys": "payroll"}, {"operations": ["encrypt", "decrypt", "reencrypt"], "keys": "mine"}]
        client = server.client("client", *grants)
        check_code(client.use("payroll", "reencrypt", ciphertext=ciphertext, to={"key": "mine"}), 403, "forbidden")
        batch = client.use("payroll", "reencrypt/batch", items=[{"ciphertext": ciphertext, "to": {"key": "mine"}}] * 2)
        check(batch.status == 403 or all(item.get("code") == "forbidden" for item in batch["items"]), f"{batch}")
        mixed = client.use("payroll", "reencrypt/batch", items=[{"ciphertext": ciphertext}, {"ciphertext": ciphertext, "to": {"key": "mine"}}])
        check(mixed.status == 403 or mixed["items"][1].get("code") == "forbidden", f"{mixed}")
        # To the same key it is what it is for.
        check_status(client.use("payroll", "reencrypt", ciphertext=ciphertext), 200)
        check_status(client.use("payroll", "reencrypt", ciphertext=ciphertext, to={"key": "payroll"}), 200)
        allowed = server.client("allowed", *grants, {"operations": ["decrypt"], "keys": "payroll"})
        check_status(allowed.use("payroll", "reencrypt", ciphertext=ciphertext, to={"key": "mine"}), 200)


@case
def to_a_key_that_others_read():
    """It takes that also where the caller may only encrypt to the other key."""
    with Server() as server:
        server.key("payroll")
        server.key("public")
        ciphertext = server.admin.use("payroll", "encrypt", plaintext=SECRET)["ciphertext"]
        client = server.client("client", {"operations": ["reencrypt"], "keys": "payroll"}, {"operations": ["encrypt"], "keys": "public"})
        check_code(client.use("payroll", "reencrypt", ciphertext=ciphertext, to={"key": "public"}), 403, "forbidden")


@case
def empty_new_associated_data():
    """A grant that requires associated data is not passed by an empty `new_associated_data`."""
    with Server() as server:
        server.key("k")
        server.key("other")
        bound = check_status(server.admin.use("k", "encrypt", plaintext=SECRET, associated_data=CONTEXT), 200)["ciphertext"]
        grant = {"operations": ["reencrypt", "encrypt", "decrypt"], "associated_data": "required"}
        client = server.client("client", grant)
        same = {"ciphertext": bound, "associated_data": CONTEXT}
        check_code(client.use("k", "reencrypt", **same, new_associated_data=""), 403, "forbidden")
        check_code(client.use("k", "reencrypt", **same, new_associated_data="", to={"key": "other"}), 403, "forbidden")
        items = [{**same}, {**same, "new_associated_data": ""}]
        answer = client.use("k", "reencrypt/batch", items=items)
        check(answer.status == 403 or answer["items"][1].get("code") == "forbidden", f"{answer}")
        check_status(client.use("k", "reencrypt", **same), 200)
        check_status(client.use("k", "reencrypt", **same, new_associated_data=b64(b"customer 8")), 200)
        # Nor by an empty `associated_data` with a new one that is not empty.
        free = server.admin.use("k", "encrypt", plaintext=SECRET)["ciphertext"]
        for body in ({"ciphertext": free, "new_associated_data": CONTEXT},
                     {"ciphertext": free, "associated_data": "", "new_associated_data": CONTEXT}, {"ciphertext": free}):
            check_code(client.use("k", "reencrypt", **body), 403, "forbidden")


@case
def associated_data_of_the_target():
    """Associated data that a grant requires on the other key is held to what the new ciphertext is bound to."""
    with Server() as server:
        server.key("k")
        server.key("bound")
        free = server.admin.use("k", "encrypt", plaintext=SECRET)["ciphertext"]
        bound = server.admin.use("k", "encrypt", plaintext=SECRET, associated_data=CONTEXT)["ciphertext"]
        client = server.client(
            "client", {"operations": ["reencrypt", "decrypt"], "keys": "k"},
            {"operations": ["encrypt"], "keys": "bound", "associated_data": "required"})
        to = {"to": {"key": "bound"}}
        for body in ({"ciphertext": free}, {"ciphertext": bound, "associated_data": CONTEXT, "new_associated_data": ""},
                     {"ciphertext": free, "associated_data": ""}):
            check_code(client.use("k", "reencrypt", **body, **to), 403, "forbidden")
        check_status(client.use("k", "reencrypt", ciphertext=bound, associated_data=CONTEXT, **to), 200)
        check_status(client.use("k", "reencrypt", ciphertext=free, new_associated_data=CONTEXT, **to), 200)


@case
def denials_approvals_and_rates():
    """A denied `decrypt` denies it, and its approvals and rates hold."""
    with Server() as server:
        server.key("payroll")
        server.key("mine")
        ciphertext = server.admin.use("payroll", "encrypt", plaintext=SECRET)["ciphertext"]
        mine = {"operations": ["encrypt", "decrypt"], "keys": "mine"}

        def move(client):
            return client.use("payroll", "reencrypt", ciphertext=ciphertext, to={"key": "mine"})

        denied = server.client("denied", {"operations": ["*"]}, {"effect": "deny", "operations": ["decrypt"], "keys": "payroll"})
        check_code(move(denied), 403, "forbidden")
        approved = server.client(
            "approved", mine, {"operations": ["reencrypt"]}, {"operations": ["decrypt"], "keys": "payroll", "approvals": 1})
        answer = move(approved)
        check(answer.status == 403, f"`decrypt` that others have to approve: {answer}")
        rated = server.client(
            "rated", mine, {"operations": ["reencrypt"]},
            {"operations": ["decrypt"], "keys": "payroll", "rate": {"requests": 3, "seconds": 3600}})
        statuses = [move(rated).status for _ in range(6)]
        check(429 in statuses[3:] or 403 in statuses, f"`decrypt` with a rate of 3: {statuses}")
        elsewhere = server.client(
            "elsewhere", mine, {"operations": ["reencrypt"]}, {"operations": ["decrypt"], "keys": "payroll", "networks": ["203.0.113.0/24"]})
        check_code(move(elsewhere), 403, "forbidden")


@case
def its_own_name_as_another():
    """Naming the source as the target, or a version of it, is not taken for another key, and grants nothing else."""
    with Server() as server:
        server.key("payroll")
        ciphertext = server.admin.use("payroll", "encrypt", plaintext=SECRET)["ciphertext"]
        client = server.client("client", {"operations": ["reencrypt"], "keys": "payroll"})
        answer = client.use("payroll", "reencrypt", ciphertext=ciphertext, to={"key": "payroll", "version": 1})
        check_status(answer, 200)
        check("plaintext" not in answer.json, f"{answer}")
        check_code(client.use("payroll", "decrypt", ciphertext=answer["ciphertext"]), 403, "forbidden")
