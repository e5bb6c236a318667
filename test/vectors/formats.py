#!/usr/bin/env python3
"""Writes formats.json: golden vectors of the formats in src/storage/README.md, computed apart from our own code.

Run as `python3 test/vectors/formats.py > test/vectors/formats.json`. The formats are frozen: a change of a line that
exists is a break of the format. Bytes are hex; an HLC is its two parts; every integer is below 2^53.
"""
import json
import struct

SEED = 0x62736C74


def crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x82F63B78 if crc & 1 else crc >> 1
    return crc ^ 0xFFFFFFFF


def murmur3(data, seed):
    mask = 0xFFFFFFFF
    rotate = lambda value, by: ((value << by) | (value >> (32 - by))) & mask
    scramble = lambda block: rotate(block * 0xCC9E2D51 & mask, 15) * 0x1B873593 & mask
    state = seed
    whole = len(data) // 4 * 4
    for (block,) in struct.iter_unpack("<I", data[:whole]):
        state = (rotate(state ^ scramble(block), 13) * 5 + 0xE6546B64) & mask
    if len(data) > whole:
        state ^= scramble(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    state = (state ^ (state >> 16)) * 0x85EBCA6B & mask
    state = (state ^ (state >> 13)) * 0xC2B2AE35 & mask
    return state ^ (state >> 16)


def slot(key):
    start = key.find(b"{")
    if start >= 0:
        end = key.find(b"}", start + 1)
        if end > start + 1:
            key = key[start + 1 : end]
    return crc16(key) % 16384


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


u8 = lambda value: struct.pack(">B", value)
u16 = lambda value: struct.pack(">H", value)
u32 = lambda value: struct.pack(">I", value)
u64 = lambda value: struct.pack(">Q", value)
hlc = lambda ms, counter: u64(ms << 16 | counter)
field = lambda data: varint(len(data)) + data
placed = lambda db, key: u32(db) + u16(slot(key)) + u32(murmur3(key, SEED))

assert crc16(b"123456789") == 0x31C3
assert crc32c(b"123456789") == 0xE3069283
assert murmur3(b"", 0) == 0 and murmur3(b"", 1) == 0x514E28B7 and murmur3(b"test", 0x9747B28C) == 0x704B81DC

USER_KEYS = [
    b"", b"a", b"foo", b"bar", b"hello", b"{user1000}.following", b"{user1000}.followers", b"foo{}{bar}", b"foo{{bar}}zap",
    b"foo{bar}{zap}", b"{}", b"{", b"}{", b"a{b", b"key\x00with\xff\x80bytes", bytes(range(256)), "schlüssel".encode(), b"x" * 300,
]

vectors = {
    "crc32c": [],
    "murmur3": [],
    "userKeys": [],
    "headerKeys": [],
    "elementPrefixes": [],
    "subKeys": [],
    "metaKeys": [],
    "tombstones": [],
    "varints": [],
    "operations": [],
    "payloads": [],
    "logEntries": [],
    "hardStates": [],
    "truncations": [],
    "appliedRecords": [],
    "valueHeaders": [],
}

for data in [b"", b"a", b"123456789", bytes(32), b"\xff" * 32, bytes(range(32)), b"The quick brown fox jumps over the lazy dog"]:
    vectors["crc32c"].append({"data": data.hex(), "crc": crc32c(data)})
    for seed in [0, 1, 0x9747B28C, SEED, 0xFFFFFFFF]:
        vectors["murmur3"].append({"data": data.hex(), "seed": seed, "hash": murmur3(data, seed)})

for key in USER_KEYS:
    vectors["userKeys"].append({"userKey": key.hex(), "slot": slot(key), "hash": murmur3(key, SEED)})
    for db in [0, 15, 0xFFFFFFFF]:
        vectors["headerKeys"].append({"db": db, "userKey": key.hex(), "key": (b"\x10" + placed(db, key) + key).hex()})

for db, key, ms, counter in [
    (0, b"foo", 1, 0), (3, b"", 0, 1), (16, b"{t}h", 1_700_000_000_000, 65535), (0xFFFFFFFF, bytes(range(256)), 2**48 - 1, 7),
]:
    prefix = b"\x11" + placed(db, key) + u32(len(key)) + key + hlc(ms, counter)
    vectors["elementPrefixes"].append(
        {"db": db, "userKey": key.hex(), "versionMs": ms, "versionCounter": counter, "key": prefix.hex()}
    )
    value = b"\x01" + hlc(ms + 5 if ms < 2**47 else ms, 3)
    tombstone = {"valueMs": ms + 5 if ms < 2**47 else ms, "valueCounter": 3, "value": value.hex(), "db": db, "userKey": key.hex()}
    tombstone |= {"versionMs": ms, "versionCounter": counter}
    collection = b"\x40\x01" + prefix[1:]
    vectors["tombstones"].append(tombstone | {"kind": 1, "key": collection.hex()})
    vectors["tombstones"].append(tombstone | {"kind": 2, "key": (b"\x40\x02" + u32(db) + u16(0)).hex()})
    vectors["tombstones"].append(tombstone | {"kind": 3, "key": (b"\x40\x03" + placed(db, key) + key).hex()})

for member in [b"", b"f", b"field", b"\x00\xff" * 40]:
    vectors["subKeys"].append({"member": member.hex(), "subKey": (u32(murmur3(member, SEED)) + member).hex()})

for number in [1, 2, 3, 4]:
    vectors["metaKeys"].append({"field": number, "key": bytes([0, number]).hex()})

for value in [0, 1, 127, 128, 300, 16383, 16384, 2**21 - 1, 2**21, 2**28 - 1, 2**28, 2**31, 2**32, 2**35, 2**42, 2**49, 2**53 - 1]:
    vectors["varints"].append({"value": value, "bytes": varint(value).hex()})


def operation(tag, key, value=None):
    encoded = varint(tag) + field(key) + (b"" if value is None else field(value))
    return {"tag": tag, "key": key.hex(), "value": "" if value is None else value.hex(), "bytes": encoded.hex()}


operations = [
    operation(0, b"foo", b"bar"),
    operation(0, b"\x10" + placed(0, b"foo") + b"foo", b"v"),
    operation(0, b"\x11k", b""),
    operation(1, b"\x10" + placed(0, b"foo") + b"foo"),
    operation(2, b"\x11a", b"\x11b"),
    operation(2, b"\x10" + u32(0xFFFFFFFF), b"\x11"),
    operation(0, b"\x10" + b"k" * 200, b"v" * 20000),
    operation(1, b"\x40\x02" + u32(9) + u16(0)),
]
vectors["operations"] = operations


def payload(chosen, term, route_epoch, ms, counter, flags=0, fragment=0):
    head = b"\x01" + u8(flags) + u64(term) + u64(route_epoch) + hlc(ms, counter) + u32(len(chosen)) + u32(fragment)
    encoded = head + b"".join(bytes.fromhex(operations[at]["bytes"]) for at in chosen)
    return {
        "flags": flags, "term": term, "routeEpoch": route_epoch, "hlcMs": ms, "hlcCounter": counter,
        "operationCount": len(chosen), "fragment": fragment, "operations": chosen, "bytes": encoded.hex(),
    }


vectors["payloads"] = [
    payload([], 1, 0, 1, 0),
    payload([1], 1, 0, 1_700_000_000_000, 0),
    payload([1, 2, 3, 4, 5, 6, 7], 2**53 - 1, 77, 2**48 - 1, 65535),
    payload([2], 5, 3, 9, 1, flags=1, fragment=0),
    payload([3], 5, 3, 10, 0, flags=1, fragment=1),
    payload([4, 1], 5, 3, 10, 1, flags=3, fragment=2),
]

for group, index, term, kind, data in [
    (1, 1, 1, 0, b""),
    (1, 2, 1, 0, bytes.fromhex(vectors["payloads"][1]["bytes"])),
    (0xFFFFFFFF, 2**53 - 1, 2**53 - 1, 2, b"\x00\xff"),
    (7, 300, 4, 1, b"configuration"),
]:
    key = u32(group) + u64(index)
    head = b"\x01" + u8(kind) + u64(term) + data
    row = head + u32(crc32c(key + head))
    vectors["logEntries"].append(
        {"group": group, "index": index, "term": term, "type": kind, "payload": data.hex(), "key": key.hex(), "value": row.hex()}
    )

for term, vote, commit in [(0, 0, 0), (1, 7, 12), (2**53 - 1, 2**53 - 1, 2**53 - 1)]:
    value = b"\x01" + u64(term) + u64(vote) + u64(commit)
    vectors["hardStates"].append({"term": term, "vote": vote, "commit": commit, "value": value.hex()})

for index, term in [(0, 0), (1000, 3), (2**53 - 1, 2**32)]:
    vectors["truncations"].append({"index": index, "term": term, "value": (b"\x01" + u64(index) + u64(term)).hex()})

for index, term, ms, counter in [(1, 1, 0, 0), (123456, 9, 1_700_000_000_000, 65535), (2**53 - 1, 2**53 - 1, 2**48 - 1, 1)]:
    value = b"\x01" + u64(index) + u64(term) + hlc(ms, counter)
    vectors["appliedRecords"].append(
        {"index": index, "term": term, "hlcMs": ms, "hlcCounter": counter, "value": value.hex()}
    )

for kind, encoding, expiry, ms, counter, length, rest in [
    (1, 0, 0, 1_700_000_000_000, 1, 3, b"bar"),
    (1, 0, 0, 1, 0, 0, b""),
    (1, 0, 1_700_000_100_000, 1_700_000_000_000, 65535, 200, b"\x80\xff" * 100),
    (1, 1, 0, 2**48 - 1, 0, 512 * 1024 * 1024, b""),
    (1, 1, 2**53 - 1, 2**48 - 1, 65535, 65537, b""),
    (2, 2, 0, 5, 6, 1, b""),
    (2, 2, 1, 0x8000_0000, 0, 2**32, b""),
    (3, 2, 0, 0x1_8000_0001, 9, 2**53 - 1, b"more"),
    (5, 2, 0x1_8000_0000, 7, 0, 127, b""),
    (6, 2, 0, 7, 0, 128, b"\x00"),
]:
    value = b"\x01" + u8(kind) + u8(encoding) + u8(1 if expiry else 0) + hlc(ms, counter)
    value += (u64(expiry) if expiry else b"") + varint(length) + rest
    vectors["valueHeaders"].append(
        {
            "type": kind, "encoding": encoding, "expiryMs": expiry, "versionMs": ms, "versionCounter": counter,
            "length": length, "rest": rest.hex(), "value": value.hex(),
        }
    )

print("{")
print(",\n".join(
    f" {json.dumps(name)}: [\n" + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n ]" for name, rows in vectors.items()
))
print("}")
