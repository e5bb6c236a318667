// Batches against the decoder of payloads: random operations, growth of the buffer, truncation, the header.
import { SeededRandom } from "../../../src/base/index";
import type { ByteString } from "../../../src/base/index";
import { Batch, OPERATION_OVERHEAD_MAX_BYTES } from "../../../src/kv/batch";
import { HybridClock } from "../../../src/kv/hybrid-clock";
import {
  OperationReader,
  OperationTag,
  PAYLOAD_HEADER_BYTES,
  ValueEncoding,
  ValueType,
  decodeValueHeader,
  encodeValueHeader,
  endsBatch,
  headerKey,
  readPayloadHeader,
} from "../../../src/storage/index";

type Operation = readonly [tag: number, key: ByteString, value: ByteString];

function decode(payload: Buffer): Operation[] {
  const { operationCount } = readPayloadHeader(payload);
  const reader = new OperationReader(payload, PAYLOAD_HEADER_BYTES, payload.length, operationCount);
  const operations: Operation[] = [];
  while (reader.next()) {
    const key = payload.toString("latin1", reader.keyStart, reader.keyEnd);
    operations.push([reader.tag, key, payload.toString("latin1", reader.valueStart, reader.valueEnd)]);
  }
  return operations;
}

function appendRandom(random: SeededRandom, batch: Batch): Operation {
  const text = (maxBytes: number): ByteString =>
    random.bytes(random.between(1, random.chance(0.1) ? maxBytes : 20)).toString("latin1");
  const key = "\x20" + text(300);
  const value = text(5000);
  const expiryMs = random.chance(0.5) ? 0 : 1 + random.next32() * 256;
  switch (random.below(5)) {
    case 0:
      batch.put(key, value);
      return [OperationTag.put, key, value];
    case 1:
      batch.delete(key);
      return [OperationTag.delete, key, ""];
    case 2:
      batch.deleteRange(key, key + "\xff");
      return [OperationTag.deleteRange, key, key + "\xff"];
    case 3: {
      const header = {
        type: ValueType.hash,
        encoding: ValueEncoding.elements,
        expiryMs,
        versionMs: random.next32() * 256,
        versionCounter: random.below(65536),
        length: random.next32() * 256,
        rest: random.chance(0.5) ? "" : value,
      };
      batch.putHeader(headerKey(7, key), header);
      return [OperationTag.put, headerKey(7, key), encodeValueHeader(header)];
    }
    default: {
      const source = Buffer.from(`..${key}${value}..`, "latin1");
      const keyEnd = 2 + key.length;
      const valueEnd = keyEnd + value.length;
      batch.putInlineString(9, source, 2, keyEnd, source, keyEnd, valueEnd, expiryMs, 1234, 5);
      return [
        OperationTag.put,
        headerKey(9, key),
        encodeValueHeader({
          type: ValueType.string,
          encoding: ValueEncoding.inline,
          expiryMs,
          versionMs: 1234,
          versionCounter: 5,
          length: value.length,
          rest: value,
        }),
      ];
    }
  }
}

test("what goes in comes out, with any growth and any truncation on the way", () => {
  const first = Number(process.env["BASALT_KV_SEED"] ?? 1);
  for (let seed = first; seed < first + 100; seed++) {
    const random = new SeededRandom(seed);
    const batch = new Batch(1, random.between(PAYLOAD_HEADER_BYTES, 200));
    const expected: Operation[] = [];
    for (let i = random.between(0, 60); i > 0; i--) {
      const before = batch.length;
      const operation = appendRandom(random, batch);
      expect(batch.length - before).toBeLessThanOrEqual(
        operation[1].length + operation[2].length + OPERATION_OVERHEAD_MAX_BYTES,
      );
      expected.push(operation);
      if (random.chance(0.1)) {
        const [length, count] = [batch.length, batch.operationCount];
        for (let more = random.below(3); more >= 0; more--) appendRandom(random, batch);
        batch.truncate(length, count);
      }
    }
    expect(batch.isEmpty).toBe(expected.length === 0);
    const [payload] = batch.seal(3, 4, clockAt(2 ** 40 + 5), Infinity) as [Buffer];
    expect({ seed, operations: decode(payload) }).toEqual({ seed, operations: expected });
    expect(readPayloadHeader(payload)).toEqual({
      flags: 0,
      term: 3,
      routeEpoch: 4,
      hlcMs: 2 ** 40 + 5,
      hlcCounter: 0,
      operationCount: expected.length,
      fragment: 0,
    });
  }
});

test("an inline string is the row that its header and bytes make", () => {
  const batch = new Batch(1, 64);
  const source = Buffer.from("keyvalue");
  batch.putInlineString(0, source, 0, 3, source, 3, 8, 99, 7, 8);
  const [[, key, row]] = decode(batch.seal(1, 0, clockAt(7), Infinity)[0]!) as [Operation];
  expect(key).toBe(headerKey(0, "key"));
  expect(decodeValueHeader(row)).toEqual({
    type: ValueType.string,
    encoding: ValueEncoding.inline,
    expiryMs: 99,
    versionMs: 7,
    versionCounter: 8,
    length: 5,
    rest: "value",
  });
});

test("a batch that is longer than an entry becomes fragments, cut between operations, with rising clocks", () => {
  const random = new SeededRandom(5);
  for (let round = 0; round < 50; round++) {
    const batch = new Batch(1, 64);
    const expected: Operation[] = [];
    for (let i = random.between(1, 60); i > 0; i--) expected.push(appendRandom(random, batch));
    const maxEntryBytes = random.between(PAYLOAD_HEADER_BYTES + 1, 400);
    const payloads = batch.seal(3, 4, clockAt(1000), maxEntryBytes);
    const headers = payloads.map(readPayloadHeader);
    expect(payloads.flatMap(decode)).toEqual(expected);
    if (payloads.length === 1) {
      expect(headers[0]!.flags === 0 || expected.length === 1).toBe(true);
      continue;
    }
    headers.forEach((header, fragment) => {
      const isLast = fragment === payloads.length - 1;
      expect(header).toMatchObject({ flags: isLast ? 3 : 1, fragment, hlcMs: 1000, hlcCounter: fragment });
      expect(payloads[fragment]!.length <= maxEntryBytes || header.operationCount === 1).toBe(true);
      expect(endsBatch(payloads[fragment]!)).toBe(isLast);
    });
  }
});

function clockAt(wallMs: number): HybridClock {
  const clock = new HybridClock({ wallMs: () => wallMs, monotonicMs: () => 0 });
  clock.nowMs();
  return clock;
}
