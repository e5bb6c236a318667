// Entry payloads and operations: golden vectors, round trips, and what is refused.
import fc from "fast-check";
import {
  OperationReader,
  PAYLOAD_HEADER_BYTES,
  putPayloadHeader,
  readPayloadHeader,
} from "../../../src/storage/payload";
import { readVectors } from "../vectors";
import { encodeOperation, payloadOf, put, remove, removeRange } from "./log-builder";
import type { TestOperation } from "./log-builder";

const vectors = readVectors();

interface ReadOperation {
  readonly tag: number;
  readonly key: string;
  readonly value: string;
}

function readOperations(payload: Buffer, start: number, count: number): ReadOperation[] {
  const reader = new OperationReader(payload, start, payload.length, count);
  const operations: ReadOperation[] = [];
  while (reader.next()) {
    const { tag } = reader;
    const key = payload.toString("hex", reader.keyStart, reader.keyEnd);
    operations.push({ tag, key, value: payload.toString("hex", reader.valueStart, reader.valueEnd) });
  }
  expect(reader.at).toBe(payload.length);
  return operations;
}

describe("golden vectors", () => {
  test("the README's example", () => {
    expect([...encodeOperation(put("foo", "bar"))]).toEqual([0, 3, 102, 111, 111, 3, 98, 97, 114]);
  });

  test("operations", () => {
    for (const { tag, key, value, bytes } of vectors.operations) {
      expect(readOperations(Buffer.from(bytes, "hex"), 0, 1)).toEqual([{ tag, key, value }]);
    }
  });

  test("payloads", () => {
    for (const { bytes, operations, ...header } of vectors.payloads) {
      const payload = Buffer.from(bytes, "hex");
      expect(readPayloadHeader(payload)).toEqual(header);
      const written = Buffer.alloc(PAYLOAD_HEADER_BYTES + 1, 0xaa);
      putPayloadHeader(written, 1, header);
      expect(written.subarray(1).equals(payload.subarray(0, PAYLOAD_HEADER_BYTES))).toBe(true);
      const expected = operations
        .map((at) => vectors.operations[at]!)
        .map(({ tag, key, value }) => ({ tag, key, value }));
      expect(readOperations(payload, PAYLOAD_HEADER_BYTES, header.operationCount)).toEqual(expected);
    }
  });
});

const text = fc
  .uint8Array({ minLength: 1, maxLength: 200 })
  .map((bytes) => Buffer.from(bytes).toString("latin1"));
const operation: fc.Arbitrary<TestOperation> = fc.oneof(
  fc.tuple(text, text).map(([key, value]) => put(key, value)),
  text.map((key) => remove(key)),
  fc.tuple(text, text).map(([lower, upper]) => removeRange(lower, upper)),
);

test("what is written is read, and every cut of it is refused", () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1, maxLength: 8 }), fc.nat(), (operations, cut) => {
      const payload = payloadOf(operations, {
        term: 3,
        hlcMs: 2 ** 48 - 1,
        hlcCounter: 65535,
        flags: 3,
        fragment: 9,
      });
      const header = readPayloadHeader(payload);
      expect(header).toMatchObject({ term: 3, hlcMs: 2 ** 48 - 1, hlcCounter: 65535, flags: 3, fragment: 9 });
      const read = readOperations(payload, PAYLOAD_HEADER_BYTES, header.operationCount);
      expect(read).toHaveLength(operations.length);
      operations.forEach((wanted, at) => {
        const hex = (part: string): string => Buffer.from(part, "latin1").toString("hex");
        const key = wanted.kind === "deleteRange" ? wanted.lower : wanted.key;
        const value = wanted.kind === "put" ? wanted.value : wanted.kind === "delete" ? "" : wanted.upper;
        expect(read[at]).toMatchObject({ key: hex(key), value: hex(value) });
      });
      const short = payload.subarray(0, cut % payload.length);
      expect(() => {
        readOperations(short, PAYLOAD_HEADER_BYTES, readPayloadHeader(short).operationCount);
      }).toThrow(expect.objectContaining({ code: "CORRUPT_PAYLOAD" }));
    }),
  );
});

describe("refused headers", () => {
  const whole = payloadOf([], { term: 1, hlcMs: 1 });
  const changes: [string, (payload: Buffer) => void, string][] = [
    ["another format", (payload) => (payload[0] = 2), "format 2"],
    ["an unknown flag", (payload) => (payload[1] = 4), "flags 4"],
    ["a last fragment that is none", (payload) => (payload[1] = 2), "flags 2"],
    ["a fragment number of a whole batch", (payload) => (payload[33] = 1), "no fragment number"],
    ["a term above 2^53", (payload) => (payload[3] = 0x20), "out of range"],
    ["a route epoch above 2^53", (payload) => (payload[10] = 1), "out of range"],
  ];
  test.each(changes)("%s", (_, change, message) => {
    const payload = Buffer.from(whole);
    change(payload);
    expect(() => readPayloadHeader(payload)).toThrow(message);
  });
});

describe("refused operations", () => {
  const read = (...bytes: number[]) => {
    return () => readOperations(Buffer.from(bytes), 0, 1);
  };
  test.each([
    ["an unknown tag", [3, 1, 97]],
    ["a tag in a long form", [0x80, 0, 1, 97, 0]],
    ["an empty key", [0, 0, 1, 97]],
    ["a key over the end", [1, 2, 97]],
    ["a value over the end", [0, 1, 97, 2, 98]],
    ["no value", [0, 1, 97]],
    ["a length of 2^49", [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
    ["bytes behind the last one", [1, 1, 97, 0]],
  ])("%s", (_, bytes) => {
    expect(read(...bytes)).toThrow(expect.objectContaining({ code: "CORRUPT_PAYLOAD" }));
  });

  test("fewer than announced", () => {
    expect(() => readOperations(Buffer.from([1, 1, 97]), 0, 2)).toThrow("cut short");
  });
});
