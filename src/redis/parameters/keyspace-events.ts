// The classes of events that notify-keyspace-events names, as bits, and the letters by which Redis writes them. Pure.

export const KeyspaceEvent = {
  keyspace: 1 << 0,
  keyevent: 1 << 1,
  generic: 1 << 2,
  string: 1 << 3,
  list: 1 << 4,
  set: 1 << 5,
  hash: 1 << 6,
  sortedSet: 1 << 7,
  expired: 1 << 8,
  evicted: 1 << 9,
  stream: 1 << 10,
  keyMiss: 1 << 11,
  module: 1 << 12,
  newKey: 1 << 13,
} as const;

/** What `A` stands for, in the order in which the letters are shown. */
const CLASSES: readonly (readonly [letter: string, bit: number])[] = [
  ["g", KeyspaceEvent.generic],
  ["$", KeyspaceEvent.string],
  ["l", KeyspaceEvent.list],
  ["s", KeyspaceEvent.set],
  ["h", KeyspaceEvent.hash],
  ["z", KeyspaceEvent.sortedSet],
  ["x", KeyspaceEvent.expired],
  ["e", KeyspaceEvent.evicted],
  ["t", KeyspaceEvent.stream],
  ["d", KeyspaceEvent.module],
];
const ALL = CLASSES.reduce((bits, [, bit]) => bits | bit, 0);
/** Shown only beside single classes, as Redis does. */
const BESIDE_CLASSES: readonly (readonly [string, number])[] = [["n", KeyspaceEvent.newKey]];
const ALWAYS_SHOWN: readonly (readonly [string, number])[] = [
  ["K", KeyspaceEvent.keyspace],
  ["E", KeyspaceEvent.keyevent],
  ["m", KeyspaceEvent.keyMiss],
];
const BIT_OF = new Map([["A", ALL] as const, ...CLASSES, ...BESIDE_CLASSES, ...ALWAYS_SHOWN]);

/** undefined when a letter names nothing. */
export function parseKeyspaceEvents(letters: string): number | undefined {
  let bits = 0;
  for (const letter of letters) {
    const bit = BIT_OF.get(letter);
    if (bit === undefined) return undefined;
    bits |= bit;
  }
  return bits;
}

export function showKeyspaceEvents(bits: number): string {
  const shown = (letters: readonly (readonly [string, number])[]): string =>
    letters.map(([letter, bit]) => ((bits & bit) !== 0 ? letter : "")).join("");
  const classes = (bits & ALL) === ALL ? "A" : shown(CLASSES) + shown(BESIDE_CLASSES);
  return classes + shown(ALWAYS_SHOWN);
}
