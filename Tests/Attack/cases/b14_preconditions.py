"""B14: preconditions (RFC 9110, section 13) hold for everything that has an ETag."""

from kit import Server, case, check, check_code, check_status


def key_etag(server, name="k"):
    etag = check_status(server.admin.get(f"/v1/keys/{name}"), 200).etag
    check(etag, "a key has no ETag")
    return etag


def unprotected(server, name="k", **members):
    server.key(name, **members)
    check_status(server.admin.send("PATCH", f"/v1/keys/{name}", {"deletion_protected": False}), 200)


@case
def if_match_everywhere():
    """An `If-Match` that does not hold stops every change of a key, a version, a role and a token."""
    with Server() as server:
        unprotected(server)
        server.role("r", {"operations": ["hash"]})
        token = server.new_token("r")
        ciphertext = server.admin.use("k", "encrypt", plaintext="YQ==")["ciphertext"]
        changes = [
            ("PATCH", "/v1/keys/k", {"labels": {"a": "b"}}), ("PATCH", "/v1/keys/k/versions/1", {"state": "destroyed"}),
            ("PATCH", "/v1/keys/k/versions/1", {"state": "disabled"}), ("POST", "/v1/keys/k/rotate", None),
            ("DELETE", "/v1/keys/k", {"after_days": 0}), ("PUT", "/v1/roles/r", {"grants": [{"operations": ["*"]}]}),
            ("DELETE", "/v1/roles/r", None), ("DELETE", f"/v1/tokens/{token['id']}", None), ("GET", "/v1/keys/k", None),
            ("POST", "/v1/keys/k/cancel-deletion", None),
        ]
        for method, path, body in changes:
            for value in ('"999"', '"0"', 'W/"1"', '"1", "999"' if False else '"998", "999"', '""'):
                answer = server.admin.send(method, path, body, {"If-Match": value})
                refused = answer.status in (412, 422) or answer.status == 400 or (answer.status == 409 and "cancel" in path)
                check(refused, f"{method} {path} with If-Match: {value}: {answer}")
                if value == '"999"' and "cancel" not in path:
                    check_code(answer, 412, "precondition_failed")
        # Nothing has changed.
        key = check_status(server.admin.get("/v1/keys/k"), 200)
        check(len(key["versions"]) == 1 and key["versions"][0]["state"] == "enabled" and key["state"] == "enabled", f"{key}")
        check(server.admin.get("/v1/roles/r")["grants"][0]["operations"] == ["hash"], "the role was changed")
        check_status(server.connect(token["token"]).get("/v1/tokens/self"), 200)
        check_status(server.admin.use("k", "decrypt", ciphertext=ciphertext), 200)


@case
def if_match_that_holds():
    """Today's ETag, alone, in a list, in one of several lines, and `*` let a change through."""
    with Server() as server:
        server.key("k")
        for number, form in enumerate((lambda etag: etag, lambda etag: f'"a", {etag}', lambda etag: f'{etag} , "b"', lambda etag: f'"a",,{etag},', lambda _: "*")):
            answer = server.admin.send("PATCH", "/v1/keys/k", {"labels": {"n": str(number)}}, {"If-Match": form(key_etag(server))})
            check_status(answer, 200)
            check(answer.etag == key_etag(server), "the answer's ETag is not the key's")
        etag = key_etag(server)
        answer = server.admin.send("PATCH", "/v1/keys/k", {"labels": {"n": "two lines"}}, [("If-Match", '"a"'), ("If-Match", etag)])
        check_status(answer, 200)
        # A list may have a comma within a tag.
        etag = key_etag(server)
        check_status(server.admin.send("PATCH", "/v1/keys/k", {"labels": {"n": "comma"}}, {"If-Match": f'"a,b", {etag}'}), 200)
        old = etag
        check_code(server.admin.send("PATCH", "/v1/keys/k", {"labels": {}}, {"If-Match": old}), 412, "precondition_failed")
        check_code(server.admin.send("PATCH", "/v1/keys/k", {"labels": {}}, {"If-Match": f"{old}, {old}"}), 412, "precondition_failed")


@case
def weak_and_malformed():
    """Weak tags match no `If-Match`, and what is no list of tags is refused and changes nothing."""
    with Server() as server:
        server.key("k")
        etag = key_etag(server)
        check_code(server.admin.send("PATCH", "/v1/keys/k", {"labels": {"a": "b"}}, {"If-Match": "W/" + etag}), 412, "precondition_failed")
        for value in (etag.strip('"'), "'1'", etag[:-1], '"a" "b"', f"*, {etag}", "w/" + etag, f"{etag};", "\x7f"):
            answer = server.admin.send("PATCH", "/v1/keys/k", {"labels": {"a": "b"}}, {"If-Match": value})
            check(answer.status in (400, 412, 422), f"If-Match: {value}: {answer}")
        # By characters: a number that is the same is another tag.
        if etag.strip('"').isdigit():
            padded = '"0' + etag.strip('"') + '"'
            check(server.admin.send("PATCH", "/v1/keys/k", {"labels": {"a": "b"}}, {"If-Match": padded}).status in (400, 412, 422), "by number")
        check(not server.admin.get("/v1/keys/k").json.get("labels"), "something changed")


@case
def if_none_match():
    """`If-None-Match` answers 304 to GET where it matches, weakly, and 412 to changes."""
    with Server() as server:
        server.key("k")
        server.key("pair", "ed25519")
        server.role("r", {"operations": ["hash"]})
        for path in ("/v1/keys/k", "/v1/roles/r", "/v1/keys/pair/public-key?format=pem", "/v1/keys/pair/public-key?format=jwk"):
            first = check_status(server.admin.get(path), 200)
            if first.etag is None:
                continue
            for value in (first.etag, "*", f'"a", {first.etag}', "W/" + first.etag.removeprefix("W/")):
                answer = server.admin.get(path, {"If-None-Match": value})
                check(answer.status == 304, f"GET {path} with If-None-Match: {value}: {answer}")
                check(answer.body == b"" and answer.etag == first.etag, "a 304 without its ETag")
                length = answer.headers.get("Content-Length")
                check(length in (None, str(len(first.body))), f"a 304 says Content-Length: {length}")
            check_status(server.admin.get(path, {"If-None-Match": '"other"'}), 200)
        etag = key_etag(server)
        for value in (etag, "*", "W/" + etag):
            answer = server.admin.send("PATCH", "/v1/keys/k", {"labels": {"a": "b"}}, {"If-None-Match": value})
            check_code(answer, 412, "precondition_failed")
        check_status(server.admin.send("PATCH", "/v1/keys/k", {"labels": {"a": "b"}}, {"If-None-Match": '"other"'}), 200)
        answer = server.admin.send("PUT", "/v1/roles/r", {"grants": [{"operations": ["*"]}]}, {"If-None-Match": "*"})
        check_code(answer, 412, "precondition_failed")
        check_status(server.admin.send("PUT", "/v1/roles/new", {"grants": [{"operations": ["hash"]}]}, {"If-None-Match": "*"}), 200, 201, 404)
        # What is refused without a precondition may be refused alike with one (section 13.2.1).
        answer = server.admin.send("PUT", "/v1/roles/absent", {"grants": [{"operations": ["hash"]}]}, {"If-Match": "*"})
        check_status(answer, 404, 412)
        check_status(server.admin.get("/v1/roles/absent"), 404)


@case
def a_304_on_a_kept_connection():
    """After a 304 the connection goes on with the next answer."""
    with Server() as server:
        server.key("k")
        etag = key_etag(server)
        with server.connect(server.token) as connection:
            for _ in range(3):
                check_status(connection.get("/v1/keys/k", {"If-None-Match": etag}), 304)
                check(connection.get("/v1/keys/k")["name"] == "k", "another answer came")


@case
def made_again():
    """The ETag of a key or role that was made again under its name is another one."""
    with Server() as server:
        unprotected(server)
        old = key_etag(server)
        every = {old}
        check_status(server.admin.send("DELETE", "/v1/keys/k", {"after_days": 0}), 202)
        for _ in range(100):
            if server.admin.get("/v1/keys/k").status == 404:
                break
            import time
            time.sleep(0.2)
        server.key("k")
        for _ in range(4):
            every.add(key_etag(server))
            answer = server.admin.send("PATCH", "/v1/keys/k", {"labels": {"a": "b"}}, {"If-Match": old})
            check_code(answer, 412, "precondition_failed")
            check_status(server.admin.send("PATCH", "/v1/keys/k", {"labels": {"n": str(len(every))}}), 200)
        check(len(every) == 5, f"an ETag came again: {every}")
        server.role("r", {"operations": ["hash"]})
        old = check_status(server.admin.get("/v1/roles/r"), 200).etag
        check_status(server.admin.send("DELETE", "/v1/roles/r"), 204)
        server.role("r", {"operations": ["hash"]})
        for _ in range(3):
            check_code(server.admin.send("PUT", "/v1/roles/r", {"grants": [{"operations": ["*"]}]}, {"If-Match": old}), 412, "precondition_failed")
            check_status(server.admin.send("PUT", "/v1/roles/r", {"grants": [{"operations": ["hash"]}]}), 200)


@case
def of_two_keys():
    """One key's ETag is no other key's."""
    with Server() as server:
        server.key("a")
        server.key("b")
        check(key_etag(server, "a") != key_etag(server, "b"), "two keys have one ETag")
        answer = server.admin.send("PATCH", "/v1/keys/b", {"labels": {"a": "b"}}, {"If-Match": key_etag(server, "a")})
        check_code(answer, 412, "precondition_failed")


@case
def only_who_may():
    """A precondition tells nothing to who may not see the resource."""
    with Server() as server:
        server.key("k")
        client = server.client("client", {"operations": ["hash"]})
        for headers in ({"If-Match": '"999"'}, {"If-Match": key_etag(server)}, {"If-None-Match": key_etag(server)}, {"If-Match": "*"}):
            for name in ("k", "absent"):
                check_code(client.get(f"/v1/keys/{name}", headers), 403, "forbidden")
                check_code(client.send("PATCH", f"/v1/keys/{name}", {"labels": {}}, headers), 403, "forbidden")
                check_code(client.send("PATCH", f"/v1/keys/{name}/versions/1", {"state": "destroyed"}, headers), 403, "forbidden")


@case
def at_once_by_many():
    """Of many changes at once with the same ETag one is done."""
    from kit import at_once

    with Server() as server:
        server.key("k")
        for _ in range(5):
            etag = key_etag(server)
            answers = at_once([
                lambda number=number: server.connect(server.token).send("PATCH", "/v1/keys/k", {"labels": {"by": str(number)}}, {"If-Match": etag})
                for number in range(8)])
            statuses = sorted(answer.status for answer in answers)
            check(statuses == [200] + [412] * 7, f"{statuses}")
