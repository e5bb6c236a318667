// raft_log rows: golden vectors, round trip, and that every damaged bit is noticed.
import fc from "fast-check";
import { decodeLogEntry, encodeLogEntry, logEntryKey } from "../../../src/storage/log-entry";
import { readVectors } from "../vectors";

test("golden vectors", () => {
  for (const { group, index, term, type, payload, key, value } of readVectors().logEntries) {
    const entry = { index, term, type, payload: Buffer.from(payload, "hex") };
    expect(logEntryKey(group, index).toString("hex")).toBe(key);
    expect(encodeLogEntry(group, entry).toString("hex")).toBe(value);
    expect(decodeLogEntry(group, index, Buffer.from(value, "hex"))).toEqual(entry);
  }
});

const entries = fc.record({
  index: fc.maxSafeNat(),
  term: fc.maxSafeNat(),
  type: fc.constantFrom(0, 1, 2),
  payload: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
});
const groups = fc.integer({ min: 0, max: 0xffff_ffff });

test("what is written is read; a flipped bit, a cut or another place is refused", () => {
  fc.assert(
    fc.property(groups, entries, fc.nat(), (group, entry, position) => {
      const row = encodeLogEntry(group, entry);
      expect(decodeLogEntry(group, entry.index, row)).toEqual(entry);
      const refused = expect.objectContaining({ code: "CORRUPT_LOG" });
      const damaged = Buffer.from(row);
      damaged[position % row.length]! ^= 1 << (position % 8);
      expect(() => decodeLogEntry(group, entry.index, damaged)).toThrow(refused);
      expect(() => decodeLogEntry(group, entry.index, row.subarray(0, position % row.length))).toThrow(
        refused,
      );
      const otherIndex = entry.index === 5 ? 6 : 5;
      expect(() => decodeLogEntry(group, otherIndex, row)).toThrow(refused);
      expect(() => decodeLogEntry(group === 5 ? 6 : 5, entry.index, row)).toThrow(refused);
    }),
  );
});
