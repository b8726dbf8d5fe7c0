"""What every attack uses: a server to attack, connections to it, honest clients beside, and checks."""

from kit.checks import Failure, check, check_code, check_status, eventually
from kit.connection import Answer, Connection, b64, unb64
from kit.honest import Honest
from kit.registry import case, long_case
from kit.server import Server
from kit.volume import Flood, at_once

__all__ = [
    "Answer", "Connection", "Failure", "Flood", "Honest", "Server", "at_once", "b64", "case", "check", "check_code",
    "check_status", "eventually", "long_case", "unb64",
]
