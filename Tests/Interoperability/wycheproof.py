"""A sample of Wycheproof through HTTP: keys of the vectors are imported, and the API asked what the vectors ask. Vectors that
only have a public key cannot be: there is no import of those."""

import json
import os
import random

from client import HASHES, b64, unb64
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from client import pkcs8


def checks(client, folder, per_file):
    sampled = random.Random(7)

    def cases(file, keep=lambda group, test: True):
        with open(os.path.join(folder, file)) as text:
            groups = json.load(text)["testGroups"]
        found = [(group, test) for group in groups for test in group["tests"] if keep(group, test)]
        # All kinds of results, as evenly as the file has them.
        chosen = []
        for result in ("valid", "invalid", "acceptable"):
            of_result = [case for case in found if case[1]["result"] == result]
            chosen += sampled.sample(of_result, min(per_file // 2, len(of_result)))
        return chosen

    yield from encryption(client, cases)
    yield from macs(client, cases)
    yield from derivation(client, cases)
    yield from wrapping(client, cases)
    yield from oaep(client, cases)
    yield from agreement(client, cases)


def label(file, test):
    return f"{file} {test['tcId']} {test['comment']}"


def encryption(client, cases):
    kinds = {("aes_gcm_test.json", 128): "aes-128-gcm", ("aes_gcm_test.json", 256): "aes-256-gcm", ("chacha20_poly1305_test.json", 256): "chacha20-poly1305"}
    for (file, bits), algorithm in kinds.items():
        for group, test in cases(file, lambda g, t: (g["keySize"], g["ivSize"], g["tagSize"]) == (bits, 96, 128)):
            name = client.imported(algorithm, bytes.fromhex(test["key"]))
            sealed = bytes.fromhex(test["iv"] + test["ct"] + test["tag"])
            answer = client.send("POST", f"/v1/keys/{name}/decrypt", {"ciphertext": "sr:1:1:" + b64(sealed), "associated_data": b64(bytes.fromhex(test["aad"]))})
            if test["result"] == "valid":
                yield label(file, test), answer.status == 200 and unb64(answer["plaintext"]).hex() == test["msg"]
            else:
                yield label(file, test), (answer.status, answer.code) == (422, "decryption_failed")


def macs(client, cases):
    files = {f"hmac_{h}_test.json": (f"hmac-{h}", HASHES[h].digest_size) for h in ("sha224", "sha256", "sha384", "sha512")}
    files["aes_cmac_test.json"] = ("aes-256-cmac", 16)
    for file, (algorithm, size) in files.items():
        whole = lambda g, t: g["tagSize"] == size * 8 and (algorithm != "aes-256-cmac" or len(t["key"]) == 64) and len(t["key"]) >= 32
        for group, test in cases(file, whole):
            name = client.imported(algorithm, bytes.fromhex(test["key"]))
            answer = client.use(name, "verify-mac", message=b64(bytes.fromhex(test["msg"])), mac=b64(bytes.fromhex(test["tag"])))
            yield label(file, test), answer["valid"] == (test["result"] == "valid")


def derivation(client, cases):
    file = "hkdf_sha256_test.json"
    for group, test in cases(file, lambda g, t: len(t["ikm"]) == 64):
        name = client.imported("hkdf-sha256", bytes.fromhex(test["ikm"]))
        answer = client.send("POST", f"/v1/keys/{name}/derive", {"info": b64(bytes.fromhex(test["info"])), "salt": b64(bytes.fromhex(test["salt"])), "bytes": test["size"]})
        if test["result"] == "valid":
            yield label(file, test), answer.status == 200 and unb64(answer["derived"]).hex() == test["okm"]
        else:
            yield label(file, test), answer.status == 422


def wrapping(client, cases):
    file = "aes_kwp_test.json"
    for group, test in cases(file, lambda g, t: g["keySize"] == 256):
        name = client.imported("aes-256-kwp", bytes.fromhex(test["key"]))
        answer = client.send("POST", f"/v1/keys/{name}/unwrap", {"wrapped": b64(bytes.fromhex(test["ct"]))})
        # "acceptable": shorter than a strict implementation takes.
        if test["result"] == "invalid":
            yield label(file, test), answer.status == 422
        else:
            yield label(file, test), answer.status == 200 and unb64(answer["key_material"]).hex() == test["msg"]


def oaep(client, cases):
    for bits in (2048, 3072, 4096):
        file = f"rsa_oaep_{bits}_sha256_mgf1sha256_test.json"
        name = None
        for group, test in cases(file):
            name = name or client.imported(f"rsa-{bits}", bytes.fromhex(group["privateKeyPkcs8"]))
            answer = client.send("POST", f"/v1/keys/{name}/decrypt", {"ciphertext": "sr:1:1:" + b64(bytes.fromhex(test["ct"])), "associated_data": b64(bytes.fromhex(test["label"]))})
            if test["result"] == "valid":
                yield label(file, test), answer.status == 200 and unb64(answer["plaintext"]).hex() == test["msg"]
            else:
                yield label(file, test), answer.status == 422


def agreement(client, cases):
    kinds = {"ecdh_secp256r1_test.json": ("ecdh-p256", ec.SECP256R1()), "ecdh_secp384r1_test.json": ("ecdh-p384", ec.SECP384R1()), "ecdh_secp521r1_test.json": ("ecdh-p521", ec.SECP521R1()), "x25519_test.json": ("x25519", None)}
    for file, (algorithm, curve) in kinds.items():
        for group, test in cases(file):
            secret = bytes.fromhex(test["private"])
            if curve:
                number = int.from_bytes(secret, "big")
                private = ec.derive_private_key(number, curve)
            else:
                private = x25519.X25519PrivateKey.from_private_bytes(secret)
            name = client.imported(algorithm, pkcs8(private))
            kdf = {"hash": "sha256", "info": "", "bytes": 32}
            answer = client.send("POST", f"/v1/keys/{name}/agree", {"public_key": b64(bytes.fromhex(test["public"])), "kdf": kdf})
            right = answer.status == 200 and unb64(answer["shared_secret"]) == HKDF(HASHES["sha256"](), 32, None, b"").derive(bytes.fromhex(test["shared"]))
            # Longer than any key is a fault of the request.
            refused = answer.status == 422 and answer.code in ("public_key_invalid", "schema_violation")
            if test["result"] == "valid":
                yield label(file, test), right
            elif test["result"] == "invalid":
                yield label(file, test), refused
            else:
                # docs/algorithms.md says which of them are taken.
                yield label(file, test), right or refused
