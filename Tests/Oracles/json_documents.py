"""Writes random JSON texts, most of them right, with what Python's json makes of each.

usage: json_documents.py COUNT SEED

A line a text: its bytes in base64, a tab, and one of
  value CANONICAL     Python reads it, and so should we
  neither             Python does not read it, nor should we
  stricter REASON     Python reads it, and we should not, for this reason

CANONICAL: n t f for null, true, false; i and an integer's digits; r and a double's bits; s and a string's UTF-8, both in
hexadecimal; [a,b] and {k:v,...} with the names as strings' hexadecimal, in the order of the text.
"""

import base64
import json
import random
import struct
import sys

MAXIMUM_DEPTH = 32


class Reasons:
    """Why a text that Python reads is not read here."""

    def __init__(self):
        self.found = []

    def members(self, pairs):
        if len({name for name, _ in pairs}) < len(pairs):
            self.found.append("duplicate member")
        return Object(pairs)

    def constant(self, name):
        self.found.append("NaN or Infinity")
        return None

    def integer(self, text):
        value = int(text)
        if not -(2**63) <= value < 2**63:
            self.found.append("integer beyond 64 bits")
        return value

    def real(self, text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            self.found.append("number beyond a double")
        return value


class Object:
    def __init__(self, pairs):
        self.pairs = pairs


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from strings(element)
    elif isinstance(value, Object):
        for name, member in value.pairs:
            yield name
            yield from strings(member)


def depth(value):
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    if isinstance(value, Object):
        return 1 + max((depth(member) for _, member in value.pairs), default=0)
    return 0


def canonical(value):
    if value is None:
        return "n"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "r" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + value.encode().hex()
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return "{" + ",".join(name.encode().hex() + ":" + canonical(member) for name, member in value.pairs) + "}"


def verdict(data):
    reasons = Reasons()
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=reasons.members,
            parse_constant=reasons.constant,
            parse_int=reasons.integer,
            parse_float=reasons.real,
        )
    except ValueError:
        return "neither"
    for text in strings(value):
        if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
            reasons.found.append("lone surrogate")
        if "\0" in text:
            reasons.found.append("NUL in a string")
    if depth(value) > MAXIMUM_DEPTH:
        reasons.found.append("too deep")
    return "stricter " + reasons.found[0] if reasons.found else "value " + canonical(value)


STRINGS = ["", "a", "name", "\u00e9", "\u20ac\u20ac", "\U0001f600", "\"\\/\b\f\n\r\t", "\x7f", "\ufeff", "\u2028", "\x00", "\x01", "A" * 40]
NUMBERS = [
    "0", "-0", "1", "-1", "12", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809",
    "1.0", "-0.0", "0.1", "1e5", "1E+5", "1e-5", "1.5e300", "1e308", "1e309", "-1e999", "5e-324", "1e-400", "123456789012345678901",
    "3.141592653589793", "0.30000000000000004", "1.7976931348623157e308", "2.2250738585072014e-308", "01", "1.", ".5", "+1", "1e",
    "NaN", "Infinity", "-Infinity", "0x10", "1_000",
]
SPACE = ["", "", "", "", " ", "\n", "\t", "\r", " \n "]


def string(source):
    text = source.choice(STRINGS)
    if source.random() < 0.3:
        text += "".join(chr(source.choice([source.randrange(32, 127), source.randrange(160, 0xD800)])) for _ in range(3))
    if source.random() < 0.03:
        return '"' + source.choice(["\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud83d\\u0041", "\\u12", "\\x41", "\\'", "\t"]) + '"'
    if text.find("\x00") >= 0 and source.random() < 0.9:
        text = text.replace("\x00", "")
    return json.dumps(text, ensure_ascii=source.random() < 0.5)


def text(source, level=0):
    kind = source.random()
    if level > 4 or kind < 0.35:
        return source.choice([string(source), source.choice(NUMBERS[:26]), source.choice(NUMBERS), "true", "false", "null"])
    space = source.choice(SPACE)
    count = source.choice([0, 1, 1, 2, 3, 5])
    if kind < 0.65:
        return "[" + space + ("," + space).join(text(source, level + 1) for _ in range(count)) + space + "]"
    names = [string(source) for _ in range(count)]
    if source.random() < 0.9:
        names = list(dict.fromkeys(names))
    return "{" + space + ("," + space).join(name + space + ":" + text(source, level + 1) for name in names) + "}"


def mutated(data, source):
    data = bytearray(data)
    for _ in range(source.choice([1, 1, 2, 3])):
        place = source.randrange(len(data) + 1)
        what = source.random()
        if what < 0.3 and place < len(data):
            del data[place]
        elif what < 0.6 and place < len(data):
            data[place] = source.choice(b'{}[]":,\\ \n0123456789-+.eEtrufalsn\x00\x1f\x7f\x80\xc3\xa9\xed\xa0\xf4\xff')
        elif what < 0.8:
            data[place:place] = source.choice([b",", b"[", b"}", b"\xef\xbb\xbf", b"\xc0\x80", b"\xed\xa0\x80", b"\\u0000", b"//", b" "])
        else:
            end = min(len(data), place + source.randrange(8))
            data[end:end] = data[place:end]
    return bytes(data)


def document(source):
    if source.random() < 0.01:
        levels = source.choice([30, 31, 32, 33, 34, 60])
        opening, closing = source.choice([("[", "]"), ('{"a":', "}")])
        data = (opening * levels + "1" + closing * levels).encode()
    else:
        data = (source.choice(SPACE) + text(source) + source.choice(SPACE)).encode("utf-8", "surrogatepass")
    return mutated(data, source) if source.random() < 0.3 else data


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    source = random.Random(seed)
    for _ in range(count):
        data = document(source)
        sys.stdout.write(base64.b64encode(data).decode() + "\t" + verdict(data) + "\n")


main()
