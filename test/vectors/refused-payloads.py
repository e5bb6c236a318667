#!/usr/bin/env python3
"""Writes refused-payloads.json: entry payloads that every decoder must refuse, computed apart from our own code.

Run as `python3 test/vectors/refused-payloads.py > test/vectors/refused-payloads.json`. Bytes are hex.
"""
import json
import struct

u32 = lambda value: struct.pack(">I", value)
u64 = lambda value: struct.pack(">Q", value)


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def operation(tag, key, value=None):
    return varint(tag) + varint(len(key)) + key + (b"" if value is None else varint(len(value)) + value)


def payload(encoded, flags=0, term=1, epoch=0, fragment=0, count=None):
    count = len(encoded) if count is None else count
    return b"\x01" + bytes([flags]) + u64(term) + u64(epoch) + u64(1) + u32(count) + u32(fragment) + b"".join(encoded)


KEY = b"\x10key"
GOOD = payload([operation(0, KEY, b"v")])

refused = [
    ("nothing", b""),
    ("a header cut short", GOOD[:33]),
    ("format 2", b"\x02" + GOOD[1:]),
    ("flags 2", payload([operation(0, KEY, b"v")], flags=2)),
    ("flags 4", payload([operation(0, KEY, b"v")], flags=4)),
    ("a term of 2^53", payload([], term=2**53)),
    ("a route epoch of 2^53", payload([], epoch=2**53)),
    ("a whole batch with a fragment number", payload([], fragment=1)),
    ("an operation cut short", GOOD[:-1]),
    ("bytes behind the last operation", GOOD + b"\0"),
    ("fewer operations than announced", payload([operation(0, KEY, b"v")], count=2)),
    ("tag 3", payload([operation(3, KEY)])),
    ("an empty key", payload([operation(0, b"", b"v")])),
    ("a tag that is not in its shortest form", payload([b"\x81\x00" + operation(1, KEY)[1:]])),
    ("a length of 2^53", payload([b"\x01" + varint(2**53) + KEY])),
    ("a length beyond 64 bits", payload([b"\x01" + b"\xff" * 10 + b"\x01" + KEY])),
    ("a put of the applied record", payload([operation(0, b"\0\x01", b"v")])),
    ("a delete of the applied record", payload([operation(1, b"\0\x01")])),
    ("a range over the applied record", payload([operation(2, b"\0", b"\0\x02")])),
    ("a range from the applied record", payload([operation(2, b"\0\x01", b"\0\x02")])),
    ("a put into space 0x41", payload([operation(0, b"\x41a", b"v")])),
    ("a put into space 0xff", payload([operation(0, b"\xffa", b"v")])),
    ("a range into another space", payload([operation(2, b"\x10a", b"\x11a")])),
    ("a range from kv_data into tombstones", payload([operation(2, b"\x11a", b"\x40a")])),
    ("a range that ends before it starts", payload([operation(2, b"\x10b", b"\x10a")])),
    ("a range without an end", payload([operation(2, b"\x10b", b"")])),
]

rows = ",\n".join("  " + json.dumps({"why": why, "bytes": data.hex()}) for why, data in refused)
print('{\n "refusedPayloads": [\n' + rows + "\n ]\n}")
