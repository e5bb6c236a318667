// Where a loop over bytes stops being cheaper than a call out of compiled code: the figures behind the thresholds of
// src/base/short-bytes.ts. One operation is one string or one copy.
import { sink } from "./suite";
import type { MicroSuite, MicroTask } from "./suite";

interface Latin1 {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, at: number): number;
}

const ROUNDS = 1024;

function each(name: string, operation: (at: number) => number): MicroTask {
  return {
    name,
    operations: ROUNDS,
    run: () => {
      let sum = 0;
      for (let at = 0; at < ROUNDS; at++) sum += operation(at);
      sink.sum += sum;
    },
  };
}

const charOf = String.fromCharCode;

/** Bytes to a string that is looked up. */
function stringTasks(s: Buffer & Latin1): MicroTask[] {
  const built: Record<number, (o: number) => string> = {
    3: (o) => charOf(s[o]!, s[o + 1]!, s[o + 2]!),
    8: (o) => charOf(s[o]!, s[o + 1]!, s[o + 2]!, s[o + 3]!, s[o + 4]!, s[o + 5]!, s[o + 6]!, s[o + 7]!),
    // prettier-ignore
    16: (o) => charOf(s[o]!, s[o + 1]!, s[o + 2]!, s[o + 3]!, s[o + 4]!, s[o + 5]!, s[o + 6]!, s[o + 7]!, s[o + 8]!,
      s[o + 9]!, s[o + 10]!, s[o + 11]!, s[o + 12]!, s[o + 13]!, s[o + 14]!, s[o + 15]!),
  };
  return [3, 8, 16].flatMap((length) => {
    const map = new Map([[s.latin1Slice(0, length), 1]]);
    const build = built[length]!;
    return [
      each(`${length} B, latin1Slice and Map.get`, (at) => map.get(s.latin1Slice(at, at + length))!),
      each(`${length} B, fromCharCode and Map.get`, (at) => map.get(build(at))!),
    ];
  });
}

/** Bytes or a string into a buffer. */
function copyTasks(source: Buffer & Latin1, target: Buffer & Latin1): MicroTask[] {
  return [4, 8, 16, 20, 24, 32, 64].flatMap((length) => {
    const text = "a".repeat(length);
    return [
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
    ];
  });
}

export const suite: MicroSuite = {
  name: "resp-thresholds",
  title: "Short bytes: strings out of a buffer, copies into one",
  prepare: () => {
    const source = Buffer.alloc(4096, 0x61) as Buffer & Latin1;
    const target = Buffer.alloc(4096) as Buffer & Latin1;
    return { tasks: [...stringTasks(source), ...copyTasks(source, target)] };
  },
};
