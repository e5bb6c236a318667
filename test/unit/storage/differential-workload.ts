// The random life of a node's storage that the differential test puts both implementations through: what is appended, cut,
// compacted, applied, flushed, and when the node restarts or is killed. Every step draws from a generator of its own
// (seed and step number), and depends on nothing but the steps before it, so that a process that starts after a kill can
// play the earlier steps again on the twin alone.
import { SeededRandom, prefixEnd } from "../../../src/base/index";
import type { ByteString } from "../../../src/base/index";
import {
  Space,
  collectionTombstoneKey,
  databaseRange,
  databaseTombstoneKey,
  elementPrefix,
  hashedSubKey,
  headerKey,
  keyTombstoneKey,
  metaKey,
} from "../../../src/storage/keys";
import { LogBatch } from "../../../src/storage/log-batch";
import { encodeValueHeader, tombstoneValue, versionBytes } from "../../../src/storage/value-header";
import { payloadOf, put, remove, removeRange } from "./log-builder";
import type { TestOperation } from "./log-builder";

export const GROUPS: readonly number[] = [0, 1, 258, 0xffff_ffff];
/** Its hard state's vote is the number of the last log batch, so that what survived a kill can be seen. */
export const MARKER_GROUP = 77;
export const NOW_MS = 1_700_000_000_000;
const DATABASES: readonly number[] = [0, 1, 5, 0xffff_ffff];
export const LIVE_DATABASES: readonly number[] = [0, 5];
const USER_KEYS: readonly ByteString[] = [
  "",
  "a",
  "b",
  "{t}1",
  "{t}2",
  "\xff\xff",
  "\0",
  "k".repeat(300),
  "Key\x80",
];

export type Action =
  | { readonly kind: "log"; readonly batches: readonly LogBatch[] }
  | ApplyAction
  | { readonly kind: "flush" | "reads" | "restart" }
  | { readonly kind: "metadata"; readonly name: string; readonly value: ByteString }
  | KillAction;

export interface ApplyAction {
  readonly kind: "apply";
  readonly group: number;
  readonly lastIndex: number;
}

/** The process is killed while all of this, and a flush, is under way. */
export interface KillAction {
  readonly kind: "kill";
  readonly applies: readonly ApplyAction[];
  readonly batches: readonly LogBatch[];
}

/** What the generators of a step are for: its action, the batches under way in a kill, the reads after it. */
export const Purpose = { action: 0, kill: 1, reads: 2 } as const;
const MAX_KILL_BATCHES = 4;

/** What the workload must know of an entry to go on behind it. */
interface EntryNote {
  readonly term: number;
  /** The number of the last fragment of a batch that waits for more of them; -1 for none. */
  readonly openFragment: number;
}

interface GroupNotes {
  term: number;
  truncatedIndex: number;
  /** notes[k] is the entry truncatedIndex + 1 + k. */
  notes: EntryNote[];
  /** Entries up to here were asked to be applied some time: they are committed and never cut. */
  committed: number;
  persisted: number;
  hlcMs: number;
}

export class Workload {
  private groups = new Map<number, GroupNotes>();
  /** The number of the last log batch made. */
  serial = 0;

  constructor(
    private readonly seed: number,
    /** One step of so many kills the process; 0 for none. */
    private readonly killEvery: number,
  ) {
    for (const group of GROUPS) {
      const notes = { term: 1, truncatedIndex: 0, notes: [], committed: 0, persisted: 0, hlcMs: 1000 };
      this.groups.set(group, notes);
    }
  }

  /** A generator that only the step and the purpose share. */
  random(step: number, purpose: number): SeededRandom {
    return new SeededRandom((this.seed % 2 ** 31) * 2 ** 22 + step * 4 + purpose);
  }

  committed(group: number): number {
    return this.notes(group).committed;
  }

  action(step: number): Action {
    const random = this.random(step, Purpose.action);
    if (this.killEvery > 0 && random.below(this.killEvery) === 0) return this.kill(step);
    const draw = random.below(100);
    if (draw < 45) return { kind: "log", batches: this.batches(random, random.pick([1, 1, 1, 3])) };
    if (draw < 70) return this.apply(random, random.pick(GROUPS));
    if (draw < 78) return { kind: "flush" };
    if (draw < 80) return { kind: "restart" };
    if (draw < 82) {
      const name = random.pick(["cluster-id", "peers", "x"]);
      return { kind: "metadata", name, value: random.bytes(random.below(30)).toString("latin1") };
    }
    return { kind: "reads" };
  }

  flushed(applied: (group: number) => number): void {
    for (const [group, notes] of this.groups) notes.persisted = applied(group);
  }

  /** After the kill at this step: its first `count` batches had reached the disk. */
  survived(step: number, count: number): void {
    const random = this.random(step, Purpose.kill);
    const made = random.between(1, MAX_KILL_BATCHES);
    this.batches(random, Math.min(made, count));
  }

  /** A kill leaves the notes as they were, except that entries may have been submitted to be applied. */
  private kill(step: number): Action {
    const applies = GROUPS.map((group) => this.apply(this.random(step, Purpose.action), group));
    const kept = { serial: this.serial, groups: new Map(this.groups) };
    for (const [group, notes] of this.groups)
      this.groups.set(group, { ...notes, notes: notes.notes.slice() });
    const random = this.random(step, Purpose.kill);
    const batches = this.batches(random, random.between(1, MAX_KILL_BATCHES));
    this.groups = kept.groups;
    this.serial = kept.serial;
    return { kind: "kill", applies, batches };
  }

  private notes(group: number): GroupNotes {
    const notes = this.groups.get(group);
    if (!notes) throw new Error(`group ${group} takes no part`);
    return notes;
  }

  private apply(random: SeededRandom, group: number): ApplyAction {
    const notes = this.notes(group);
    const last = notes.truncatedIndex + notes.notes.length;
    notes.committed = random.chance(0.3) ? last : random.between(notes.committed, last);
    return { kind: "apply", group, lastIndex: notes.committed };
  }

  private batches(random: SeededRandom, count: number): LogBatch[] {
    return Array.from({ length: count }, () => this.batch(random));
  }

  private batch(random: SeededRandom): LogBatch {
    const batch = new LogBatch();
    batch.hardState(MARKER_GROUP, 1, ++this.serial, 0);
    for (let parts = random.between(1, 4); parts > 0; parts--) {
      const group = random.pick(GROUPS);
      const draw = random.below(20);
      if (draw < 2) this.changeLeader(random, batch, group);
      else if (draw < 4) this.compact(random, batch, group);
      else if (draw < 5) batch.configuration(group, random.bytes(random.below(40)));
      else for (let entries = random.between(1, 3); entries > 0; entries--) this.append(random, batch, group);
      const { term, committed } = this.notes(group);
      if (random.chance(0.3)) batch.hardState(group, term, random.below(4), committed);
    }
    return batch;
  }

  /** A new term: an uncommitted suffix goes and an empty entry comes. */
  private changeLeader(random: SeededRandom, batch: LogBatch, group: number): void {
    const notes = this.notes(group);
    const first = Math.max(notes.committed, notes.truncatedIndex) + 1;
    const end = notes.truncatedIndex + notes.notes.length + 1;
    if (random.chance(0.7) && first <= end) {
      const cut = random.between(first, end);
      batch.cutSuffix(group, cut);
      notes.notes.length = cut - 1 - notes.truncatedIndex;
    }
    notes.term += random.between(1, 3);
    // No leader begins otherwise than with an empty entry; that fragments are dropped by any entry is tried all the same.
    if (random.chance(0.7)) this.note(batch, group, 0, Buffer.alloc(0), -1);
    else this.append(random, batch, group);
  }

  private compact(random: SeededRandom, batch: LogBatch, group: number): void {
    const notes = this.notes(group);
    if (notes.persisted <= notes.truncatedIndex) return;
    const index = random.between(notes.truncatedIndex + 1, notes.persisted);
    batch.compact(group, index, notes.notes[index - notes.truncatedIndex - 1]!.term);
    notes.notes.splice(0, index - notes.truncatedIndex);
    notes.truncatedIndex = index;
  }

  private append(random: SeededRandom, batch: LogBatch, group: number): void {
    const notes = this.notes(group);
    const before = notes.notes.at(-1);
    const open = before && before.term === notes.term ? before.openFragment : -1;
    if (open >= 0 && random.chance(0.3)) {
      const isEmpty = random.chance(0.5);
      const type = isEmpty ? 0 : random.between(1, 2);
      return this.note(batch, group, type, isEmpty ? Buffer.alloc(0) : random.bytes(random.below(50)), open);
    }
    const operations = (): TestOperation[] => this.operations(random);
    const head = {
      term: notes.term,
      hlcMs: (notes.hlcMs += random.between(1, 3)),
      hlcCounter: random.below(65536),
    };
    const draw = random.fraction();
    if (open >= 0 || draw < 0.15) {
      const isLast = random.chance(0.5);
      const payload = payloadOf(operations(), { ...head, flags: isLast ? 3 : 1, fragment: open + 1 });
      this.note(batch, group, 0, payload, isLast ? -1 : open + 1);
    } else if (draw < 0.2) this.note(batch, group, random.between(1, 2), random.bytes(random.below(50)), -1);
    else if (draw < 0.25) this.note(batch, group, 0, Buffer.alloc(0), -1);
    else this.note(batch, group, 0, payloadOf(operations(), head), -1);
  }

  private note(
    batch: LogBatch,
    group: number,
    type: number,
    payload: Uint8Array,
    openFragment: number,
  ): void {
    const notes = this.notes(group);
    notes.notes.push({ term: notes.term, openFragment });
    batch.append(group, notes.truncatedIndex + notes.notes.length, notes.term, type, payload);
  }

  private operations(random: SeededRandom): TestOperation[] {
    const count = random.pick([0, 1, 1, 2, 5, 20, 60]);
    return Array.from({ length: count }, () => this.operation(random));
  }

  private operation(random: SeededRandom): TestOperation {
    const draw = random.below(100);
    if (draw < 6) return removeRange(...randomRange(random));
    const key = randomKey(random);
    if (draw < 25) return remove(key);
    return put(key, randomValue(random, key));
  }
}

function randomVersion(random: SeededRandom): ByteString {
  return versionBytes(random.between(1, 3), random.below(2));
}

/** A key of the kinds that the formats know, or of a space that is free. */
export function randomKey(random: SeededRandom): ByteString {
  const db = random.pick(DATABASES);
  const userKey = random.pick(USER_KEYS);
  const draw = random.below(20);
  if (draw < 7) return headerKey(db, userKey);
  const prefix = elementPrefix(db, userKey, randomVersion(random));
  if (draw < 13) return prefix + hashedSubKey(`f${random.below(6)}`);
  if (draw < 14) return collectionTombstoneKey(prefix);
  if (draw < 15) return keyTombstoneKey(headerKey(db, userKey));
  if (draw < 16) return databaseTombstoneKey(db);
  if (draw < 17) return metaKey(random.between(2, 4));
  const space = random.pick([0x20, 0x30, 0x3f]);
  return String.fromCharCode(space) + random.bytes(random.below(4)).toString("latin1");
}

function randomValue(random: SeededRandom, key: ByteString): ByteString {
  const space = key.charCodeAt(0);
  if (space === Space.tombstone) return tombstoneValue(random.below(100), random.below(100));
  if (space !== Space.header) return String.fromCharCode(random.below(256)).repeat(randomLength(random));
  return encodeValueHeader({
    type: random.between(1, 6),
    encoding: random.below(3),
    expiryMs: random.pick([0, 1, NOW_MS - 1, NOW_MS, NOW_MS + 1, 2 ** 53 - 1]),
    versionMs: random.between(1, 3),
    versionCounter: random.below(2),
    length: random.pick([0, 127, 128, 2 ** 40]),
    rest: "r".repeat(randomLength(random)),
  });
}

function randomLength(random: SeededRandom): number {
  if (random.chance(0.002)) return 300_000;
  return random.pick([0, 1, 10, 10, 100, 100, 2000]);
}

/** A range of one space that never covers the applied record; now and then empty. */
export function randomRange(random: SeededRandom): [lower: ByteString, upper: ByteString] {
  const draw = random.below(10);
  const space = random.pick([
    Space.header,
    Space.header,
    Space.element,
    Space.element,
    0x20,
    0x3f,
    Space.tombstone,
  ]);
  if (draw < 3) {
    const { lower, upper } = databaseRange(space, random.pick(DATABASES));
    return [lower, upper];
  }
  if (draw < 6) {
    const prefix = elementPrefix(random.pick(DATABASES), random.pick(USER_KEYS), randomVersion(random));
    return [prefix, prefixEnd(prefix)!];
  }
  if (draw < 7 && random.chance(0.2)) return [String.fromCharCode(space), String.fromCharCode(space + 1)];
  for (;;) {
    const [left, right] = [randomKey(random), randomKey(random)];
    if (left.charCodeAt(0) !== right.charCodeAt(0) || left.charCodeAt(0) === Space.meta) continue;
    return left < right ? [left, right] : [right, left];
  }
}
