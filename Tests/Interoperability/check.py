"""Checks a running Strongroom against Python's `cryptography`: check.py PORT [VECTORS]. The token is in STRONGROOM_TOKEN.

Prints what failed and, last, how many checks there were; exits with 1 where any failed."""

import os
import sys

import round_trips
import wycheproof
from client import Client

SAMPLES_PER_FILE = 16


def main():
    client = Client(int(sys.argv[1]), os.environ["STRONGROOM_TOKEN"])
    failed = 0
    parts = [("round trips", round_trips.checks(client))]
    if len(sys.argv) > 2:
        parts.append(("Wycheproof", wycheproof.checks(client, sys.argv[2], SAMPLES_PER_FILE)))
    for part, found in parts:
        count = 0
        for label, right in found:
            count += 1
            if not right:
                failed += 1
                print(f"failed: {part}: {label}")
        print(f"{part}: {count} checks")
    return 1 if failed else 0


sys.exit(main())
