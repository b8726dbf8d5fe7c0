"""honest_process.py REQUEST: sends one request again and again on kept connections until standard input ends, then prints
[start, seconds, status] of each. Status 0 is a connection that was lost, or a request that was never answered."""

import base64
import json
import selectors
import socket
import sys
import time

INTERVAL = 0.01
GRACE = 10


class Client:
    def __init__(self, request):
        self.request = request
        self.preface = base64.b64decode(request["preface"])
        body = (request["body"] or "").encode()
        head = f"{request['method']} {request['path']} HTTP/1.1\r\nHost: localhost\r\n"
        if request["token"]:
            head += f"Authorization: Bearer {request['token']}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.bytes = head.encode() + b"\r\n" + body
        self.socket = None
        self.received = b""
        self.began = None
        self.due = time.monotonic()
        # Whether the connection has had an answer, so that the server may have closed it in the meantime.
        self.is_kept = False

    def connect(self, selector):
        place = self.request["place"]
        self.socket = socket.socket(socket.AF_UNIX if isinstance(place, str) else socket.AF_INET)
        if self.request["source"]:
            self.socket.bind((self.request["source"], 0))
        self.socket.settimeout(10)
        self.socket.connect(place if isinstance(place, str) else ("127.0.0.1", place))
        self.socket.sendall(self.preface)
        self.socket.setblocking(False)
        self.is_kept = False
        selector.register(self.socket, selectors.EVENT_READ, self)

    def ask(self, selector):
        self.began = time.monotonic()
        self.received = b""
        try:
            if self.socket is None:
                self.connect(selector)
            self.socket.send(self.bytes)
        except OSError:
            return self.end(selector, 0)
        return None

    def again(self, selector):
        """Asks once more where a kept connection was closed before anything of the answer came, as every client does."""
        began = self.began
        selector.unregister(self.socket)
        self.socket.close()
        self.socket = None
        sample = self.ask(selector)
        if sample is None:
            self.began = began
        return sample

    def end(self, selector, status):
        """What the request came to."""
        now = time.monotonic()
        sample = [round(self.began, 6), round(now - self.began, 6), status]
        if status == 0 and self.socket is not None:
            selector.unregister(self.socket)
            self.socket.close()
            self.socket = None
        self.began = None
        self.due = now + INTERVAL
        return sample

    def read(self, selector):
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        if not data:
            if self.began is None:
                # Closed while nothing was asked: the next request connects again.
                selector.unregister(self.socket)
                self.socket.close()
                self.socket = None
                return None
            return self.again(selector) if self.is_kept and not self.received else self.end(selector, 0)
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        length = 0
        closes = False
        for line in head.lower().split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
            closes |= name == b"connection" and value.strip() == b"close"
        if len(body) < length:
            return None
        status = int(head[9:12])
        self.is_kept = True
        sample = self.end(selector, status)
        if closes:
            selector.unregister(self.socket)
            self.socket.close()
            self.socket = None
        return sample


def main():
    request = json.loads(sys.argv[1])
    selector = selectors.DefaultSelector()
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    clients = [Client(request) for _ in range(request["connections"])]
    samples = []
    ready = False
    end = None
    while True:
        now = time.monotonic()
        waiting = [client for client in clients if client.began is not None]
        if end is not None and (not waiting or now >= end):
            samples += [client.end(selector, 0) for client in waiting]
            print(json.dumps(samples))
            return
        for client in clients:
            if end is None and client.began is None and client.due <= now:
                if sample := client.ask(selector):
                    samples.append(sample)
        due = [client.due for client in clients if client.began is None] if end is None else []
        timeout = max(0, min(due) - time.monotonic()) if due else 0.1
        for key, _ in selector.select(timeout):
            if key.data is None:
                if sys.stdin.buffer.read1(1) == b"":
                    # What is under way may still be answered.
                    selector.unregister(sys.stdin)
                    end = time.monotonic() + GRACE
            elif sample := key.data.read(selector):
                samples.append(sample)
        if not ready and len(samples) >= 3 * len(clients):
            ready = True
            print("ready", flush=True)


main()
