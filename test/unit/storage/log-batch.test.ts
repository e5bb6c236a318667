// LogBatch against a second reader of its records (the twin's), through growth and reuse.
import fc from "fast-check";
import { LogBatch, LogRecord } from "../../../src/storage/log-batch";
import { decodeLogEntry } from "../../../src/storage/log-entry";
import { decodeLogBatch } from "../../../src/storage/memory/group-log";

const group = fc.integer({ min: 0, max: 0xffff_ffff });
const number = fc.maxSafeNat();
const bytes = fc.uint8Array({ maxLength: 300 }).map((data) => Buffer.from(data));
const record = fc.oneof(
  fc.record({
    kind: fc.constant(LogRecord.append),
    group,
    index: number,
    term: number,
    type: fc.nat(2),
    payload: bytes,
  }),
  fc.record({ kind: fc.constant(LogRecord.hardState), group, term: number, vote: number, commit: number }),
  fc.record({ kind: fc.constant(LogRecord.cutSuffix), group, index: number }),
  fc.record({ kind: fc.constant(LogRecord.compact), group, index: number, term: number }),
  fc.record({ kind: fc.constant(LogRecord.configuration), group, bytes }),
);

test("what is put in comes out, also from a batch that is used again", () => {
  const batch = new LogBatch();
  fc.assert(
    fc.property(fc.array(record, { maxLength: 60 }), (records) => {
      batch.clear();
      expect(batch.isEmpty).toBe(true);
      for (const wanted of records) {
        const { group, kind } = wanted;
        if (kind === LogRecord.append)
          batch.append(group, wanted.index, wanted.term, wanted.type, wanted.payload);
        else if (kind === LogRecord.hardState)
          batch.hardState(group, wanted.term, wanted.vote, wanted.commit);
        else if (kind === LogRecord.cutSuffix) batch.cutSuffix(group, wanted.index);
        else if (kind === LogRecord.compact) batch.compact(group, wanted.index, wanted.term);
        else batch.configuration(group, wanted.bytes);
      }
      expect(batch.isEmpty).toBe(records.length === 0);
      const changes = decodeLogBatch(batch);
      // Nothing of what came out points into the batch.
      batch.control.fill(0xee);
      expect(changes).toHaveLength(records.length);
      changes.forEach((change, at) => {
        const wanted = records[at]!;
        if (change.kind === LogRecord.append && wanted.kind === LogRecord.append) {
          const { group, index, term, type, payload } = wanted;
          expect(change).toMatchObject({ group, index, term });
          expect(change.payload).toBe(payload);
          expect(decodeLogEntry(group, index, change.row)).toEqual({ index, term, type, payload });
        } else if (change.kind === LogRecord.hardState && wanted.kind === LogRecord.hardState) {
          const { term, vote, commit } = wanted;
          expect(change).toEqual({
            kind: wanted.kind,
            group: wanted.group,
            hardState: { term, vote, commit },
          });
        } else expect(change).toEqual(wanted);
      });
    }),
  );
});

test("a configuration is small", () => {
  expect(() => new LogBatch().configuration(1, Buffer.alloc(0x10000))).toThrow("small");
});
