// Random and damaged bytes into every decoder of stored or foreign bytes: each answers with a valid value or a BasaltError
// of its own code, and ends. BASALT_FUZZ_SEED and BASALT_FUZZ_RUNS override seed and number of runs.
import { BasaltError, SeededRandom, bytesOf } from "../../src/base/index";
import { parseElementKey } from "../../src/storage/keys";
import { decodeLogEntry, encodeLogEntry } from "../../src/storage/log-entry";
import {
  OperationReader,
  PAYLOAD_HEADER_BYTES,
  putPayloadHeader,
  readPayloadHeader,
} from "../../src/storage/payload";
import { decodeValueHeader, encodeValueHeader } from "../../src/storage/value-header";

const seed = Number(process.env["BASALT_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const runs = Number(process.env["BASALT_FUZZ_RUNS"] ?? 20_000);

/** Mostly near something valid: bytes flipped, cut, repeated or put in. */
function damaged(random: SeededRandom, source: Buffer): Buffer {
  let bytes = Buffer.from(source);
  for (let change = random.below(4); change > 0; change--) {
    const at = random.below(bytes.length + 1);
    switch (random.below(5)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
        break;
      case 1:
        if (at < bytes.length) bytes[at] = random.pick([0, 0x7f, 0x80, 0xff]);
        break;
      case 2:
        bytes = bytes.subarray(0, at);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, at), random.bytes(random.below(12)), bytes.subarray(at)]);
        break;
      default:
        bytes = Buffer.concat([bytes, bytes.subarray(at)]);
    }
  }
  return bytes;
}

function expectCode(error: unknown, code: string): void {
  if (!(error instanceof BasaltError) || error.code !== code) throw error;
}

function natural(value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${value} is no natural number`);
}

function samplePayload(random: SeededRandom): Buffer {
  const operations: Buffer[] = [];
  for (let left = random.below(6); left > 0; left--) {
    const tag = random.below(3);
    const key = random.bytes(random.between(1, 30));
    const value = random.bytes(random.below(100));
    const head = Buffer.concat([Buffer.from([tag, key.length]), key]);
    operations.push(tag === 1 ? head : Buffer.concat([head, Buffer.from([value.length]), value]));
  }
  const header = Buffer.alloc(PAYLOAD_HEADER_BYTES);
  putPayloadHeader(header, 0, {
    flags: random.pick([0, 0, 1, 3]),
    term: random.next32(),
    routeEpoch: 0,
    hlcMs: random.next32(),
    hlcCounter: random.below(65536),
    operationCount: operations.length,
    fragment: 0,
  });
  return Buffer.concat([header, ...operations]);
}

/** Returns whether the payload was valid. */
function tryPayload(payload: Buffer): boolean {
  try {
    const header = readPayloadHeader(payload);
    for (const value of Object.values(header)) natural(Number(value));
    const reader = new OperationReader(payload, PAYLOAD_HEADER_BYTES, payload.length, header.operationCount);
    let at = PAYLOAD_HEADER_BYTES;
    while (reader.next()) {
      const { keyStart, keyEnd, valueStart, valueEnd } = reader;
      const inOrder = at < keyStart && keyStart < keyEnd && keyEnd <= valueStart && valueStart <= valueEnd;
      if (!inOrder || valueEnd !== reader.at || valueEnd > payload.length)
        throw new Error("an operation lies outside");
      at = reader.at;
    }
    return true;
  } catch (error) {
    expectCode(error, "CORRUPT_PAYLOAD");
    return false;
  }
}

test("payloads and operations", () => {
  console.log(`fuzz seed ${seed}, ${runs} runs`);
  const random = new SeededRandom(seed);
  let valid = 0;
  for (let run = 0; run < runs; run++) {
    const payload = random.chance(0.1)
      ? random.bytes(random.below(80))
      : damaged(random, samplePayload(random));
    if (tryPayload(payload)) valid++;
  }
  expect(valid).toBeGreaterThan(runs / 20);
  expect(valid).toBeLessThan(runs);
});

test("log entries", () => {
  const random = new SeededRandom(seed + 1);
  for (let run = 0; run < runs; run++) {
    const entry = {
      index: random.next32(),
      term: random.next32(),
      type: random.below(3),
      payload: random.bytes(random.below(40)),
    };
    const row = encodeLogEntry(1, entry);
    const bytes = random.chance(0.1) ? random.bytes(random.below(60)) : damaged(random, row);
    try {
      const read = decodeLogEntry(1, entry.index, bytes);
      if (!bytes.equals(row) || !entry.payload.equals(read.payload)) throw new Error("damage went unnoticed");
    } catch (error) {
      expectCode(error, "CORRUPT_LOG");
    }
  }
});

test("value headers", () => {
  const random = new SeededRandom(seed + 2);
  for (let run = 0; run < runs; run++) {
    const header = {
      type: random.between(1, 6),
      encoding: random.below(3),
      expiryMs: random.pick([0, random.next32(), Number.MAX_SAFE_INTEGER]),
      versionMs: random.next32() * 0x1_0000,
      versionCounter: random.below(65536),
      length: random.pick([0, 127, 128, random.next32(), Number.MAX_SAFE_INTEGER]),
      rest: random.bytes(random.below(20)).toString("latin1"),
    };
    const bytes = random.chance(0.1)
      ? random.bytes(random.below(40))
      : damaged(random, bytesOf(encodeValueHeader(header)));
    try {
      const { rest, ...numbers } = decodeValueHeader(bytes.toString("latin1"));
      for (const value of Object.values(numbers)) natural(value);
      if (!bytes.toString("latin1").endsWith(rest)) throw new Error("the rest is what stands at the end");
    } catch (error) {
      expectCode(error, "CORRUPT_ROW");
    }
  }
});

test("element keys", () => {
  const random = new SeededRandom(seed + 3);
  for (let run = 0; run < runs; run++) {
    const body = random.bytes(random.below(40));
    body.fill(0, 0, Math.min(13, body.length));
    const key = "\x11" + body.toString("latin1");
    const parts = parseElementKey(key);
    if (parts && !key.endsWith(parts.userKey + parts.version + parts.subKey))
      throw new Error("a part lies outside");
  }
});
