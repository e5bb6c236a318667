// The requests of one pipeline's worth, in one buffer that belongs to one connection and is written again and again.
// Composing patches key digits and values in place: no allocation per request. The buffer may be rewritten as soon as
// all replies to it have come, since then every byte of it has been sent. Single thread.
import type { SeededRandom } from "../../src/base/index";
import type { KeySource } from "./key-source";
import { KEY_DIGITS } from "./request-template";
import type { RequestTemplate } from "./request-template";

const DIGIT_0 = 0x30;
const DISTINCT_VALUES = 1024;

/** Values to draw from: windows into one buffer of random bytes, so that compression gains a server nothing. */
export class ValuePool {
  private readonly values: Buffer[] = [];

  constructor(
    valueBytes: number,
    private readonly random: SeededRandom,
  ) {
    const pool = random.bytes(valueBytes + 64 * 1024);
    for (let count = 0; count < DISTINCT_VALUES; count++) {
      const start = random.below(64 * 1024);
      this.values.push(pool.subarray(start, start + valueBytes));
    }
  }

  next(): Buffer {
    return this.values[this.random.next32() & (DISTINCT_VALUES - 1)]!;
  }
}

/** What the batches of all connections draw from. */
export interface RequestSources {
  readonly templates: readonly RequestTemplate[];
  /** The share of each template, in the order of `templates`. */
  readonly weights: readonly number[];
  readonly keys: KeySource;
  /** How many of a key's digits ever differ from 0. */
  readonly keyDigits: number;
  readonly values: ValuePool;
  readonly random: SeededRandom;
}

export interface RequestBatch {
  /** The composed requests; the same memory at every call. */
  compose(): Buffer;
  /** The bytes of right replies to what was composed last; NaN where they vary. */
  readonly replyBytes: number;
}

export function requestBatch(sources: RequestSources, pipeline: number): RequestBatch {
  return sources.templates.length === 1
    ? new UniformBatch(sources, pipeline)
    : new MixedBatch(sources, pipeline);
}

/** One template: the layout never changes, only digits and values are patched. */
class UniformBatch implements RequestBatch {
  readonly replyBytes: number;
  private readonly bytes: Buffer;
  private readonly keyDigitsAt: Uint32Array;
  private readonly valueAt: Uint32Array;

  constructor(
    private readonly sources: RequestSources,
    pipeline: number,
  ) {
    const template = sources.templates[0]!;
    const keyDigitsAt: number[] = [];
    const valueAt: number[] = [];
    this.bytes = Buffer.alloc(template.bytes.length * pipeline);
    for (let request = 0; request < pipeline; request++) {
      const start = request * template.bytes.length;
      this.bytes.set(template.bytes, start);
      for (const at of template.keyDigitsAt) keyDigitsAt.push(start + at);
      for (const at of template.valueAt) valueAt.push(start + at);
    }
    this.keyDigitsAt = Uint32Array.from(keyDigitsAt);
    this.valueAt = Uint32Array.from(valueAt);
    this.replyBytes = (template.replyBytes ?? NaN) * pipeline;
  }

  compose(): Buffer {
    const { keys, keyDigits, values } = this.sources;
    const bytes = this.bytes;
    const keyDigitsAt = this.keyDigitsAt;
    const valueAt = this.valueAt;
    for (let index = 0; index < keyDigitsAt.length; index++) {
      patchDigits(bytes, keyDigitsAt[index]!, keys.next(), keyDigits);
    }
    for (let index = 0; index < valueAt.length; index++) bytes.set(values.next(), valueAt[index]);
    return bytes;
  }
}

/** Several templates: each request is drawn, copied and patched. */
class MixedBatch implements RequestBatch {
  replyBytes = 0;
  private readonly bytes: Buffer;
  /** Template i is drawn when a 32-bit number is below thresholds[i] and not below the one before. */
  private readonly thresholds: readonly number[];
  /** Views of the buffer by length: few lengths occur. */
  private readonly views = new Map<number, Buffer>();

  constructor(
    private readonly sources: RequestSources,
    private readonly pipeline: number,
  ) {
    this.bytes = Buffer.alloc(
      Math.max(...sources.templates.map((template) => template.bytes.length)) * pipeline,
    );
    const total = sources.weights.reduce((sum, weight) => sum + weight, 0);
    let below = 0;
    this.thresholds = sources.weights.map((weight) => (below += (weight / total) * 2 ** 32));
  }

  compose(): Buffer {
    const { templates, keys, keyDigits, values, random } = this.sources;
    const bytes = this.bytes;
    let at = 0;
    let replyBytes = 0;
    for (let request = 0; request < this.pipeline; request++) {
      const drawn = random.next32();
      let choice = 0;
      while (choice < templates.length - 1 && drawn >= this.thresholds[choice]!) choice++;
      const template = templates[choice]!;
      bytes.set(template.bytes, at);
      for (let index = 0; index < template.keyDigitsAt.length; index++) {
        patchDigits(bytes, at + template.keyDigitsAt[index]!, keys.next(), keyDigits);
      }
      for (let index = 0; index < template.valueAt.length; index++) {
        bytes.set(values.next(), at + template.valueAt[index]!);
      }
      at += template.bytes.length;
      replyBytes += template.replyBytes ?? NaN;
    }
    this.replyBytes = replyBytes;
    let view = this.views.get(at);
    if (view === undefined) {
      view = bytes.subarray(0, at);
      this.views.set(at, view);
    }
    return view;
  }
}

/** Writes the lowest `digits` decimal digits of `number` so that they end where the key's digits end. */
function patchDigits(bytes: Buffer, digitsAt: number, number: number, digits: number): void {
  let rest = number;
  const first = digitsAt + KEY_DIGITS - digits;
  for (let at = digitsAt + KEY_DIGITS - 1; at >= first; at--) {
    const tenth = Math.floor(rest / 10);
    bytes[at] = DIGIT_0 + (rest - tenth * 10);
    rest = tenth;
  }
}
