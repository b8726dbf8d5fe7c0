"""B21: whoever can write to the data folder must not have altered records believed, nor stop a start for ever."""

import glob
import os
import shutil
import sqlite3
import subprocess
import time

from kit import Server, case, check, check_code, check_status, eventually

# What each would do, if it ran.
TRIGGERS = {
    "takes approvals away": "CREATE TRIGGER lower AFTER UPDATE ON keys WHEN NEW.min_approvals <> 0 BEGIN UPDATE keys SET min_approvals = 0; END",
    "keeps revoked tokens": "CREATE TRIGGER keep BEFORE DELETE ON tokens BEGIN SELECT RAISE(IGNORE); END",
    "keeps destroyed blobs": "CREATE TRIGGER keep BEFORE UPDATE ON key_versions BEGIN SELECT RAISE(IGNORE); END",
    "makes administrators": "CREATE TRIGGER rise AFTER UPDATE ON tokens WHEN NEW.roles <> 'administrator' BEGIN UPDATE tokens SET roles = 'administrator'; END",
    "waits in the migrator's table": "CREATE TRIGGER wait AFTER INSERT ON grdb_migrations BEGIN DELETE FROM roles; END",
    "stands in a table's place": "ALTER TABLE role_grants RENAME TO hidden; CREATE VIEW role_grants AS SELECT * FROM hidden",
    "hides an index": "DROP INDEX keys_by_owner",
    "loosens a rule": "ALTER TABLE keys ADD COLUMN more TEXT",
}


def change(server, script):
    """As another program that opens the database."""
    database = sqlite3.connect(os.path.join(server.data, "strongroom.db"), timeout=10, isolation_level=None)
    try:
        database.executescript(script)
    finally:
        database.close()


def refused_start(server, *options, seconds=20):
    """What a start says that is refused, within so many seconds."""
    command = [server.binary, "serve", "--data", server.data, "--listen", "127.0.0.1:0", "--log-format", "json", *options]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        said = (error.stderr or b"").decode(errors="replace")
        check('"address"' not in said, "it started")
        check(False, f"the start takes for ever: {said[-500:]}")
    check(done.returncode == 1, f"exit code {done.returncode}: {done.stderr[-500:]}")
    return done.stderr


@case
def triggers_while_stopped():
    """A trigger, a view or any other change of the schema refuses the start, and says which."""
    with Server() as server:
        server.key("k")
        server.stop()
        path = os.path.join(server.data, "strongroom.db")
        with open(path, "rb") as file:
            whole = file.read()
        for name, script in TRIGGERS.items():
            change(server, script)
            said = refused_start(server)
            check("somebody else changed its schema" in said, f"{name}: {said}")
            for suffix in ("-wal", "-shm"):
                os.path.exists(path + suffix) and os.unlink(path + suffix)
            with open(path, "wb") as file:
                file.write(whole)
        server.start()
        check_status(server.admin.get("/v1/keys/k"), 200)


@case
def triggers_while_running():
    """A trigger that is added while it runs never runs; requests are refused and it is logged until it is gone."""
    with Server() as server:
        server.key("k", min_approvals=1)
        made = server.new_token(server.role("client", {"operations": ["random"]}))
        change(server, TRIGGERS["keeps revoked tokens"])
        check_code(server.admin.send("DELETE", f"/v1/tokens/{made['id']}"), 500, "record_altered")
        eventually(5, lambda: "trigger keep on the table tokens" in server.log(), "nothing was logged")
        change(server, "DROP TRIGGER keep")
        server.revoke(made["id"])
        check_status(server.connect(made["token"]).post("/v1/random", {"bytes": 1}), 401)
        server.restart()
        check_status(server.connect(made["token"]).post("/v1/random", {"bytes": 1}), 401)


@case
def triggers_at_rotate_root():
    """The exchange of the root key refuses a database with a trigger, and gives nothing altered a MAC."""
    with Server() as server:
        server.new_token(server.role("client", {"operations": ["random"]}))
        server.stop()
        change(server, TRIGGERS["makes administrators"])
        done = subprocess.run(
            [server.binary, "rotate-root", "--data", server.data], capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL)
        check(done.returncode != 0 and "trigger rise" in done.stderr, f"{done}")
        change(server, "DROP TRIGGER rise")
        server.start()


@case
def pipes_in_place_of_files():
    """A pipe, a folder or a link in a file's place is refused by name, and no start waits for it."""
    with Server() as server:
        server.stop()
        files = ["lock", "strongroom.db", "strongroom.db-wal", "strongroom.db-shm", "strongroom.db-journal", "root.key"]
        files += ["audit/" + name for name in os.listdir(os.path.join(server.data, "audit"))] + ["audit/%020d.jsonl" % 10**6]
        for name in files:
            path = os.path.join(server.data, name)
            saved = path + ".saved"
            if os.path.exists(path):
                os.rename(path, saved)
            for make in (os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)):
                make(path)
                said = refused_start(server)
                check("plain file" in said, f"{name}: {said}")
                os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
            if os.path.exists(saved):
                os.rename(saved, path)
        os.mkfifo(os.path.join(server.data, "root.key.next"))
        server.start()


@case
def lock_that_is_removed():
    """A second service gets no folder that one has, whatever becomes of the lock file."""
    with Server() as server:
        os.unlink(os.path.join(server.data, "lock"))
        said = refused_start(server)
        check("in use by another server" in said, said)
        done = subprocess.run(
            [server.binary, "rotate-root", "--data", server.data], capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL)
        check(done.returncode != 0 and "in use" in done.stderr, f"{done}")


@case
def trail_that_is_moved():
    """The trail's file is noticed when it is moved, cut or removed, with requests and without."""
    for change_file in (lambda path: os.rename(path, path + ".away"), os.unlink, lambda path: os.truncate(path, 100)):
        with Server() as server:
            server.key("k")
            folder = os.path.join(server.data, "audit")
            change_file(os.path.join(folder, sorted(os.listdir(folder))[-1]))
            eventually(3, lambda: "the audit trail's file was changed by others" in server.log(), "nothing was logged")
            check_status(server.admin.use("k", "encrypt", plaintext="YQ=="), 200)


def verify(server, *options):
    """Exit code and output of `audit verify`."""
    done = subprocess.run(
        [server.binary, "audit", "verify", "--data", server.data, *options], capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout + done.stderr


def trail_files(server):
    return sorted(glob.glob(os.path.join(server.data, "audit", "*.jsonl")))


def anchor_row(server):
    database = sqlite3.connect(os.path.join(server.data, "strongroom.db"), timeout=10)
    try:
        return database.execute("SELECT * FROM audit_anchor").fetchone()
    finally:
        database.close()


def not_sound(server, *words):
    """Neither the files nor the next start call the trail sound, nor is it once the service has gone on."""
    code, said = verify(server)
    check(code == 2 and any(word in said for word in words), f"verify: {code} {said}")
    server.start()
    check("the audit trail is not as it was left" in server.log(), f"the start: {server.log()[-1500:]}")
    server.stop()
    code, said = verify(server)
    check(code == 2, f"verify after a start: {code} {said}")


@case
def anchors_that_are_removed():
    """A trail whose anchor is gone, altered, earlier or another's is not sound, now or after a start."""
    for name, script in {
        "removed": "DELETE FROM audit_anchor",
        "lowered": "UPDATE audit_anchor SET sequence = sequence - 1",
        "reset": "UPDATE audit_anchor SET sequence = 0, mac = zeroblob(32)",
        "without a MAC": "UPDATE audit_anchor SET record_mac = NULL",
    }.items():
        with Server() as server:
            server.key("k")
            server.stop()
            check(verify(server)[0] == 0, f"{name}: {verify(server)}")
            change(server, script)
            not_sound(server, "note of where the trail ended is missing or was altered")
            server.start()


@case
def trail_and_anchor_removed():
    """Trail and anchor removed together are found."""
    with Server() as server:
        server.key("k")
        server.stop()
        change(server, "DELETE FROM audit_anchor")
        for path in trail_files(server):
            os.unlink(path)
        not_sound(server, "note of where the trail ended is missing or was altered")
        server.start()


@case
def database_put_back():
    """A database, or its anchor alone, put back to an earlier start's is reported from the trail, also after a kill."""
    path = "strongroom.db"
    for whole in (True, False):
        for kill in (True, False):
            with Server() as server:
                server.key("k")
                made = server.new_token(server.role("client", {"operations": ["random"]}))
                server.stop()
                database, row = os.path.join(server.data, path), anchor_row(server)
                shutil.copy(database, database + ".before")
                server.start()
                server.revoke(made["id"])
                server.kill() if kill else server.stop()
                if whole:
                    for suffix in ("-wal", "-shm"):
                        os.path.exists(database + suffix) and os.unlink(database + suffix)
                    os.replace(database + ".before", database)
                else:
                    os.unlink(database + ".before")
                    connection = sqlite3.connect(database, timeout=10, isolation_level=None)
                    connection.execute("DELETE FROM audit_anchor")
                    connection.execute(f"INSERT INTO audit_anchor VALUES ({', '.join('?' * len(row))})", row)
                    connection.close()
                not_sound(server, "put back to an earlier state")
                server.start()


@case
def a_kill_is_no_finding():
    """A service that is killed leaves a sound trail, however often."""
    with Server() as server:
        for _ in range(4):
            server.key(f"k{time.monotonic_ns()}")
            server.kill()
            code, said = verify(server)
            check(code == 0, f"{code} {said}")
            server.start()
        check("critical" not in server.log(), server.log())


@case
def the_first_record_of_a_later_file():
    """With earlier files put elsewhere, an altered first record is found by verify, export and the service."""
    with Server("--audit-file-size", "1") as server:
        server.key("k")
        while len(trail_files(server)) < 3:
            for _ in range(100):
                check_status(server.admin.use("k", "encrypt", plaintext="YQ=="), 200)
        server.stop()
        os.unlink(trail_files(server)[0])
        first = trail_files(server)[0]
        number = int(os.path.basename(first)[:20])
        after = str(number - 1)
        export = [server.binary, "audit", "export", "--data", server.data, "--after"]
        check(verify(server, "--from", str(number))[0] == 0, f"{verify(server, '--from', str(number))}")
        with open(first, "rb") as file:
            whole = file.read()
        with open(first, "wb") as file:
            file.write(whole.replace(b'"key":"k"', b'"key":"x"', 1))
        code, said = verify(server, "--from", str(number))
        check(code == 2 and f"record {number} was altered" in said, f"{code} {said}")
        done = subprocess.run(export + [after], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        check(done.returncode != 0 and '"key":"x"' not in done.stdout, f"export: {done.stdout[:200]} {done.stderr}")
        server.start()
        check_code(server.admin.get(f"/v1/audit?after={after}&limit=1"), 500, "record_altered")
        check_code(server.admin.get("/v1/audit?limit=1"), 500, "record_altered")
        server.stop()
        code, said = verify(server, "--from", "1000000")
        check(code == 2 and "1000000" in said, f"{code} {said}")
        done = subprocess.run(export + ["1000000"], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        check(done.returncode != 0 and "ends with record" in done.stderr, f"{done}")
        server.start()


def reported(server, record):
    """The log names a record within its time."""
    eventually(12, lambda: f'"record":"{record}' in server.log(), f"{record} is not named: {server.log()[-1500:]}")


@case
def parents_that_are_removed():
    """Without its parent's row a token is none, nor are those below it; an approver survives no revocation so."""
    with Server() as server:
        server.key("k")
        server.role(
            "makers", {"operations": ["tokens"], "roles": "*"}, {"operations": ["roles"]}, {"operations": ["random", "approve"]})
        parent = server.new_token("makers")
        child = server.new_token("makers", server.connect(parent["token"]))
        grandchild = server.new_token("makers", server.connect(child["token"]))
        orphan = server.new_token("makers", server.connect(child["token"]), orphan=True)
        server.stop()
        change(server, f"DELETE FROM tokens WHERE id = '{child['id']}'")
        server.start()
        check_status(server.connect(parent["token"]).post("/v1/random", {"bytes": 1}), 200)
        check_status(server.connect(grandchild["token"]).post("/v1/random", {"bytes": 1}), 401)
        check_status(server.connect(orphan["token"]).post("/v1/random", {"bytes": 1}), 200)
        reported(server, f"token {grandchild['id']}")
        reported(server, "number of tokens")


@case
def records_that_are_removed_whole():
    """A key or a role that is removed whole is named, while the service runs and at its start."""
    with Server() as server:
        server.key("k")
        made = server.new_token(server.role("client", {"operations": ["hash"]}))
        change(server, "PRAGMA foreign_keys = ON; DELETE FROM keys")
        reported(server, "number of keys")
        server.stop()
        change(server, "PRAGMA foreign_keys = ON; DELETE FROM roles WHERE name = 'client'")
        server.start()
        reported(server, "number of keys")
        reported(server, "role client")
        reported(server, f"token {made['id']}")
        check_status(server.connect(made["token"]).post("/v1/hash", {"message": "YQ=="}), 401)
        server.stop()
        done = subprocess.run(
            [server.binary, "rotate-root", "--data", server.data], capture_output=True, text=True, timeout=60,
            stdin=subprocess.DEVNULL)
        check(done.returncode != 0 and "role client" in done.stderr and "number of keys" in done.stderr, f"{done}")
        server.start()


@case
def records_that_are_put_back_whole():
    """A role's earlier row, or a revoked token's, put back with the MAC that it had is named; the role is none."""
    with Server() as server:
        server.role("client", {"operations": ["random", "hash"]})
        made, kept = server.new_token("client"), server.new_token("client")
        path = os.path.join(server.data, "strongroom.db")
        database = sqlite3.connect(path, timeout=10, isolation_level=None)
        tables = {
            name: database.execute(f"SELECT * FROM {name}").fetchall() for name in ("roles", "role_grants", "tokens")}
        database.close()
        check_status(server.admin.send("PUT", "/v1/roles/client", {"grants": [{"operations": ["random"]}]}), 200)
        server.revoke(made["id"])
        server.stop()
        database = sqlite3.connect(path, timeout=10, isolation_level=None)
        for name, rows in tables.items():
            database.execute(f"DELETE FROM {name}")
            for row in rows:
                database.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(row))})", row)
        database.close()
        server.start()
        reported(server, "role client")
        reported(server, "number of tokens")
        for token in (made, kept):
            check_status(server.connect(token["token"]).post("/v1/hash", {"message": "YQ=="}), 401)
