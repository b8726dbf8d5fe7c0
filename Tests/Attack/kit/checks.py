"""Checks that say what they saw."""

import time


class Failure(Exception):
    """An attack did what it should not be able to do, or an honest request was not served."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def check_status(answer, *statuses):
    """The answer has one of these statuses."""
    check(answer.status in statuses, f"{answer.what}: expected {' or '.join(map(str, statuses))}, got {answer}")
    return answer


def check_code(answer, status, *codes):
    """The answer is a refusal with this status and one of these problem codes."""
    check(
        answer.status == status and answer.code in codes,
        f"{answer.what}: expected {status} {' or '.join(codes)}, got {answer}",
    )
    return answer


def eventually(seconds, condition, message):
    """The condition holds within so many seconds. Returns what it gave."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        check(time.monotonic() < end, message)
        time.sleep(0.05)
