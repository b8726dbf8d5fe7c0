#!/usr/bin/env python3
"""unreached.py FOUND EXPLAINED: holds the lines that no test reaches (FILE NUMBER) to those that are explained. An explanation is
a line `FILE: the line's text without its indent`, and above it, as comments, why no test can be there."""

import collections
import sys
from pathlib import Path


def main(found, explained):
    lines = collections.Counter()
    places = {}
    for entry in Path(found).read_text().splitlines():
        file, number = entry.rsplit(" ", 1)
        text = Path(file).read_text().splitlines()[int(number) - 1].strip()
        # Closing brackets say nothing of their own.
        if text.strip("{}()[];, ?"):
            lines[f"{file}: {text}"] += 1
            places.setdefault(f"{file}: {text}", entry.replace(" ", ":"))
    reasons = collections.Counter()
    reason = False
    failed = 0
    for line in Path(explained).read_text().splitlines():
        if line.startswith("#"):
            reason = True
        elif line.strip() == "":
            reason = False
        else:
            reasons[line] += 1
            if not reason:
                print(f"no reason is given for: {line}")
                failed = 1
    for line in lines - reasons:
        print(f"no test reaches it, and no reason is given: {places[line]}: {line.split(': ', 1)[1]}")
        failed = 1
    for line in reasons - lines:
        print(f"it is explained, and is reached or gone: {line}")
        failed = 1
    print(f"{sum(lines.values())} lines of ffi and handles are reached by no test, each explained" if not failed else "coverage: failed")
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
