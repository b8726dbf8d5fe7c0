"""B22: a login is held to who is trusted now, a server's certificate to what it is for, and nobody is taken for somebody."""

import http.client
import json
import os
import signal
import ssl
import subprocess
import tempfile

from kit import Server, case, check, eventually
from kit.commands import strongroom


class Authority:
    """Certificates of openssl's, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.authority("authority", "/CN=authority")

    def file(self, name):
        return f"{self.folder}/{name}"

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
        check(done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}")

    def authority(self, name, subject):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", subject,
                     "-keyout", self.file(name + ".key"), "-out", self.file(name + ".pem"))

    def issue(self, name, purpose="clientAuth", names="DNS:localhost,IP:127.0.0.1", subject=None):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject or "/CN=" + name,
                     "-keyout", self.file(name + ".key"), "-out", self.file(name + ".csr"))
        with open(self.file("extensions"), "w") as file:
            file.write("basicConstraints=CA:FALSE\n" + (f"subjectAltName={names}\n" if names else "") + f"extendedKeyUsage={purpose}\n")
        self.openssl("x509", "-req", "-in", self.file(name + ".csr"), "-CA", self.file("authority.pem"), "-CAkey", self.file("authority.key"),
                     "-CAcreateserial", "-days", "20", "-extfile", self.file("extensions"), "-out", self.file(name + ".pem"))

    def revoke(self, names, into, by="authority", time=None):
        with open(self.file("ca.conf"), "w") as file:
            file.write(f"[ca]\ndefault_ca = a\n[a]\ndatabase = {self.file('index')}\ncertificate = {self.file(by + '.pem')}\n"
                       f"private_key = {self.file(by + '.key')}\ndefault_md = sha256\n")
        open(self.file("index"), "w").close()
        for name in names:
            self.openssl("ca", "-config", self.file("ca.conf"), "-revoke", self.file(name + ".pem"))
        times = ["-crl_lastupdate", time, "-crl_nextupdate", "351231235959Z"] if time else ["-crlsec", "86400"]
        self.openssl("ca", "-config", self.file("ca.conf"), "-gencrl", "-out", self.file(into), *times)


class Held:
    """A connection with a client certificate that is kept."""

    def __init__(self, server, authority, name):
        context = ssl.create_default_context(cafile=authority.file("authority.pem"))
        context.load_cert_chain(authority.file(name + ".pem"), authority.file(name + ".key"))
        self.connection = http.client.HTTPSConnection("localhost", server.place, context=context, timeout=20)

    def login(self):
        """None where it succeeds, else why not."""
        self.connection.request("POST", "/v1/login/certificate", '{"role":"administrator"}', {"Content-Type": "application/json"})
        body = json.loads(self.connection.getresponse().read())
        return None if "token" in body else body.get("reason", body)


class TLSServer(Server):
    def __init__(self, authority, *options):
        super().__init__("--tls-certificate", authority.file("server.pem"), "--tls-key", authority.file("server.key"), *options,
                         logins={"certificate": [{"role": "administrator", "common_name": "*"}]})

    def reload(self):
        """Gives whether it has read its files again."""
        words = ("certificate read", "the certificate was not exchanged")
        before = [self.log().count(word) for word in words]
        self.process.send_signal(signal.SIGHUP)
        eventually(10, lambda: [self.log().count(word) for word in words] != before, "SIGHUP is not heeded")
        return self.log().count(words[0]) > before[0]


@case
def revoked_on_an_old_connection():
    """A certificate that was revoked, or whose authority was replaced, logs in no more on a connection of before."""
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        authority.authority("other", "/CN=other")
        authority.issue("server", "serverAuth")
        authority.issue("client")
        authority.revoke([], "revoked.pem")
        clients = authority.file("clients.pem")
        with open(authority.file("authority.pem")) as source, open(clients, "w") as file:
            file.write(source.read())
        with TLSServer(authority, "--tls-client-ca", clients, "--tls-client-crl", authority.file("revoked.pem")) as server:
            held = Held(server, authority, "client")
            check(held.login() is None, "a good certificate does not log in")
            authority.revoke(["client"], "revoked.pem")
            check(server.reload(), "the list is not read")
            check(held.login() is not None, "a revoked certificate logs in")
            authority.revoke([], "revoked.pem")
            check(server.reload() and held.login() is None, "a certificate that is on no list any more does not log in")
            os.replace(authority.file("other.pem"), clients)
            authority.openssl("x509", "-in", clients, "-out", authority.file("other.pem"))
            authority.revoke([], "revoked.pem", by="other")
            check(server.reload(), "the other authority is not read")
            check(held.login() is not None, "a certificate of an authority of before logs in")


@case
def lists_that_are_none():
    """A list of revoked certificates that another has signed, or that is from the future, takes no revocation back."""
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        authority.authority("forger", "/CN=authority")
        authority.issue("server", "serverAuth")
        for name in ("client", "second", "third"):
            authority.issue(name)
        authority.revoke(["client"], "one.pem", time="200101000000Z")
        authority.revoke(["second"], "two.pem")
        authority.revoke([], "forged.pem", by="forger")
        authority.revoke([], "future.pem", time="340101000000Z")
        lists = authority.file("lists.pem")

        def put(*names):
            with open(lists, "w") as file:
                for name in names:
                    with open(authority.file(name + ".pem")) as source:
                        file.write(source.read())

        put("one", "two")
        with TLSServer(authority, "--tls-client-ca", authority.file("authority.pem"), "--tls-client-crl", lists) as server:
            def let_in():
                found = set()
                for name in ("client", "second", "third"):
                    try:
                        if Held(server, authority, name).login() is None:
                            found.add(name)
                    except OSError:
                        pass
                return found

            check(let_in() == {"third"}, f"with two lists of one authority {let_in()} log in")
            for names in (("two", "one"), ("forged",), ("one", "two", "forged"), ("future",), ("future", "one", "two")):
                put(*names)
                server.reload()
                check(let_in() == {"third"}, f"with the lists {names} {let_in()} log in")


@case
def servers_that_are_none():
    """A command does not talk to a server whose certificate is for clients, or names its host as common name alone."""
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(folder)
        for purpose, names, is_good in (("serverAuth", "DNS:localhost", True), ("clientAuth", "DNS:localhost", False),
                                        ("codeSigning", "DNS:localhost", False), ("serverAuth", "", False),
                                        ("serverAuth", "email:a@localhost", False)):
            authority.issue("server", purpose, names, "/CN=localhost")
            with TLSServer(authority) as server:
                done = strongroom("health", "--address", f"https://localhost:{server.place}", "--ca", authority.file("authority.pem"))
                check((done.returncode == 0) == is_good, f"{purpose}, {names or 'no names'}: {done.returncode} {done.stderr}")


@case
def users_without_a_number():
    """Where a service in a user namespace cannot tell users apart, none of them logs in."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True).returncode != 0:
        return
    with Server(unix=True, logins={"peer": [{"role": "administrator", "uid": [65534, 1234]}]}) as server:
        server.stop()
        binary = server.folder + "/in-namespace"
        with open(binary, "w") as file:
            file.write(f'#!/bin/sh\nexec unshare --user --map-root-user "{Server.binary}" "$@"\n')
        os.chmod(binary, 0o700)
        server.binary = binary
        server.options += ["--socket-mode", "0666", "--secret-memory", "1024"]
        server.start()
        os.chmod(server.folder, 0o755)
        asked = subprocess.run(
            ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", "curl", "-sS", "--unix-socket", server.place, "-H",
             "Content-Type: application/json", "-d", '{"role":"administrator"}', "http://localhost/v1/login/peer"],
            capture_output=True, text=True, timeout=30,
        )
        check("srt_" not in asked.stdout and "unknown_user" in asked.stdout, f"another's process logs in: {asked.stdout}")
