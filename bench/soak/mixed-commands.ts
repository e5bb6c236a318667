// The commands of a soak: a mix under which every kind of row comes and goes. Strings that stay, strings that expire,
// deletions, counters, hashes that grow and shrink; each kind has keys of its own, so no command meets a wrong type, and
// every reply is right unless it is an error.
import type { SeededRandom } from "../../src/base/index";
import { encodeCommand } from "../../src/resp/index";

const EXPIRY_MS_LEAST = 500;
const EXPIRY_MS_MOST = 20_000;
const FIELDS = 50;

interface Kind {
  readonly weight: number;
  readonly words: (random: SeededRandom, keys: number, value: Buffer) => (string | Buffer)[];
}

const key = (kind: string, random: SeededRandom, keys: number): string => `${kind}:${random.below(keys)}`;

const kinds: readonly Kind[] = [
  { weight: 30, words: (random, keys) => ["GET", key("string", random, keys)] },
  { weight: 25, words: (random, keys, value) => ["SET", key("string", random, keys), value] },
  { weight: 10, words: (random, keys) => ["DEL", key("string", random, keys)] },
  {
    weight: 12,
    words: (random, keys, value) => {
      const expiryMs = EXPIRY_MS_LEAST + random.below(EXPIRY_MS_MOST - EXPIRY_MS_LEAST);
      return ["SET", key("session", random, keys), value, "PX", String(expiryMs)];
    },
  },
  { weight: 8, words: (random, keys) => ["GET", key("session", random, keys)] },
  { weight: 5, words: (random, keys) => ["INCR", key("counter", random, Math.ceil(keys / 10))] },
  {
    weight: 5,
    words: (random, keys, value) => [
      ...["HSET", key("hash", random, Math.ceil(keys / 10))],
      ...[`field:${random.below(FIELDS)}`, value],
    ],
  },
  {
    weight: 3,
    words: (random, keys) => [
      "HDEL",
      key("hash", random, Math.ceil(keys / 10)),
      `field:${random.below(FIELDS)}`,
    ],
  },
  { weight: 1, words: (random, keys) => ["HGETALL", key("hash", random, Math.ceil(keys / 10))] },
  { weight: 1, words: (random, keys) => ["DEL", key("hash", random, Math.ceil(keys / 10))] },
];

const totalWeight = kinds.reduce((sum, { weight }) => sum + weight, 0);

/** So many commands, encoded. */
export function mixedCommands(random: SeededRandom, count: number, keys: number, valueBytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let command = 0; command < count; command++) {
    let drawn = random.below(totalWeight);
    const kind = kinds.find(({ weight }) => (drawn -= weight) < 0)!;
    parts.push(encodeCommand(kind.words(random, keys, random.bytes(valueBytes))));
  }
  return Buffer.concat(parts);
}
