"""A client of the REST API, and imports as a client makes them: all that the checks beside it need of Strongroom."""

import base64
import http.client
import json
import os

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)


class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body, self.headers = status, body, headers

    def __getitem__(self, name):
        return json.loads(self.body)[name]

    @property
    def code(self):
        return json.loads(self.body).get("code")


class Client:
    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.token = token
        self.names = 0

    def send(self, method, path, body=None, headers=None):
        headers = {"Authorization": "Bearer " + self.token, **(headers or {})}
        text = None
        if body is not None:
            text = json.dumps(body)
            headers["Content-Type"] = "application/json"
        self.connection.request(method, path, body=text, headers=headers)
        response = self.connection.getresponse()
        return Answer(response.status, response.read(), response.headers)

    def post(self, path, body, status=200):
        answer = self.send("POST", path, body)
        if answer.status != status:
            raise AssertionError(f"POST {path}: {answer.status} {answer.body[:300]}")
        return answer

    def new_name(self):
        self.names += 1
        return f"key-{self.names}"

    def create(self, algorithm, **members):
        name = self.new_name()
        self.post("/v1/keys", {"name": name, "algorithm": algorithm, **members}, 201)
        return name

    def use(self, name, operation, **members):
        return self.post(f"/v1/keys/{name}/{operation}", members)

    def public_key(self, name, form):
        answer = self.send("GET", f"/v1/keys/{name}/public-key?format={form}")
        assert answer.status == 200, answer.body
        return answer.body

    def try_import(self, algorithm, material, oaep_hash="sha256", **members):
        """Wraps material as the API asks for it: RSA-OAEP of an AES key, then AES-KWP under that."""
        if not hasattr(self, "import_key"):
            answer = self.send("GET", "/v1/import-key")
            assert answer.status == 200, answer.body
            self.import_key = answer["id"], serialization.load_der_public_key(unb64(answer["public_key"]))
        import_id, public = self.import_key
        transport = os.urandom(32)
        digest = HASHES[oaep_hash]()
        wrapped = public.encrypt(transport, padding.OAEP(padding.MGF1(digest), digest, None))
        wrapped += keywrap.aes_key_wrap_with_padding(transport, material)
        name = self.new_name()
        body = {"import_key_id": import_id, "wrapped": b64(wrapped), "algorithm": algorithm, "hash": oaep_hash, **members}
        return name, self.send("POST", f"/v1/keys/{name}/import", body)

    def imported(self, algorithm, material, **members):
        name, answer = self.try_import(algorithm, material, **members)
        if answer.status != 201:
            raise AssertionError(f"import of {algorithm}: {answer.status} {answer.body[:300]}")
        return name


HASHES = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha3-224": hashes.SHA3_224,
    "sha3-256": hashes.SHA3_256,
    "sha3-384": hashes.SHA3_384,
    "sha3-512": hashes.SHA3_512,
}


def pkcs8(key):
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def spki(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
