"""B21: the command line loses no secret, sends none where others read it, and obeys nothing that a service says."""

import os
import tempfile
import unicodedata

from kit import Server, case, check, check_status
from kit.commands import hostile, strongroom

LOST = {"/dev/full": '"$@" > /dev/full', "a closed output": '"$@" >&-', "/dev/null": '"$@" > /dev/null'}
SHARES = ["--unseal-by", "shares", "--shares", "3", "--threshold", "2"]
EVIL = "a\x1b]0;x\x07\x1b[2J\u009b31m\u202eb\u2066c\u200bd\u2028e\r\nf"


def steers(text):
    return any(unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char != "\n" for char in text)


@case
def shares_that_are_lost():
    """Shares that standard output does not take change nothing: the old way in stays, and a new folder is none."""
    with Server() as server:
        server.stop()
        for name, shell in LOST.items():
            done = strongroom("rekey", "--data", server.data, *SHARES, shell=shell)
            check(done.returncode != 0, f"rekey to {name} ends with 0")
            check(os.path.exists(server.data + "/root.key"), f"rekey to {name} took the key file away")
            fresh = f"{server.folder}/fresh"
            done = strongroom("init", "--data", fresh, *SHARES, shell=shell)
            check(done.returncode != 0, f"init to {name} ends with 0")
            check(not os.path.exists(fresh + "/admin-token"), f"init to {name} made an installation")
        server.start()
        check_status(server.admin.get("/v1/status"), 200)


@case
def shares_that_are_not_these():
    """Shares that are read back have to open the root key, or nothing is changed."""
    with Server() as server:
        server.stop()
        path = server.folder + "/shares"
        other = strongroom("init", "--data", server.folder + "/other", *SHARES).stdout.split()
        for shares in (other, [], ["srs_x"], other[:1] * 2):
            with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
                file.write("\n".join(shares))
            done = strongroom("rekey", "--data", server.data, *SHARES, "--confirm-file", path)
            check(done.returncode != 0 and os.path.exists(server.data + "/root.key"), f"rekey took {len(shares)} other shares")
        server.start()


@case
def secrets_that_are_lost():
    """Whatever a service gives out and standard output does not take is a failure, and no token stays behind that nobody has."""
    with Server() as server:
        server.key("k")
        there = {"STRONGROOM_ADDR": f"http://127.0.0.1:{server.place}", "STRONGROOM_TOKEN": server.token}
        ciphertext = strongroom("encrypt", "k", shell='head -c 100000 /dev/zero | "$@"', **there).stdout
        path = server.folder + "/ciphertext"
        with open(path, "w") as file:
            file.write(ciphertext)
        commands = [
            ["token", "create", "--role", "administrator", "--name", "lost"], ["random", "64"], ["random", "64", "--format", "hex"],
            ["random", "64", "--json"], ["decrypt", "k", path], ["decrypt", "k", path, "--json"],
        ]
        for command in commands:
            for name in ("/dev/full", "a closed output"):
                done = strongroom(*command, shell=LOST[name], **there)
                check(done.returncode != 0, f"{command[0]} to {name} ends with 0")
        listed = strongroom("token", "list", **there).stdout
        check(listed.count("\n") == 2 and "lost" not in listed, f"tokens that nobody has are left:\n{listed}")


@case
def plain_http():
    """No command sends anything in the clear to another host, whatever its name looks like."""
    with tempfile.TemporaryDirectory() as folder:
        share = folder + "/share"
        with open(os.open(share, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write("srs_x")
        for host in ("127.evil.example", "127.0.0.1.evil.example", "10.255.255.1", "0.0.0.0", "127.1", "localhost.evil.example",
                     "[::ffff:192.0.2.1]", "2130706433", "127.0.0.1@evil.example"):
            for command in (["key", "list"], ["unseal", "--secrets-file", share], ["login", "peer", "--role", "r"]):
                done = strongroom(*command, "--address", f"http://{host}:1", STRONGROOM_TOKEN="srt_x")
                check(
                    done.returncode == 1 and ("--plain-http" in done.stderr or "must be http" in done.stderr),
                    f"{command[0]} to {host}: {done.stderr}",
                )


@case
def terminals():
    """Control, bidirectional and invisible characters of a service do not reach the terminal by any command."""
    members = ["name", "algorithm", "state", "created_at", "id", "role", "identity", "expires_at", "request", "title", "detail", "method",
               "operation", "time", "key", "subject", "effect", "keys", "token", "public_key", "random", "ciphertext", "version"]

    def thing():
        return dict.fromkeys(members, EVIL) | {"labels": {EVIL: EVIL}, "usages": [EVIL]}

    def answer(method, path):
        if "refused" in path:
            return 403, thing() | {"errors": [{"pointer": EVIL, "detail": EVIL}], "approval": {"id": EVIL}}
        lists = ["versions", "grants", "decisions", "tokens", "approvals", "records", "roles"]
        whole = thing() | {name: [thing()] for name in lists} | {"requested_by": thing(), "sealed": False}
        return 200, whole | ({"keys": [thing()]} if path.startswith("/v1/keys?") else {})

    with hostile(answer) as address:
        for command in (
            ["key", "list"], ["key", "show", "k"], ["key", "show", "refused"], ["key", "public-key", "k"], ["token", "list"],
            ["token", "show"], ["token", "create", "--role", "r", "--name", "n"], ["role", "list"], ["role", "show", "r"],
            ["approval", "list"], ["approval", "show", "a"], ["audit", "list"], ["status"], ["random", "16"], ["import-key"],
            ["login", "peer", "--role", "r", "--print"], ["unseal"], ["backup", "--all"],
        ):
            for more in ([], ["--json"]):
                done = strongroom(*command, *more, "--address", address, STRONGROOM_TOKEN="srt_x")
                check(not steers(done.stdout + done.stderr), f"{command + more}: {(done.stdout + done.stderr)[:300]!r}")


@case
def names_that_are_places():
    """`backup --all` writes nothing where a service's names point to."""
    for name in ("../escaped", "/tmp/escaped", "a/../../escaped", "..", "r:../../escaped", ""):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(folder + "/in")

            def answer(method, path):
                return 200, {"keys": [{"name": name}]} if path.startswith("/v1/keys?") else {"backup": "AAAA"}

            with hostile(answer) as address:
                done = strongroom("backup", "--all", "--folder", folder + "/in", "--address", address, STRONGROOM_TOKEN="srt_x")
            check(done.returncode != 0, f"a key called {name!r} was backed up")
            check(os.listdir(folder) == ["in"] and not os.listdir(folder + "/in"), f"{name!r} was written: {os.listdir(folder)}")


@case
def listings_without_end():
    """A service that repeats pages, or goes back and forth, is given up."""
    for nexts in (["k"], ["a", "b"]):
        count = 0

        def answer(method, path):
            nonlocal count
            count += 1
            return 200, {"keys": [{"name": "k"}], "next": nexts[count % len(nexts)]}

        with hostile(answer) as address:
            for command in (["key", "list"], ["key", "list", "--json"], ["backup", "--all"]):
                done = strongroom(*command, "--address", address, STRONGROOM_TOKEN="srt_x")
                check(done.returncode != 0, f"{command} of a listing without end ends with 0")


@case
def tokens_with_lines():
    """A token of the environment cannot add lines to a request."""
    paths = []

    def answer(method, path):
        paths.append(path)
        return 200, {"keys": []}

    with hostile(answer) as address:
        for token in ("srt_x\r\nX-Other: 1", "srt_x\n", "srt_x\r", "srt x"):
            done = strongroom("key", "list", "--address", address, STRONGROOM_TOKEN=token)
            check(done.returncode != 0 and "X-Other" not in done.stderr, f"{token!r}: {done.stderr}")
    check(not paths, f"{len(paths)} requests were sent")


@case
def output_files():
    """A secret that goes to a file is in a new one, for its owner alone, and not in one that somebody put there."""
    with tempfile.TemporaryDirectory() as folder, hostile(lambda *_: (200, {"token": "srt_new", "id": "i"})) as address:
        def create(path):
            return strongroom("token", "create", "--role", "r", "--name", "n", "-o", path, "--address", address, STRONGROOM_TOKEN="srt_x")

        path, link, target = (f"{folder}/{name}" for name in ("token", "link", "target"))
        for file in (path, target):
            with open(file, "w") as handle:
                handle.write("old")
            os.chmod(file, 0o666)
        os.symlink(target, link)
        with open(path) as held:
            check(create(path).returncode == 0 and create(link).returncode == 0, "the token is not written")
            check(held.read() == "old", "who had the file open reads the token")
        for file in (path, link):
            check(os.lstat(file).st_mode & 0o177777 == 0o100600, f"{file} has the mode {os.lstat(file).st_mode:o}")
        with open(target) as handle:
            check(handle.read() == "old", "the token was written through a link")


@case
def stored_texts():
    """What steers a terminal is refused where it would be stored."""
    with Server() as server:
        for char in EVIL.translate({ord(letter): None for letter in "abcdefmx0123456789[];JM "}):
            for path, body in (("/v1/keys", {"name": "k", "labels": {"l": f"a{char}"}}),
                               ("/v1/tokens", {"role": "administrator", "name": f"a{char}"})):
                check_status(server.admin.post(path, body), 400, 422)
        check(server.admin.get("/v1/keys")["keys"] == [], "a key was made")
