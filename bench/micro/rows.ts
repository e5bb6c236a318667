// Rows and entries that the suites of kv/ and storage/ share: user keys, their header rows, entries that put them. All from
// one seed, so that two runs measure the same work.
import { SeededRandom } from "../../src/base/index";
import type { ByteString } from "../../src/base/index";
import { PAYLOAD_HEADER_BYTES, ValueEncoding, ValueType } from "../../src/storage/index";
import type { ValueHeader } from "../../src/storage/index";
import { Batch } from "../../src/kv/batch";
import { HybridClock } from "../../src/kv/hybrid-clock";

export const VALUE_BYTES = 64;
export const TERM = 1;

/** `key:` and twelve digits, the form of the load generator. */
export function userKey(number: number): ByteString {
  return `key:${String(number).padStart(12, "0")}`;
}

export function stringHeader(rest: ByteString): ValueHeader {
  return {
    type: ValueType.string,
    encoding: ValueEncoding.inline,
    expiryMs: 0,
    versionMs: 1_700_000_000_000,
    versionCounter: 0,
    length: rest.length,
    rest,
  };
}

/** Makes payloads of entries that put random keys out of a key space, each as a SET would. */
export class EntryMaker {
  private readonly random = new SeededRandom(7);
  private readonly hlc = new HybridClock({ monotonicMs: () => 0, wallMs: () => 1_700_000_000_000 });
  private readonly source: Buffer;

  constructor(private readonly keys: number) {
    this.source = Buffer.concat([Buffer.from(userKey(0)), this.random.bytes(VALUE_BYTES)]);
  }

  /** One payload with so many puts, of random keys, or of all keys in turn from `first` on. */
  payload(puts: number, first?: number): Buffer {
    const batch = new Batch(1, PAYLOAD_HEADER_BYTES + puts * 160);
    const { source } = this;
    const keyBytes = source.length - VALUE_BYTES;
    for (let put = 0; put < puts; put++) {
      source.write(userKey(first === undefined ? this.random.below(this.keys) : first + put), 0, "latin1");
      batch.putInlineString(0, source, 0, keyBytes, source, keyBytes, source.length, 0, 1_700_000_000_000, 0);
    }
    const [payload] = batch.seal(TERM, 0, this.hlc, Infinity);
    return payload!;
  }
}
