#!/usr/bin/env python3
"""fairness.py BINARY LOAD_CLIENT [CASES…]: how long honest clients wait beside others that ask for much.

Eight kept connections encrypt 32 bytes, alone and beside each kind of attack, in turns within one run. They ask in two ways: as fast
as they can, and each 200 times a second, where a late answer counts from when its request was due. The goal is a 99th percentile of
at most three times what it is alone, plus 5 ms. Each figure is the median of the rounds', so that a moment in which the machine
stood still does not count for one side. The service's data lie in memory: encryptions wait for the disk, by the audit trail, and a
virtual machine's disk slows down while its processors are busy, whoever has them.

Honest clients are a C program. Attackers are the same program, or Python, at nice 19, so that they take no CPU that the server or
the honest clients want; the last column is the share of all processors that they had. Cases are letters and numbers, as `a` or `A3`."""

import array
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Attack"))

from kit import Connection, Server, b64

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = float(os.environ.get("SECONDS_EACH", "1.5"))
MIB = 1 << 20
SMALL = b64(bytes(32))


class Repeated:
    """An attack: one request, again and again, on so many connections."""

    def __init__(self, connections, path, body, token=True, headers=(), method="POST"):
        self.connections, self.path, self.body, self.token = connections, path, body, token
        self.headers, self.method = headers, method

    def start(self, bench, index):
        path = os.path.join(bench.server.folder, f"body.{index}")
        with open(path, "wb") as file:
            file.write(self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode())
        command = ["nice", "-n", "19", bench.load, "--any-status", "--port", str(bench.server.place), "--connections",
                   str(self.connections), "--milliseconds", "600000", "--method", self.method, "--path", self.path]
        if self.token:
            command += ["--header", "Authorization: Bearer " + bench.server.token]
        for header in self.headers:
            command += ["--header", header]
        if self.method != "GET":
            command += ["--header", "Content-Type: application/json", "--body-file", path]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid


class Scripted:
    """An attack that no single request makes: a function in a process of its own."""

    def __init__(self, attack):
        self.attack = attack

    def start(self, bench, _):
        pid = os.fork()
        if pid == 0:
            try:
                os.nice(19)
                self.attack(bench.server)
            finally:
                os._exit(0)
        return pid


def forever(action):
    """Repeats what one client does, whatever it is answered."""
    while True:
        try:
            action()
        except OSError:
            time.sleep(0.01)


def many_keys(server):
    """A1: opens one P-521 key after another."""
    connection = Connection(server.place, server.token)
    number = 0

    def one():
        nonlocal number
        number += 1
        connection.post("/v1/keys", {"name": f"p-{os.getpid()}-{number}", "algorithm": "ecdsa-p521"})
        for other in (number, number // 2, number // 3):
            connection.use(f"p-{os.getpid()}-{other}", "sign", message=SMALL)

    forever(one)


def new_keys(server):
    """d: makes one RSA-4096 key after another."""
    connection = Connection(server.place, server.token)
    names = (f"rsa-{os.getpid()}-{number}" for number in itertools.count())
    forever(lambda: connection.post("/v1/keys", {"name": next(names), "algorithm": "rsa-4096"}))


def stalled_uploads(server):
    """A4: bodies of 31 MiB that stop before their end, and answers of 20 MiB that nobody reads."""
    held = []
    text = b'{"plaintext":"' + b"A" * (31 * MIB) + b'"}'

    def one():
        connection = Connection(server.place, server.token, timeout=5, receive_buffer=4096)
        held.append(connection)
        connection.all_but(len(held) % 2, "POST", "/v1/keys/honest/encrypt", text)
        if len(held) > 8:
            held.pop(0).close()
        time.sleep(0.05)

    forever(one)


def new_connections(server):
    """A8: opens connections as fast as it can, and keeps two thousand of them."""
    held = []

    def one():
        held.append(Connection(server.place, source=f"127.0.3.{len(held) % 250 + 1}", timeout=1).open())
        if len(held) > 2000:
            held.pop(0).close()

    forever(one)


def largest_batch_of_pairs(server):
    for count in (12, 8, 4, 2):
        with server.connect(server.token, timeout=0.3) as connection:
            try:
                if connection.post("/v1/keys/honest/data-key/batch", pairs(count)).status != 422:
                    return count
            except OSError:
                return count
    return 1


def pairs(count):
    return {"items": [{"algorithm": "rsa-4096"}] * count}


def cases(server, wanted):
    """By name: what it is, and its attackers."""
    def plaintext(text):
        return b'{"plaintext":"' + text + b'"}'

    signatures = {"items": [{"message": SMALL}] * 1000}
    bad = "Authorization: Bearer srt_" + "a" * 59
    count = largest_batch_of_pairs(server) if "A2" in wanted else 1
    return {
        "a": ("4 with encryptions of 24 MiB", [Repeated(4, "/v1/keys/honest/encrypt", plaintext(b"A" * (32 * MIB - 64)))]),
        "b": ("4 with batches of 1,000 encryptions",
              [Repeated(4, "/v1/keys/honest/encrypt/batch", {"items": [{"plaintext": SMALL}] * 1000})]),
        "c": ("8 with RSA-4096 signatures", [Repeated(8, "/v1/keys/rsa/sign", {"message": SMALL})]),
        "d": ("8 that make RSA-4096 keys", [Scripted(new_keys)] * 8),
        "A1": ("4 that open one P-521 key after another", [Scripted(many_keys)] * 4),
        "A2": (f"4 with {count} RSA-4096 data keys, 4 with 1,000 signatures each",
               [Repeated(4, "/v1/keys/honest/data-key/batch", pairs(count)), Repeated(4, "/v1/keys/rsa/sign/batch", signatures)]),
        "A3": ("2 with 31 MiB of escapes, 2 with 200 KiB of escaped slashes",
               [Repeated(2, "/v1/keys/honest/encrypt", plaintext(b"\\u0041" * (31 * MIB // 24 * 4))),
                Repeated(2, "/v1/keys/honest/encrypt", plaintext(b"\\/" * 100_000))]),
        "A4": ("uploads that stop, answers that nobody reads", [Scripted(stalled_uploads)]),
        "A5": ("8 with malformed unsealing and logins", [Repeated(4, "/v1/unseal", b"{", token=False),
                                                        Repeated(4, "/v1/login/jwt", {"role": "r", "jwt": "x"}, token=False)]),
        "A6": ("8 that try to unseal", [Repeated(8, "/v1/unseal", {"share": "x"}, token=False)]),
        "A7": ("8 with bad tokens", [Repeated(8, "/v1/keys", b"", token=False, headers=[bad], method="GET")]),
        "A8": ("1 that opens connections without end", [Scripted(new_connections)]),
    }


class Bench:
    def __init__(self, server, load):
        self.server, self.load = server, load

    def honest(self, seconds, *options):
        """Starts the honest clients, which record each request."""
        path = os.path.join(self.server.folder, "samples")
        body = os.path.join(self.server.folder, "honest")
        with open(body, "w") as file:
            file.write('{"plaintext":"%s"}' % SMALL)
        process = subprocess.Popen(
            [self.load, "--any-status", "--port", str(self.server.place), "--connections", "8", "--milliseconds",
             str(int(seconds * 1000)), "--method", "POST", "--path", "/v1/keys/honest/encrypt", "--header",
             "Authorization: Bearer " + self.server.token, "--header", "Content-Type: application/json", "--body-file",
             body, "--record", path, *options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        return process, path

    def measure(self, *options):
        """The latencies of one phase, with how many requests were not answered 200."""
        process, path = self.honest(SECONDS, *options)
        report = json.loads(process.communicate()[0])
        samples = array.array("d")
        with open(path, "rb") as file:
            samples.frombytes(file.read())
        # What was never answered waited as long as the client did.
        latencies = list(samples[1::3]) + [SECONDS + 10] * report["unanswered"]
        return latencies, report["others"]

    def case(self, attackers):
        """The rounds' latencies by way and phase, how many requests were refused, and the attackers' share of the processors."""
        ways = {"busy": (), "paced": ("--pace", "5000")}
        latencies = {(way, phase): [] for way in ways for phase in ("alone", "beside")}
        refused = 0
        cpu = wall = 0.0
        for _ in range(ROUNDS):
            for way, options in ways.items():
                latencies[way, "alone"].append(self.measure(*options)[0])
            began = time.monotonic()
            pids = [attacker.start(self, index) for index, attacker in enumerate(attackers)]
            time.sleep(0.7)
            for way, options in ways.items():
                one, answers = self.measure(*options)
                latencies[way, "beside"].append(one)
                refused += answers
            wall += time.monotonic() - began
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
                usage = os.wait4(pid, 0)[2]
                cpu += usage.ru_utime + usage.ru_stime
            self.settle()
        return latencies, refused, cpu / wall / os.cpu_count()

    def settle(self):
        """Waits until the server has done what the attackers left behind."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            before = self.server.cpu()
            time.sleep(0.3)
            if self.server.cpu() - before < 0.03:
                return


def percentile(rounds, share):
    """The median of the rounds' percentiles, in milliseconds."""
    return statistics.median(sorted(one)[min(int(len(one) * share), len(one) - 1)] for one in rounds) * 1000


def main():
    if os.path.isdir("/dev/shm"):
        tempfile.tempdir = "/dev/shm"
    Server.binary, load = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    print(f"ms; alone / beside; load of the machine at the start {os.getloadavg()[0]:.1f}\n")
    print("| | beside | busy p50 | busy p99 | ratio | worst | paced p99 | ratio | refused | goal | attackers' CPU |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    missed = []
    with Server(drain=20) as server:
        server.key("honest")
        server.key("rsa", "rsa-4096")
        bench = Bench(server, load)
        bench.measure()
        wanted = sys.argv[3:] or "a b c d A1 A2 A3 A4 A5 A6 A7 A8".split()
        every = cases(server, wanted)
        bench.settle()
        for name in wanted:
            title, attackers = every[name]
            latencies, refused, cpu = bench.case(attackers)
            columns = []
            met = True
            for way in ("busy", "paced"):
                alone, beside = (latencies[way, phase] for phase in ("alone", "beside"))
                first, then = percentile(alone, 0.99), percentile(beside, 0.99)
                met = met and then <= 3 * first + 5
                if way == "busy":
                    columns.append(f"{percentile(alone, 0.5):.2f} / {percentile(beside, 0.5):.2f}")
                columns += [f"{first:.2f} / {then:.2f}", f"{then / first:.1f}"]
                if way == "busy":
                    columns.append(f"{max(map(max, beside)) * 1000:.0f}")
            columns += [str(refused), "met" if met else "missed", f"{cpu:.0%}"]
            missed += [] if met else [name]
            print(f"| {name} | {title} | " + " | ".join(columns) + " |", flush=True)
    print(f"\n{'All meet' if not missed else 'These miss'} the goal of 3 × alone + 5 ms" + (": " + ", ".join(missed) if missed else "."))


if __name__ == "__main__":
    main()
