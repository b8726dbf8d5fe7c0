"""A6: attempts of nobody do not keep the right passphrase or share out."""

import time

from kit import Flood, Server, at_once, case, check, check_code, check_status

SECRET = "correct horse battery staple"


def sealed(*options, cost="14", **settings):
    """A sealed service that a passphrase opens."""
    return Server("--scrypt-cost", cost, *options, unseal=["--unseal-by", "passphrase", "--new-passphrase-file", "-", "--scrypt-cost", cost],
                  unseal_secret=SECRET + "\n", **settings)


def unseals(server, seconds=6, source=None, body=None, **options):
    """The right secret opens the service within so many seconds, by a client that does what `Retry-After` says."""
    end = time.monotonic() + seconds
    with server.connect(source=source, **options) as connection:
        while True:
            answer = connection.post("/v1/unseal", body or {"passphrase": SECRET})
            if answer.status == 200 and not answer["sealed"]:
                return
            check(answer.status in (429, 503), f"the right passphrase: {answer}")
            wait = answer.retry_after
            check(wait >= 1, "a refusal without Retry-After")
            check(time.monotonic() + wait < end, f"the right passphrase is kept out: {answer}")
            time.sleep(wait)


def flooded(server, requests, sources, then):
    """Does `then` while each source repeats the requests."""
    connections = [server.connect(source=source) for source in sources]
    floods = [Flood(connections[index::len(requests)], *request) for index, request in enumerate(requests)]
    for flood in floods:
        flood.__enter__()
    try:
        time.sleep(1)
        then()
    finally:
        for flood in floods:
            flood.__exit__()
    check(all(flood.total for flood in floods), "a flood sent nothing")


WRONG = [("POST", "/v1/unseal", {"share": "x"}), ("POST", "/v1/unseal", {"passphrase": "wrong"}), ("POST", "/v1/unseal", b"{"),
         ("POST", "/v1/unseal", {"share": 1})]


@case
def shares_for_a_passphrase():
    """A flood of shares at a service that takes a passphrase does not keep the passphrase out."""
    with sealed() as server:
        flooded(server, WRONG[:1], ["127.0.0.2"] * 4, lambda: unseals(server))


@case
def malformed_from_the_same_address():
    """Malformed requests, and shares where a passphrase is needed, cost the same address none of its attempts."""
    with sealed() as server:
        for request in (WRONG[0], WRONG[2], WRONG[3]):
            with server.connect() as connection:
                for _ in range(100):
                    check(connection.send(*request).status in (400, 409, 422, 429), "an answer of another kind")
        unseals(server, seconds=3)


@case
def wrong_passphrases_from_another_address():
    """An address that tries one wrong passphrase after another does not keep out the right one from elsewhere."""
    with sealed() as server:
        flooded(server, WRONG[1:2], ["127.0.0.2"] * 8, lambda: unseals(server, seconds=8))


@case
def everything_from_many_addresses():
    """Forty addresses that send everything wrong at once do not keep the right passphrase out."""
    with sealed() as server:
        sources = [f"127.0.1.{number}" for number in range(1, 41)]
        flooded(server, WRONG, sources, lambda: unseals(server, seconds=15))


@case
def everything_from_many_networks():
    """So does a flood from eighty networks of different owners: the right passphrase waits, and is not refused for good."""
    with sealed() as server:
        sources = [f"127.{number}.0.1" for number in range(1, 81)]
        flooded(server, WRONG[1:2], sources, lambda: unseals(server, seconds=20, source="127.200.0.1"))


@case
def the_same_address_as_a_flood():
    """An address that has flooded with wrong passphrases gets in once it waits as it is told."""
    with sealed() as server:
        connections = [server.connect(source="127.0.0.2") for _ in range(4)]
        with Flood(connections, *WRONG[1]) as flood:
            time.sleep(2)
        check(set(flood.statuses) <= {422, 429, "lost"}, f"{flood.statuses}")
        # When the flood is over, the address gets in after what it is told to wait.
        unseals(server, seconds=20, source="127.0.0.2")


@case
def wrong_passphrases_are_limited():
    """One address gets no unlimited number of guesses, and what `Retry-After` says is true."""
    with sealed() as server:
        with server.connect(source="127.0.0.3") as connection:
            for _ in range(400):
                answer = connection.post("/v1/unseal", {"passphrase": "wrong"})
                if answer.status != 422:
                    break
            check_code(answer, 429, "too_many_attempts")
            time.sleep(answer.retry_after + 0.1)
            check_code(connection.post("/v1/unseal", {"passphrase": "wrong"}), 422, "unseal_key_wrong")


@case
def at_once_from_one_address():
    """Sixteen guesses at once from one address wait or are refused; none is an error of the service, and memory stays bounded."""
    with sealed(cost="16") as server:
        answers = at_once([lambda: server.connect(source="127.0.0.4").post("/v1/unseal", {"passphrase": "wrong"})] * 16)
        for answer in answers:
            check(not isinstance(answer, Exception), repr(answer))
            check_status(answer, 422, 429, 503)
        check(server.memory() < 400, f"guesses took {server.memory():.0f} MiB")
        unseals(server, seconds=5)


@case
def right_passphrase_behind_a_queue():
    """The right passphrase waits behind guesses of twenty addresses and is then taken, instead of being refused."""
    with sealed(cost="15") as server:
        wrong = [lambda number=number: server.connect(source=f"127.0.2.{number}").post("/v1/unseal", {"passphrase": "wrong"})
                 for number in range(1, 21)]

        def right():
            time.sleep(0.2)
            unseals(server, seconds=15)

        results = at_once(wrong + [right])
        check(results[-1] is None, f"{results[-1]}")
        for answer in results[:-1]:
            check(not isinstance(answer, Exception) and answer.status in (409, 422, 429, 503), f"{answer}")


@case
def probes_while_guesses_are_computed():
    """Readiness and the seal's state are answered while guesses are computed."""
    with sealed(cost="17") as server:
        connections = [server.connect(source=f"127.0.3.{number}") for number in range(1, 17)]
        with Flood(connections, *WRONG[1]):
            time.sleep(0.5)
            with server.connect() as probe:
                for path, status in (("/v1/health/live", 200), ("/v1/health/ready", 503), ("/v1/unseal", 200)):
                    began = time.monotonic()
                    check_status(probe.get(path), status)
                    check(time.monotonic() - began < 2, f"{path} took {time.monotonic() - began:.1f} s")


@case
def over_a_unix_socket():
    """A Unix socket is not limited: the right passphrase is taken after hundreds of wrong shares."""
    with sealed(unix=True) as server:
        with server.connect() as connection:
            for _ in range(200):
                check(connection.post("/v1/unseal", {"share": "x"}).status != 429, "a Unix socket is limited")
            for _ in range(80):
                check_code(connection.post("/v1/unseal", {"passphrase": "wrong"}), 422, "unseal_key_wrong")
        unseals(server, seconds=2)


@case
def shares_beside_wrong_shares():
    """Wrong and malformed shares from elsewhere neither keep right shares out nor undo those that were given."""
    with Server(unseal=["--unseal-by", "shares", "--shares", "3", "--threshold", "2"]) as server:
        shares = [line for line in server.init_output.splitlines() if line.strip()][:3]
        shares = [share.split()[-1] for share in shares]
        last = shares[0][:-1] + ("a" if shares[0][-1] != "a" else "b")
        requests = [("POST", "/v1/unseal", {"share": last}), WRONG[0], WRONG[2], WRONG[1]]

        def give():
            with server.connect() as connection:
                first = connection.post("/v1/unseal", {"share": shares[0]})
                check(first.status == 200 and first["shares"]["given"] == 1, f"the first share: {first}")
                time.sleep(1)
                unseals(server, body={"share": shares[1]})

        flooded(server, requests, [f"127.0.4.{number}" for number in range(1, 9)], give)
