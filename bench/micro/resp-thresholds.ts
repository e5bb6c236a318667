// Where a loop over bytes stops being cheaper than a call out of compiled code: the figures behind the thresholds of
// src/base/short-bytes.ts. node build/bench/micro/resp-thresholds.js [--tiny]
import { measure, report, type Measured } from "./resp-measure";

interface Latin1 {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, at: number): number;
}

const source = Buffer.alloc(4096, 0x61) as Buffer & Latin1;
const target = Buffer.alloc(4096) as Buffer & Latin1;
let sink = 0;

function each(name: string, operation: (at: number) => number): Measured {
  return measure(name, (repetitions) => {
    for (let repetition = 0; repetition < repetitions; repetition++) sink += operation(repetition & 1023);
    return repetitions;
  });
}

const charOf = String.fromCharCode;
const s = source;
const built: Record<number, (o: number) => string> = {
  3: (o) => charOf(s[o]!, s[o + 1]!, s[o + 2]!),
  8: (o) => charOf(s[o]!, s[o + 1]!, s[o + 2]!, s[o + 3]!, s[o + 4]!, s[o + 5]!, s[o + 6]!, s[o + 7]!),
  // prettier-ignore
  16: (o) => charOf(s[o]!, s[o + 1]!, s[o + 2]!, s[o + 3]!, s[o + 4]!, s[o + 5]!, s[o + 6]!, s[o + 7]!, s[o + 8]!,
    s[o + 9]!, s[o + 10]!, s[o + 11]!, s[o + 12]!, s[o + 13]!, s[o + 14]!, s[o + 15]!),
};

const strings: Measured[] = [];
for (const length of [3, 8, 16]) {
  const map = new Map([[source.latin1Slice(0, length), 1]]);
  const build = built[length]!;
  strings.push(
    each(`${length} B, latin1Slice and Map.get`, (at) => map.get(source.latin1Slice(at, at + length))!),
    each(`${length} B, fromCharCode and Map.get`, (at) => map.get(build(at))!),
  );
}
report("Bytes to a string that is looked up", strings);

const copies: Measured[] = [];
for (const length of [4, 8, 16, 20, 24, 32, 64]) {
  const text = "a".repeat(length);
  copies.push(
    each(`${length} B, Buffer.copy`, (at) => source.copy(target, at, 0, length)),
    each(`${length} B, loop over bytes`, (at) => {
      for (let i = 0; i < length; i++) target[at + i] = source[i]!;
      return at;
    }),
    each(`${length} B, latin1Write`, (at) => target.latin1Write(text, at)),
    each(`${length} B, loop over charCodeAt`, (at) => {
      for (let i = 0; i < length; i++) target[at + i] = text.charCodeAt(i);
      return at;
    }),
  );
}
report("Bytes or a string into a buffer", copies);

if (sink < 0) throw new Error("the sum of lengths is not negative");
