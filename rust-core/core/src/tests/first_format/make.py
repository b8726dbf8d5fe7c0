#!/usr/bin/env python3
"""make.py > fixtures.txt: what an installation of the first format keeps, made from the format's description alone (docs and the
heads of blob.rs, backup/mod.rs, unseal/wrapped.rs and unseal/method.rs) with Python's hashlib and `cryptography`. The fixtures are
frozen: where the core no longer opens them, installations cannot be opened either."""

import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def hkdf(key, info, length=32, salt=b""):
    """RFC 5869 with SHA-256."""
    extracted = hmac.digest(salt or bytes(32), key, "sha256")
    output, block = b"", b""
    while len(output) < length:
        block = hmac.digest(extracted, block + info + bytes([len(output) // 32 + 1]), "sha256")
        output += block
    return output[:length]


def xaes(key, nonce, plaintext, associated_data):
    """nonce || ciphertext || tag of XAES-256-GCM (C2SP)."""
    aes = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    k1 = int.from_bytes(aes.update(bytes(16)), "big") << 1
    if k1 >> 128:
        k1 = (k1 & (1 << 128) - 1) ^ 0x87
    blocks = [bytes([0, counter]) + b"X\0" + nonce[:12] for counter in (1, 2)]
    message_key = b"".join(aes.update((int.from_bytes(b, "big") ^ k1).to_bytes(16, "big")) for b in blocks)
    return nonce + AESGCM(message_key).encrypt(nonce[12:], plaintext, associated_data)


def counted(start):
    """Twenty-four bytes for a nonce."""
    return bytes(range(start, start + 24))


KEY_ID = b"the id of a key!"
ROOT = bytes(range(32))
TOKEN_KEY = bytes(range(32, 64))
EARLIER_ROOT = bytes(range(64, 96))
UNSEAL = bytes(range(96, 128))
MATERIAL = bytes(range(128, 160))
PASSPHRASE = b"correct horse battery staple"
USAGES = 0x1 | 0x2 | 0x10 | 0x20
DERIVED, CONVERGENT = 0x2, 0x4


def seal(sealing_key, version, flags, nonce):
    """A key of XAES-256-GCM, sealed."""
    head = b"SRsk" + struct.pack(">I16sIIIIQ", 1, KEY_ID, version, 2, USAGES, flags, 1_700_000_000)
    return head + xaes(sealing_key, nonce, MATERIAL, head)


def backup_keys(root):
    return hkdf(root, b"strongroom/v1/backup-seal") + hkdf(root, b"strongroom/v1/backup-mac")


def backup(keys, nonce):
    """Two versions and metadata."""
    metadata = b"metadata"
    head = b"SRbk" + struct.pack(">II16sI", 1, 2, KEY_ID, 24 + len(metadata) + 16)
    body = head + xaes(keys[:32], counted(nonce), metadata, head)
    for version in (1, 3):
        sealed = seal(keys[:32], version, 0, counted(nonce + version))
        body += struct.pack(">I", len(sealed)) + sealed
    return body + hmac.digest(keys[32:], body, "sha256")


def wrap(secret, method, parameters, nonce):
    """The root key under the unseal key of a secret."""
    head = b"SRrt" + struct.pack(">I", 1) + hkdf(secret, b"strongroom/v1/unseal-identity", 16)
    head += struct.pack(">I", method) + parameters
    contents = ROOT + TOKEN_KEY + backup_keys(EARLIER_ROOT)
    return head + xaes(hkdf(secret, b"strongroom/v1/unseal-wrap-root"), counted(nonce), contents, head)


def product(a, b):
    """In GF(2^8) with the polynomial of AES."""
    result = 0
    while b:
        result ^= a if b & 1 else 0
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return result


def base32(data):
    digits = "abcdefghijklmnopqrstuvwxyz234567"
    count = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << count * 5 - len(data) * 8
    return "".join(digits[number >> 5 * at & 31] for at in reversed(range(count)))


def shares():
    """Three shares of the secret, two of which give it: their parameters, and their texts."""
    set_id = bytes(range(8))
    slope = bytes(range(160, 192))
    texts, verifiers = [], b""
    for index in (1, 2, 3):
        value = bytes(s ^ product(c, index) for s, c in zip(UNSEAL, slope))
        body = bytes([1]) + set_id + bytes([2, 3, index]) + value
        verifiers += hashlib.sha256(b"strongroom/v1/share-verifier" + body).digest()[:16]
        check = hashlib.sha256(b"strongroom/v1/share-check" + body).digest()[:4]
        texts.append("srs_" + base32(body + check))
    return bytes([2, 3]) + set_id + verifiers, texts


def main():
    salt = bytes(range(16))
    scrypt = hashlib.scrypt(PASSPHRASE, salt=salt, n=1 << 10, r=8, p=1, dklen=32)
    parameters, texts = shares()
    sealing_key = hkdf(ROOT, b"strongroom/v1/seal-keys")
    subkeys = hkdf(MATERIAL, b"context", 64)
    plaintext, associated_data = b"message", b"associated data"
    lengths = struct.pack(">Q", len(associated_data)), struct.pack(">Q", len(plaintext))
    convergent = hmac.digest(subkeys[32:], lengths[0] + associated_data + lengths[1] + plaintext, "sha256")[:24]
    audit_key = hkdf(TOKEN_KEY, b"strongroom/v1/audit-mac")
    found = {
        "wrapped_by_file": wrap(UNSEAL, 1, b"", 1),
        "wrapped_by_passphrase": wrap(scrypt, 2, bytes([10, 8, 1]) + salt, 2),
        "wrapped_by_shares": wrap(UNSEAL, 3, parameters, 3),
        "identity": hkdf(ROOT, b"strongroom/v1/root-identity", 16),
        "file_check": hkdf(ROOT, b"strongroom/v1/root-file-check", 8),
        "token_mac": hmac.digest(TOKEN_KEY, b"a token", "sha256"),
        "token_mac_of_a_file": hmac.digest(hkdf(ROOT, b"strongroom/v1/token-mac"), b"a token", "sha256"),
        "record_mac": hmac.digest(hkdf(ROOT, b"strongroom/v1/record-mac"), b"a record", "sha256"),
        "audit_mac": hmac.digest(audit_key, bytes(32) + b"a record", "sha256"),
        "sealed": seal(sealing_key, 3, 0, counted(4)),
        "sealed_derived": seal(sealing_key, 3, DERIVED, counted(5)),
        "sealed_convergent": seal(sealing_key, 3, DERIVED | CONVERGENT, counted(6)),
        "ciphertext": xaes(MATERIAL, counted(7), plaintext, associated_data),
        "ciphertext_derived": xaes(subkeys[:32], counted(8), plaintext, associated_data),
        "ciphertext_convergent": xaes(subkeys[:32], convergent, plaintext, associated_data),
        "companion_mac": hmac.digest(hkdf(MATERIAL, b"", 32, b"strongroom/v1/companion-mac"), plaintext, "sha256"),
        "backup": backup(backup_keys(ROOT), 9),
        "backup_of_an_earlier_root": backup(backup_keys(EARLIER_ROOT), 20),
    }
    for number, text in enumerate(texts, 1):
        found[f"share_{number}"] = text.encode()
    for name, value in found.items():
        print(name, value.hex())


if __name__ == "__main__":
    main()
