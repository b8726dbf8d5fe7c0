"""Honest clients beside an attack: a process of its own, which the attack's Python cannot hold up."""

import base64
import contextlib
import json
import os
import subprocess
import sys
import time

from kit.checks import check


class Honest:
    """Small encryptions on kept connections, each about every 10 ms, until it is left.

    `with honest.during("control"): …` marks a phase. At the end `holds` compares phases."""

    def __init__(self, server, connections=4, token=None, key=None, source=None, method="POST", path=None, body=None):
        self.server = server
        if path is None:
            if key is None:
                server.names += 1
                key = server.key(f"honest-{server.names}")
            path = f"/v1/keys/{key}/encrypt"
            body = '{"plaintext":"%s"}' % base64.b64encode(bytes(32)).decode()
        self.request = {
            "place": server.place, "token": token or server.token, "connections": connections, "source": source,
            "method": method, "path": path, "body": body, "preface": base64.b64encode(server.preface).decode(),
        }
        self.phases = {}

    def __enter__(self):
        program = os.path.join(os.path.dirname(__file__), "honest_process.py")
        self.process = subprocess.Popen(
            [sys.executable, "-B", program, json.dumps(self.request)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )
        # Connected, and the key open.
        check(self.process.stdout.readline() == "ready\n", "the honest clients do not get ready")
        return self

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        output = self.process.stdout.read()
        self.process.wait()
        self.samples = json.loads(output) if output else []

    @contextlib.contextmanager
    def during(self, phase):
        began = time.monotonic()
        yield
        self.phases.setdefault(phase, []).append((began, time.monotonic()))

    def control(self, seconds=0.7):
        with self.during("control"):
            time.sleep(seconds)

    def of(self, phase):
        """(latency, status) of the requests that were under way in a phase."""
        spans = self.phases[phase]
        return [
            (latency, status)
            for began, latency, status in self.samples
            if any(began <= end and began + latency >= start for start, end in spans)
        ]

    def worst(self, phase):
        return max(latency for latency, _ in self.of(phase))

    def p99(self, phase):
        latencies = sorted(latency for latency, _ in self.of(phase))
        return latencies[int(len(latencies) * 0.99) if len(latencies) > 100 else -1]

    def holds(self, phase="attack", statuses=(200,), p99=1.0, worst=4.0):
        """Call when it was left. In the phase every request was answered with one of these statuses, and none took much longer than
        in the control phase. The bounds are seconds beyond ten times the control's: machines are shared."""
        samples = self.of(phase)
        check(samples, f"the honest clients sent nothing in {phase}")
        others = sorted({str(status) for _, status in samples if status not in statuses})
        check(not others, f"honest requests were answered {', '.join(others)} in {phase} (0: not at all)")
        for name, measured, bound in (("99th percentile", self.p99, p99), ("worst", self.worst, worst)):
            limit = 10 * measured("control") + bound
            check(
                measured(phase) <= limit,
                f"honest clients' {name} is {measured(phase):.3f} s in {phase}, {measured('control'):.3f} s without",
            )
