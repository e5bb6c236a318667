// Reads the golden vectors of the formats (test/vectors/formats.json, computed apart from our own code) for the tests of
// base/ and storage/. Bytes are hex in the file. No test of its own.
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Placed {
  readonly db: number;
  readonly userKey: string;
  readonly key: string;
}

interface Versioned {
  readonly versionMs: number;
  readonly versionCounter: number;
}

export interface OperationVector {
  readonly tag: number;
  readonly key: string;
  readonly value: string;
  readonly bytes: string;
}

export interface FormatVectors {
  readonly crc32c: readonly { readonly data: string; readonly crc: number }[];
  readonly murmur3: readonly { readonly data: string; readonly seed: number; readonly hash: number }[];
  readonly userKeys: readonly { readonly userKey: string; readonly slot: number; readonly hash: number }[];
  readonly headerKeys: readonly Placed[];
  readonly elementPrefixes: readonly (Placed & Versioned)[];
  readonly subKeys: readonly { readonly member: string; readonly subKey: string }[];
  readonly metaKeys: readonly { readonly field: number; readonly key: string }[];
  readonly tombstones: readonly (Placed &
    Versioned & {
      readonly kind: number;
      readonly value: string;
      readonly valueMs: number;
      readonly valueCounter: number;
    })[];
  readonly varints: readonly { readonly value: number; readonly bytes: string }[];
  readonly operations: readonly OperationVector[];
  readonly payloads: readonly {
    readonly flags: number;
    readonly term: number;
    readonly routeEpoch: number;
    readonly hlcMs: number;
    readonly hlcCounter: number;
    readonly operationCount: number;
    readonly fragment: number;
    /** Positions within `operations`. */
    readonly operations: readonly number[];
    readonly bytes: string;
  }[];
  readonly logEntries: readonly {
    readonly group: number;
    readonly index: number;
    readonly term: number;
    readonly type: number;
    readonly payload: string;
    readonly key: string;
    readonly value: string;
  }[];
  readonly hardStates: readonly {
    readonly term: number;
    readonly vote: number;
    readonly commit: number;
    readonly value: string;
  }[];
  readonly truncations: readonly { readonly index: number; readonly term: number; readonly value: string }[];
  readonly appliedRecords: readonly {
    readonly index: number;
    readonly term: number;
    readonly hlcMs: number;
    readonly hlcCounter: number;
    readonly value: string;
  }[];
  readonly valueHeaders: readonly (Versioned & {
    readonly type: number;
    readonly encoding: number;
    readonly expiryMs: number;
    readonly length: number;
    readonly rest: string;
    readonly value: string;
  })[];
}

/** Compiled tests lie in build/test/…, the file in test/vectors: it is looked for from here upwards. */
export function readVectors(): FormatVectors {
  for (let folder = __dirname; ; folder = join(folder, "..")) {
    try {
      return JSON.parse(
        readFileSync(join(folder, "test", "vectors", "formats.json"), "utf8"),
      ) as FormatVectors;
    } catch (error) {
      if (folder === join(folder, "..")) throw error;
    }
  }
}

export function textOf(hex: string): string {
  return Buffer.from(hex, "hex").toString("latin1");
}
