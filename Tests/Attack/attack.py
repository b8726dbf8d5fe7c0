#!/usr/bin/env python3
"""attack.py BINARY [NAMES…]: attacks a release server as a hostile client would, with honest clients beside, and holds it to
what docs/security.md and docs/access.md claim. Names are those of cases (`a1.cold_keys`) or of numbers (`a1`); without any, all
run but the long ones and those in pending.py. `--list` prints them. One line a case; the exit code is 1 where one failed.

Attacks on a service's time and memory (a) run one by one. Those on its decisions (b) measure no time, and run three at once."""

import concurrent.futures
import importlib
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from kit import Failure, Server
from kit.registry import CASES, LONG
from pending import PENDING


def load():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")
    files = [name[:-3] for name in os.listdir(folder) if name.endswith(".py") and name[0] in "ab"]
    for name in sorted(files, key=lambda name: (name[0], int(name[1:].split("_")[0]))):
        importlib.import_module("cases." + name)


def chosen(names):
    if not names:
        return [name for name in CASES if name not in PENDING and name not in LONG]
    unknown = [name for name in names if not any(case == name or case.startswith(name + ".") for case in CASES)]
    if unknown:
        sys.exit(f"attack.py: no case is called {', '.join(unknown)}; --list prints them")
    return [
        case for case in CASES
        if case in names or case not in LONG and any(case.startswith(name + ".") for name in names)
    ]


def run(name):
    began = time.monotonic()
    try:
        CASES[name]()
        problem = None
    except Failure as failure:
        problem = str(failure)
    except OSError as error:
        problem = str(error)
    except Exception:  # A fault of the attack itself, or an answer that none expected.
        problem = traceback.format_exc(limit=-4)
    line = f"{'ok  ' if problem is None else 'FAIL'} {time.monotonic() - began:5.1f} s  {name}: {CASES[name].__doc__}"
    if problem is not None:
        line += "\n     " + problem.strip().replace("\n", "\n     ")
    print(line, flush=True)
    return problem is None


def run_all(names):
    """The names of those that failed."""
    outcomes = {name: run(name) for name in names if name.startswith("a")}
    others = [name for name in names if not name.startswith("a")]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        outcomes.update(zip(others, pool.map(run, others)))
    return [name for name, withstood in outcomes.items() if not withstood]


def main():
    load()
    arguments = sys.argv[1:]
    if arguments == ["--list"]:
        for name, attack in CASES.items():
            mark = " (pending)" if name in PENDING else " (long)" if name in LONG else ""
            print(f"{name}{mark}: {attack.__doc__}")
        return
    if not arguments:
        sys.exit(__doc__)
    Server.binary = os.path.abspath(arguments[0])
    names = chosen(arguments[1:])
    failed = run_all(names)
    for name in sorted(PENDING - CASES.keys()):
        failed.append(name)
        print(f"FAIL pending.py names {name}, which is no case")
    print(f"{len(names) - len(failed)} of {len(names)} attacks were withstood" + (f"; not: {', '.join(failed)}" if failed else ""))
    if not arguments[1:] and PENDING:
        print(f"{len(PENDING)} more are pending: " + ", ".join(sorted(PENDING)))
    sys.exit(1 if failed else 0)


main()
