"""Attacks in volume: many requests at once, or the same one again and again until it is stopped."""

import threading
import time


def at_once(actions):
    """Calls all functions, each on a thread of its own, and returns what they gave; an error is given, not raised."""
    results = [None] * len(actions)

    def call(index, action):
        try:
            results[index] = action()
        except Exception as error:  # Whatever it was, the case looks at it.
            results[index] = error

    threads = [threading.Thread(target=call, args=pair, daemon=True) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class Flood:
    """Repeats a request on some connections until it is left. Counts answers by status."""

    def __init__(self, connections, method, path, body=None, headers=None, pause=0):
        self.connections, self.request, self.pause = connections, (method, path, body, headers), pause
        self.statuses = {}
        self.codes = {}
        self.stopping = False
        self.lock = threading.Lock()

    def __enter__(self):
        self.threads = [threading.Thread(target=self.run, args=(each,), daemon=True) for each in self.connections]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for connection in self.connections:
            # Wakes a thread that waits for an answer.
            if connection.socket is not None:
                try:
                    connection.socket.shutdown(2)
                except OSError:
                    pass
        for thread in self.threads:
            thread.join(30)

    def run(self, connection):
        while not self.stopping:
            try:
                answer = connection.send(*self.request)
                status, code = answer.status, answer.code
            except OSError:
                status, code = "lost", None
                connection.close()
                time.sleep(0.01)
            if not self.stopping:
                with self.lock:
                    self.statuses[status] = self.statuses.get(status, 0) + 1
                    self.codes[code] = self.codes.get(code, 0) + 1
            if self.pause:
                time.sleep(self.pause)

    @property
    def total(self):
        return sum(self.statuses.values())
