"""A release server in a folder of its own, on a free port, which has to stop cleanly at the end."""

import glob
import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import time

from kit.checks import Failure, check, check_status
from kit.connection import Connection

TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """Starts when it is entered, and has to end with exit code 0 within its drain time when it is left.

    - `binary`: set once by the runner.
    - `unseal`: options of `strongroom init`; None leaves the first start to `serve`.
    - `unix`: it listens on a Unix socket instead of a port.
    - `descriptors`: the limit of its open files."""

    binary = None

    def __init__(self, *options, drain=5, unseal=None, unseal_secret="", unix=False, preface=b"", logins=None,
                 descriptors=None):
        self.descriptors = descriptors
        self.options, self.drain, self.unix = list(options), drain, unix
        self.unseal, self.unseal_secret, self.preface = unseal, unseal_secret, preface
        self.logins = logins
        self.process = None
        self.names = 0

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="attack-")
        self.folder = self.home.name
        self.data = os.path.join(self.folder, "data")
        try:
            if self.unseal is not None:
                self.initialise()
            self.start()
        except BaseException:
            self.kill()
            self.home.cleanup()
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop()
        finally:
            self.kill()
            self.home.cleanup()

    def initialise(self):
        done = subprocess.run(
            [self.binary, "init", "--data", self.data, *self.unseal], input=self.unseal_secret, capture_output=True,
            text=True, timeout=60,
        )
        check(done.returncode == 0, f"init failed: {done.stderr}")
        self.init_output = done.stdout

    def start(self):
        self.log_path = os.path.join(self.folder, f"log.{len(glob.glob(self.folder + '/log.*'))}")
        socket_path = os.path.join(self.folder, "socket")
        options = list(self.options)
        if self.logins is not None:
            path = os.path.join(self.folder, "logins.json")
            with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
                json.dump(self.logins, file)
            options += ["--logins", path]
        listen = "unix:" + socket_path if self.unix else "127.0.0.1:0"
        with open(self.log_path, "w") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data", self.data, "--listen", listen, "--log-format", "json",
                 "--drain-seconds", str(self.drain), *options],
                preexec_fn=self.limit if self.descriptors else None, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            )
        end = time.monotonic() + 60
        while not (found := re.search(r'"address":"(?:https?://127\.0\.0\.1:(\d+)|unix:[^"]*)"', self.log())):
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failure("the server does not start: " + self.log()[-2000:])
            time.sleep(0.02)
        self.place = socket_path if self.unix else int(found[1])
        self.token = None
        path = os.path.join(self.data, "admin-token")
        if os.path.exists(path):
            with open(path) as file:
                self.token = file.read().strip()
        self.admin = self.connect(self.token)

    def limit(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))

    def stop(self):
        """Stops it with SIGTERM, which has to take no longer than the drain and end well."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(self.drain + 30)
        except subprocess.TimeoutExpired as error:
            raise Failure("SIGTERM does not stop it") from error
        took = time.monotonic() - began
        tail = self.log()[-1500:]
        check(code == 0, f"after SIGTERM its exit code is {code}: {tail}")
        check(took <= self.drain + 3, f"it took {took:.1f} s to stop, with --drain-seconds {self.drain}")
        check('"live_handles":"0"' in tail, f"handles were left: {tail}")

    def restart(self):
        self.stop()
        self.start()

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    # What it says of itself

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def trail(self):
        """The records of its audit trail."""
        records = []
        for path in sorted(glob.glob(os.path.join(self.data, "audit", "*"))):
            with open(path) as file:
                for line in file:
                    if line.endswith("\n"):
                        records.append(json.loads(line))
        return sorted(records, key=lambda record: record["sequence"])

    def status(self):
        return check_status(self.admin.get("/v1/status"), 200).json

    def metric(self, name, **labels):
        """The sum of a metric's samples that have these labels; None where there are none."""
        with self.connect() as connection:
            text = check_status(connection.get("/metrics"), 200).body.decode()
        values = [
            float(line.rpartition(" ")[2])
            for line in text.splitlines()
            if re.match(re.escape(name) + r"[{ ]", line) and all(f'{key}="{value}"' in line for key, value in labels.items())
        ]
        return sum(values) if values else None

    def cpu(self):
        """Seconds of CPU that it has used."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def cpu_of_threads(self, prefix):
        """Seconds of CPU of its threads whose names begin so."""
        total = 0
        for task in glob.glob(f"/proc/{self.process.pid}/task/*"):
            try:
                with open(task + "/comm") as name, open(task + "/schedstat") as times:
                    if name.read().startswith(prefix):
                        total += int(times.read().split()[0]) / 1e9
            except OSError:
                pass
        return total

    def memory(self, field="VmHWM"):
        """MiB of resident memory, the highest so far."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(field + r":\s+(\d+) kB", file.read())[1]) / 1024

    def goes_idle(self, seconds=3):
        """It uses almost no CPU from some moment within so many seconds on."""
        end = time.monotonic() + seconds
        while True:
            before = self.cpu()
            time.sleep(0.5)
            used = self.cpu() - before
            if used <= 0.1:
                return
            check(time.monotonic() < end, f"it still uses {used / 0.5:.0%} of a CPU {seconds} s after its clients left")

    # What tests put into it

    def connect(self, token=None, **options):
        options.setdefault("preface", self.preface)
        return Connection(self.place, token, **options)

    def role(self, name, *grants):
        check_status(self.admin.post("/v1/roles", {"name": name, "grants": list(grants)}), 201)
        return name

    def new_token(self, role, maker=None, **members):
        """What the server answers: `token`, `id` and more."""
        body = {"role": role, "name": "of " + role, **members}
        return check_status((maker or self.admin).post("/v1/tokens", body), 201).json

    def client(self, role, *grants, **members):
        """A connection with a token of a new role that has these grants."""
        made = self.new_token(self.role(role, *grants), **members)
        connection = self.connect(made["token"])
        connection.id = made["id"]
        return connection

    def key(self, name, algorithm="xaes-256-gcm", **members):
        check_status(self.admin.post("/v1/keys", {"name": name, "algorithm": algorithm, **members}), 201)
        return name

    def revoke(self, token_id):
        check_status(self.admin.send("DELETE", f"/v1/tokens/{token_id}"), 204)
