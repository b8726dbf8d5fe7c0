"""The list of attacks: each is a function with one sentence for a docstring."""

CASES = {}
# Those that take minutes, and run only where they are named.
LONG = set()


def case(attack):
    """Adds an attack under the number of its file and its own name: `a1.cold_keys_after_many`."""
    number = attack.__module__.rpartition(".")[2].split("_")[0]
    name = f"{number}.{attack.__name__}"
    assert name not in CASES and attack.__doc__, name
    CASES[name] = attack
    return attack


def long_case(attack):
    """As `case`, for one that takes minutes."""
    case(attack)
    LONG.add(next(reversed(CASES)))
    return attack
