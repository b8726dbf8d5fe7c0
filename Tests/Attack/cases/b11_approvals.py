"""B11: one person does not approve alone, by whatever tokens."""

import os
import time

from kit import Server, case, check, check_code, check_status


class Scene:
    """A key that two others have to approve the backup of, and who asks for it."""

    def __init__(self, server, needed=2, **key):
        self.server = server
        server.key("vault", min_approvals=needed, **key)
        server.role("asker", {"operations": ["backup"]}, {"operations": ["tokens"], "roles": "*"})
        server.role("approver", {"operations": ["approve"]}, {"operations": ["tokens"], "roles": "*"})
        self.asker = self.token("asker", orphan=True)

    def token(self, role="approver", maker=None, **members):
        made = self.server.new_token(role, maker and self.server.connect(maker["token"]), **members)
        return made

    def connect(self, token):
        return self.server.connect(token["token"])

    def ask(self):
        answer = self.connect(self.asker).get("/v1/keys/vault/backup")
        if answer.status == 403 and answer.code == "approval_required":
            self.id = answer["approval"]["id"]
        return answer

    def decide(self, token, decision="approve"):
        return self.connect(token).post(f"/v1/approvals/{self.id}", {"decision": decision})

    def given(self):
        answer = self.ask()
        check_code(answer, 403, "approval_required", "approval_denied")
        return answer["approval"]["given"]

    def is_refused(self, token):
        check_code(self.decide(token), 403, "own_approval")


@case
def two_others_do():
    """Two tokens that stand in no line with each other or the asker approve, and the request is done once."""
    with Server() as server:
        scene = Scene(server)
        check_code(scene.ask(), 403, "approval_required")
        for token in (scene.token(), scene.token()):
            check_status(scene.decide(token), 200)
        check_status(scene.ask(), 200)
        check_code(scene.ask(), 403, "approval_required")


@case
def a_child_that_expires():
    """A child approves and expires; its parent is still the same approver."""
    with Server() as server:
        scene = Scene(server)
        check_code(scene.ask(), 403, "approval_required")
        parent = scene.token()
        child = scene.token(maker=parent, ttl=2)
        check_status(scene.decide(child), 200)
        time.sleep(3.1)
        scene.is_refused(parent)
        check(scene.given() <= 1, "one line of tokens gave two approvals")


@case
def a_child_that_is_forgotten():
    """An expired child that the service has forgotten, even over a restart, does not make its parent another approver."""
    with Server() as server:
        scene = Scene(server)
        check_code(scene.ask(), 403, "approval_required")
        parent = scene.token()
        child = scene.token(maker=parent, ttl=3)
        check_status(scene.decide(child), 200)
        time.sleep(4.1)
        server.restart()
        deadline = time.monotonic() + 12
        while time.monotonic() < deadline and child["id"] in {token["id"] for token in server.admin.get("/v1/tokens")["tokens"]}:
            time.sleep(0.5)
        scene.is_refused(parent)
        check(scene.given() <= 1, "one line of tokens gave two approvals")


@case
def a_dead_token_between():
    """A grandchild and its grandparent are one approver when the token between them has expired."""
    with Server() as server:
        scene = Scene(server)
        check_code(scene.ask(), 403, "approval_required")
        server.role("roles", {"operations": ["approve", "roles"]}, {"operations": ["tokens"], "roles": "*"})
        first = server.new_token("roles")
        second = server.new_token("roles", server.connect(first["token"]), ttl=2)
        third = server.new_token("roles", server.connect(second["token"]), orphan=True)
        check_status(scene.decide(third), 200)
        time.sleep(3.1)
        scene.is_refused(first)
        check(scene.given() <= 1, "one line of tokens gave two approvals")


@case
def orphans_of_one_maker_in_line():
    """An orphan and the token that made it are one approver, in either order."""
    with Server() as server:
        scene = Scene(server, needed=2)
        server.role("roles", {"operations": ["approve", "roles"]}, {"operations": ["tokens"], "roles": "*"})
        check_code(scene.ask(), 403, "approval_required")
        maker = server.new_token("roles")
        orphan = server.new_token("roles", server.connect(maker["token"]), orphan=True)
        of_orphan = server.new_token("roles", server.connect(orphan["token"]), orphan=True)
        check_status(scene.decide(of_orphan), 200)
        scene.is_refused(maker)
        scene.is_refused(orphan)
        check_code(scene.ask(), 403, "approval_required")


@case
def the_askers_own_line():
    """Nobody approves with an orphan of the asker, the asker's maker, or what those made."""
    with Server() as server:
        scene = Scene(server, needed=1)
        server.role("both", {"operations": ["approve", "roles", "backup"]}, {"operations": ["tokens"], "roles": "*"})
        first = server.new_token("both")
        scene.asker = server.new_token("both", server.connect(first["token"]), orphan=True)
        check_code(scene.ask(), 403, "approval_required")
        orphan = server.new_token("both", server.connect(scene.asker["token"]), orphan=True)
        scene.is_refused(orphan)
        scene.is_refused(first)
        scene.is_refused(scene.asker)
        check_code(scene.decide({"token": server.token}), 403, "own_approval")
        check_code(scene.ask(), 403, "approval_required")


@case
def an_asker_whose_maker_is_gone():
    """The asker's maker's maker stays in its line when the one between has been revoked as an orphan's maker."""
    with Server() as server:
        scene = Scene(server, needed=1)
        server.role("both", {"operations": ["approve", "roles", "backup"]}, {"operations": ["tokens"], "roles": "*"})
        first = server.new_token("both")
        second = server.new_token("both", server.connect(first["token"]), orphan=True)
        scene.asker = server.new_token("both", server.connect(second["token"]), orphan=True)
        server.revoke(second["id"])
        check_code(scene.ask(), 403, "approval_required")
        scene.is_refused(first)
        server.restart()
        scene.is_refused(first)


@case
def an_approver_whose_role_lost_it():
    """A decision by a token whose role no longer grants `approve` does not count when the request is done."""
    with Server() as server:
        scene = Scene(server)
        server.role("weak", {"operations": ["approve"]})
        check_code(scene.ask(), 403, "approval_required")
        weak, strong = server.new_token("weak"), scene.token()
        for token in (weak, strong):
            check_status(scene.decide(token), 200)
        check_status(server.admin.send("PUT", "/v1/roles/weak", {"grants": [{"operations": ["hash"]}]}), 200)
        check_code(scene.ask(), 403, "approval_required")
        check(scene.given() == 1, "the decision of a role without `approve` counts")
        # With it again, the same decision may count again, or has to be made again; a third one does.
        check_status(scene.decide(scene.token()), 200)
        check_status(scene.ask(), 200)


@case
def an_approver_whose_role_denies_it():
    """Nor does one by a token whose role has come to deny it for this key, or to grant it for others alone."""
    for grants in ([{"operations": ["approve"]}, {"effect": "deny", "operations": ["approve"], "keys": "vault"}],
                   [{"operations": ["approve"], "keys": "other-*"}]):
        with Server() as server:
            scene = Scene(server, needed=1)
            server.role("weak", {"operations": ["approve"]})
            check_code(scene.ask(), 403, "approval_required")
            check_status(scene.decide(server.new_token("weak")), 200)
            check_status(server.admin.send("PUT", "/v1/roles/weak", {"grants": grants}), 200)
            answer = scene.ask()
            check(answer.status == 403, f"with {grants} the decision counts: {answer}")


@case
def a_revoked_approver():
    """A decision of a token that was revoked, or whose maker was, does not count, over a restart too."""
    with Server() as server:
        scene = Scene(server)
        check_code(scene.ask(), 403, "approval_required")
        parent = scene.token()
        child, other = scene.token(maker=parent), scene.token()
        for token in (child, other):
            check_status(scene.decide(token), 200)
        server.revoke(parent["id"])
        check_code(scene.ask(), 403, "approval_required")
        server.restart()
        check_code(scene.ask(), 403, "approval_required")
        check_status(scene.decide(scene.token()), 200)
        check_status(scene.ask(), 200)


@case
def an_approver_that_expired():
    """Expiry alone undoes no decision."""
    with Server() as server:
        scene = Scene(server, needed=1)
        check_code(scene.ask(), 403, "approval_required")
        check_status(scene.decide(scene.token(ttl=2)), 200)
        time.sleep(3.1)
        check_status(scene.ask(), 200)


@case
def siblings():
    """Siblings are two approvers, unless the key says that identities approve: then none without one counts."""
    with Server() as server:
        scene = Scene(server)
        check_code(scene.ask(), 403, "approval_required")
        parent = scene.token()
        for token in (scene.token(maker=parent), scene.token(maker=parent)):
            check_status(scene.decide(token), 200)
        check_status(scene.ask(), 200)
    with Server() as server:
        scene = Scene(server, approvals_by="identity")
        check_code(scene.ask(), 403, "approval_required")
        parent = scene.token()
        decisions = [scene.decide(token) for token in (scene.token(maker=parent), scene.token(maker=parent))]
        answer = scene.ask()
        check(answer.status == 403, f"siblings without identities approved: {[str(each) for each in decisions]} {answer}")


@case
def one_identity_in_many_logins():
    """One identity is one approver, by whatever tokens it logged in for or had made."""
    uid = os.getuid()
    logins = {"peer": [{"role": role, "uid": uid} for role in ("approver", "asker")]}
    with Server(unix=True, logins=logins) as server:
        scene = Scene(server)

        def log_in(role):
            return check_status(server.connect().post("/v1/login/peer", {"role": role}), 201).json

        check_code(scene.ask(), 403, "approval_required")
        first, second = log_in("approver"), log_in("approver")
        check_status(scene.decide(first), 200)
        # The same person may think better of it, but counts once.
        scene.decide(second)
        scene.decide(scene.token(maker=second))
        check(scene.given() <= 1, "one identity gave two approvals")
        # An identity does not approve what it asked for itself.
        scene.asker = log_in("asker")
        check_code(scene.ask(), 403, "approval_required")
        scene.is_refused(first)
        server.revoke(first["id"])


@case
def fewer_approvals_by_a_change():
    """Lowering what a key needs takes as many approvals, and a raise holds for what was approved before."""
    with Server() as server:
        scene = Scene(server, needed=1)
        check_code(scene.ask(), 403, "approval_required")
        check_status(scene.decide(scene.token()), 200)
        check_status(server.admin.send("PATCH", "/v1/keys/vault", {"min_approvals": 3}), 200)
        check_code(scene.ask(), 403, "approval_required")
        check_code(server.admin.send("PATCH", "/v1/keys/vault", {"min_approvals": 0}), 403, "approval_required")
