"""Strongroom against Python's `cryptography`, both ways: one makes, the other takes."""

import base64
import hashlib
import json
import os

from client import HASHES, b64, pkcs8, spki, unb64
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import cmac, hmac, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils, x25519
from cryptography.hazmat.primitives.ciphers import aead, algorithms
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CURVES = {
    "p256": (ec.SECP256R1(), "sha256", "P-256"),
    "p384": (ec.SECP384R1(), "sha384", "P-384"),
    "p521": (ec.SECP521R1(), "sha512", "P-521"),
    "secp256k1": (ec.SECP256K1(), "sha256", "secp256k1"),
}
MESSAGE = b"a message that is signed, and long enough to be worth it"


def verifies(verify):
    try:
        verify()
        return True
    except InvalidSignature:
        return False


def checks(client):
    yield from hashing(client)
    yield from encryption(client)
    yield from macs(client)
    yield from derivation(client)
    yield from wrapping(client)
    yield from ecdsa(client)
    yield from eddsa(client)
    yield from rsa_keys(client)
    yield from agreement(client)
    yield from refused_imports(client)


def hashing(client):
    for name in HASHES:
        if name == "sha1":
            continue
        ours = client.post("/v1/hash", {"message": b64(MESSAGE), "hash": name})
        yield name, unb64(ours["digest"]) == hashlib.new(name.replace("-", "_"), MESSAGE).digest()


def encryption(client):
    kinds = [("aes-256-gcm", aead.AESGCM, 32), ("aes-128-gcm", aead.AESGCM, 16), ("chacha20-poly1305", aead.ChaCha20Poly1305, 32)]
    for algorithm, kind, length in kinds:
        material = os.urandom(length)
        name, theirs = client.imported(algorithm, material), kind(material)
        for data in (b"", b"associated"):
            members = {"associated_data": b64(data)} if data else {}
            text = client.use(name, "encrypt", plaintext=b64(MESSAGE), **members)["ciphertext"]
            sealed = unb64(text.split(":")[3])
            yield f"{algorithm} ours", theirs.decrypt(sealed[:12], sealed[12:], data or None) == MESSAGE
            nonce = os.urandom(12)
            sealed = nonce + theirs.encrypt(nonce, MESSAGE, data or None)
            back = client.use(name, "decrypt", ciphertext="sr:1:1:" + b64(sealed), **members)
            yield f"{algorithm} theirs", unb64(back["plaintext"]) == MESSAGE
        edited = bytearray(sealed)
        edited[-1] ^= 1
        answer = client.send("POST", f"/v1/keys/{name}/decrypt", {"ciphertext": "sr:1:1:" + b64(bytes(edited)), **members})
        yield f"{algorithm} edited", (answer.status, answer.code) == (422, "decryption_failed")


def macs(client):
    for algorithm, own in [(f"hmac-{h}", h) for h in ("sha224", "sha256", "sha384", "sha512")]:
        material = os.urandom(40)
        name = client.imported(algorithm, material)
        for hash_name in (None, "sha256", "sha3-384"):
            members = {"hash": hash_name} if hash_name else {}
            theirs = hmac.HMAC(material, HASHES[hash_name or own]())
            theirs.update(MESSAGE)
            mac = theirs.finalize()
            yield f"{algorithm} {hash_name}", unb64(client.use(name, "mac", message=b64(MESSAGE), **members)["mac"]) == mac
            yield f"{algorithm} verify", client.use(name, "verify-mac", message=b64(MESSAGE), mac=b64(mac), **members)["valid"]
            yield f"{algorithm} short", not client.use(name, "verify-mac", message=b64(MESSAGE), mac=b64(mac[:-1]), **members)["valid"]
    material = os.urandom(32)
    name, theirs = client.imported("aes-256-cmac", material), cmac.CMAC(algorithms.AES(material))
    theirs.update(MESSAGE)
    yield "aes-256-cmac", unb64(client.use(name, "mac", message=b64(MESSAGE))["mac"]) == theirs.finalize()


def derivation(client):
    material = os.urandom(32)
    name = client.imported("hkdf-sha256", material)
    for salt in (b"", b"salt"):
        members = {"salt": b64(salt)} if salt else {}
        theirs = HKDF(HASHES["sha256"](), 100, salt or None, b"info").derive(material)
        ours = client.use(name, "derive", info=b64(b"info"), bytes=100, **members)
        yield f"hkdf-sha256 {salt}", unb64(ours["derived"]) == theirs


def wrapping(client):
    material = os.urandom(32)
    name = client.imported("aes-256-kwp", material)
    for secret in (os.urandom(1), os.urandom(32), os.urandom(1001)):
        wrapped = client.use(name, "wrap", key_material=b64(secret))["wrapped"]
        yield "kwp ours", keywrap.aes_key_unwrap_with_padding(material, unb64(wrapped)) == secret
        theirs = keywrap.aes_key_wrap_with_padding(material, secret)
        yield "kwp theirs", unb64(client.use(name, "unwrap", wrapped=b64(theirs))["key_material"]) == secret


def same_public(client, name, public):
    """That PEM, DER, JWK and raw all are this public key."""
    yield f"{name} pem", spki(serialization.load_pem_public_key(client.public_key(name, "pem"))) == spki(public)
    yield f"{name} der", client.public_key(name, "der") == spki(public)
    jwk = json.loads(client.public_key(name, "jwk"))
    number = lambda member: int.from_bytes(base64.urlsafe_b64decode(jwk[member] + "=="), "big")
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        yield f"{name} jwk", (jwk["kty"], number("n"), number("e")) == ("RSA", numbers.n, numbers.e)
        answer = client.send("GET", f"/v1/keys/{name}/public-key?format=raw")
        yield f"{name} raw", (answer.status, answer.code) == (422, "scheme_not_of_key")
        return
    raw = client.public_key(name, "raw")
    if isinstance(public, ec.EllipticCurvePublicKey):
        numbers = public.public_numbers()
        yield f"{name} jwk", (jwk["kty"], number("x"), number("y")) == ("EC", numbers.x, numbers.y)
        point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        yield f"{name} raw", raw == point
    else:
        plain = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        yield f"{name} jwk", (jwk["kty"], number("x")) == ("OKP", int.from_bytes(plain, "big"))
        yield f"{name} raw", raw == plain


def ecdsa(client):
    for suffix, (curve, own, jwk_curve) in CURVES.items():
        private = ec.generate_private_key(curve)
        name = client.imported("ecdsa-" + suffix, pkcs8(private))
        yield from same_public(client, name, private.public_key())
        size = (curve.key_size + 7) // 8
        for hash_name in (own, "sha256", "sha512", "sha3-256"):
            digest = HASHES[hash_name]()
            h = hashlib.new(hash_name.replace("-", "_"), MESSAGE).digest()
            for encoding in ("der", "p1363", "jws"):
                for source in ({"message": b64(MESSAGE)}, {"digest": b64(h)}):
                    label = f"ecdsa-{suffix} {hash_name} {encoding} {list(source)[0]}"
                    members = {"hash": hash_name, "encoding": encoding, **source}
                    ours = unb64(client.use(name, "sign", **members)["signature"])
                    der = ours
                    if encoding != "der":
                        yield label + " length", len(ours) == 2 * size
                        der = utils.encode_dss_signature(int.from_bytes(ours[:size], "big"), int.from_bytes(ours[size:], "big"))
                    yield label + " ours", verifies(lambda: private.public_key().verify(der, MESSAGE, ec.ECDSA(digest)))
                    theirs = private.sign(MESSAGE, ec.ECDSA(digest))
                    if encoding != "der":
                        r, s = utils.decode_dss_signature(theirs)
                        theirs = r.to_bytes(size, "big") + s.to_bytes(size, "big")
                    yield label + " theirs", client.use(name, "verify", signature=b64(theirs), **members)["valid"]
                    edited = theirs[:-1] + bytes([theirs[-1] ^ 1])
                    yield label + " edited", not client.use(name, "verify", signature=b64(edited), **members)["valid"]


def eddsa(client):
    private = ed25519.Ed25519PrivateKey.generate()
    name = client.imported("ed25519", pkcs8(private))
    yield from same_public(client, name, private.public_key())
    ours = unb64(client.use(name, "sign", message=b64(MESSAGE))["signature"])
    yield "ed25519 ours", verifies(lambda: private.public_key().verify(ours, MESSAGE))
    yield "ed25519 deterministic", ours == private.sign(MESSAGE)
    yield "ed25519 theirs", client.use(name, "verify", message=b64(MESSAGE), signature=b64(private.sign(MESSAGE)))["valid"]
    yield "ed25519 edited", not client.use(name, "verify", message=b64(MESSAGE + b"x"), signature=b64(ours))["valid"]


def rsa_keys(client):
    for bits in (2048, 3072, 4096):
        private = rsa.generate_private_key(65537, bits)
        name = client.imported(f"rsa-{bits}", pkcs8(private), usages=["sign", "verify", "encrypt", "decrypt"])
        yield from same_public(client, name, private.public_key())
        for hash_name in ("sha256", "sha512") if bits == 2048 else ("sha384",):
            digest = HASHES[hash_name]()
            h = hashlib.new(hash_name, MESSAGE).digest()
            maximum = padding.PSS.MAX_LENGTH
            schemes = [
                ({"padding": "pkcs1v15"}, padding.PKCS1v15(), padding.PKCS1v15()),
                ({}, padding.PSS(padding.MGF1(digest), digest.digest_size), padding.PSS(padding.MGF1(digest), digest.digest_size)),
                ({"salt_length": 17}, padding.PSS(padding.MGF1(digest), 17), padding.PSS(padding.MGF1(digest), 17)),
                ({"salt_length": "auto"}, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), padding.PSS(padding.MGF1(digest), maximum)),
            ]
            for members, verifying, signing in schemes:
                for source in ({"message": b64(MESSAGE)}, {"digest": b64(h)}):
                    label = f"rsa-{bits} {hash_name} {members} {list(source)[0]}"
                    asked = {"hash": hash_name, **members, **source}
                    ours = unb64(client.use(name, "sign", **asked)["signature"])
                    yield label + " ours", verifies(lambda: private.public_key().verify(ours, MESSAGE, verifying, digest))
                    theirs = private.sign(MESSAGE, signing, digest)
                    yield label + " theirs", client.use(name, "verify", signature=b64(theirs), **asked)["valid"]
        for label in (b"", b"label"):
            members = {"associated_data": b64(label)} if label else {}
            digest = HASHES["sha256"]()
            oaep = padding.OAEP(padding.MGF1(digest), digest, label or None)
            text = client.use(name, "encrypt", plaintext=b64(MESSAGE), **members)["ciphertext"]
            yield f"rsa-{bits} oaep ours", private.decrypt(unb64(text.split(":")[3]), oaep) == MESSAGE
            theirs = "sr:1:1:" + b64(private.public_key().encrypt(MESSAGE, oaep))
            yield f"rsa-{bits} oaep theirs", unb64(client.use(name, "decrypt", ciphertext=theirs, **members)["plaintext"]) == MESSAGE


def agreement(client):
    def check(name, private, peer):
        secret = private.exchange(ec.ECDH(), peer.public_key()) if hasattr(private, "curve") else private.exchange(peer.public_key())
        for hash_name in ("sha256", "sha512"):
            theirs = HKDF(HASHES[hash_name](), 48, None, b"info").derive(secret)
            kdf = {"hash": hash_name, "info": b64(b"info"), "bytes": 48}
            ours = client.use(name, "agree", public_key=b64(spki(peer.public_key())), kdf=kdf)
            yield f"{name} {hash_name}", unb64(ours["shared_secret"]) == theirs

    for suffix in ("p256", "p384", "p521"):
        curve = CURVES[suffix][0]
        private = ec.generate_private_key(curve)
        name = client.imported("ecdh-" + suffix, pkcs8(private))
        yield from same_public(client, name, private.public_key())
        yield from check(name, private, ec.generate_private_key(curve))
    private = x25519.X25519PrivateKey.generate()
    name = client.imported("x25519", pkcs8(private))
    yield from same_public(client, name, private.public_key())
    yield from check(name, private, x25519.X25519PrivateKey.generate())


def refused_imports(client):
    p256 = pkcs8(ec.generate_private_key(ec.SECP256R1()))
    weak = rsa.generate_private_key(3, 2048)
    cases = [
        ("another curve", "ecdsa-p384", p256),
        ("another kind", "ed25519", p256),
        ("another length", "aes-256-gcm", os.urandom(16)),
        ("a small exponent", "rsa-2048", pkcs8(weak)),
        ("another size", "rsa-3072", pkcs8(rsa.generate_private_key(65537, 2048))),
        ("not PKCS#8", "ecdsa-p256", os.urandom(100)),
    ]
    for label, algorithm, material in cases:
        _, answer = client.try_import(algorithm, material)
        yield f"import of {label}", (answer.status, answer.code) == (422, "key_material_invalid")
    _, answer = client.try_import("aes-256-gcm", os.urandom(32), oaep_hash="sha1")
    yield "import wrapped with SHA-1", answer.status == 201
