"""A kept connection to the server, whose requests can be sent whole or in pieces."""

import base64
import http.client
import json
import socket


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)


class Answer:
    def __init__(self, what, response, body):
        self.what = what
        self.status = response.status
        self.headers = response.headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __getitem__(self, member):
        return self.json[member]

    @property
    def code(self):
        """The problem's code; None where the answer is no problem document."""
        if "problem+json" not in self.headers.get("Content-Type", ""):
            return None
        return self.json.get("code")

    @property
    def etag(self):
        return self.headers.get("ETag")

    @property
    def retry_after(self):
        return int(self.headers.get("Retry-After", "0"))

    def __str__(self):
        if self.code is None:
            return f"{self.status} {self.body[:160].decode(errors='replace')}"
        problem = self.json
        return f"{self.status} {self.code}: {problem.get('errors') or problem['detail']}"


class Lost(OSError):
    """The server closed the connection instead of answering."""


class Connection:
    """Connects when it first sends.

    - `source`: the loopback address that the client has, so that one machine can be many sources.
    - `preface`: bytes to send before anything else, such as a PROXY header."""

    def __init__(self, place, token=None, source=None, preface=b"", timeout=30, receive_buffer=None):
        self.place, self.token, self.source = place, token, source
        self.preface, self.timeout, self.receive_buffer = preface, timeout, receive_buffer
        self.socket = None
        self.what = ""
        self.method = ""

    def open(self):
        if self.socket is None:
            if isinstance(self.place, str):
                self.socket = socket.socket(socket.AF_UNIX)
            else:
                self.socket = socket.socket(socket.AF_INET)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.receive_buffer:
                    self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
                if self.source:
                    self.socket.bind((self.source, 0))
            self.socket.settimeout(self.timeout)
            self.socket.connect(self.place if isinstance(self.place, str) else ("127.0.0.1", self.place))
            if self.preface:
                self.socket.sendall(self.preface)
        return self

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def head(self, method, path, length=None, headers=None):
        """Sends a request without its body, of which `length` bytes are announced."""
        self.what, self.method = f"{method} {path}", method
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
        if self.token:
            lines.append(f"Authorization: Bearer {self.token}")
        if length is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {length}"]
        pairs = headers.items() if isinstance(headers, dict) else headers or []
        lines += [f"{name}: {value}" for name, value in pairs]
        self.open().socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        return self

    def all_but(self, held, method, path, body, headers=None):
        """Sends a request but for the last `held` bytes of its body, and returns those."""
        data = encoded(body)
        self.head(method, path, len(data), headers)
        self.socket.sendall(data[: len(data) - held])
        return data[len(data) - held :]

    def push(self, data):
        self.socket.sendall(data)
        return self

    def answer(self):
        """Reads one answer whole."""
        response = http.client.HTTPResponse(self.socket, method=self.method)
        try:
            response.begin()
            body = response.read()
        except TimeoutError as error:
            raise TimeoutError(f"{self.what}: no answer within {self.timeout} s") from error
        except (http.client.HTTPException, ConnectionError) as error:
            self.close()
            raise Lost(f"{self.what}: the connection ended without an answer ({error!r})") from error
        if response.will_close:
            self.close()
        return Answer(self.what, response, body)

    def send(self, method, path, body=None, headers=None):
        """Sends a request whole and reads its answer. A kept connection that the server has closed is opened again."""
        data = None if body is None else encoded(body)
        for attempt in range(2):
            fresh = self.socket is None
            try:
                self.head(method, path, None if data is None else len(data), headers)
                if data:
                    try:
                        self.socket.sendall(data)
                    except ConnectionError:
                        pass  # Refused by its head: the answer is there to be read.
                return self.answer()
            except (ConnectionError, Lost):
                self.close()
                if fresh or attempt:
                    raise
        raise AssertionError

    def get(self, path, headers=None):
        return self.send("GET", path, headers=headers)

    def post(self, path, body=None, headers=None):
        return self.send("POST", path, body, headers)

    def use(self, key, operation, **members):
        return self.post(f"/v1/keys/{key}/{operation}", members)


def encoded(body):
    return body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
