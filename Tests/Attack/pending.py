"""Attacks that succeed against the code as it is. They run where they are named, and not by default."""

PENDING = set()
