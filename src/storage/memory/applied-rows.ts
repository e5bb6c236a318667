// The applied data of all groups as the twin's process holds it: the rows, what each group has applied, what it was asked
// to apply, and what is known to have reached disk. One `apply` is one atomic batch: rows and applied record change
// together, and an entry that cannot be applied leaves the batch's rows as they were.
import { assert, getU48, getU64, bytesOf } from "../../base/index";
import type { ByteString } from "../../base/index";
import { MetaField, getU32String, metaKey, u32String } from "../keys";
import type { AppliedRecord, StoredEntry } from "../types";
import { EntryApplier, noApplied } from "./entry-applier";
import { OrderedMap } from "./ordered-map";
import type { RowImage } from "./ordered-map";

const APPLIED_KEY = metaKey(MetaField.applied);

function decodeAppliedRecord(value: ByteString): AppliedRecord {
  const bytes = bytesOf(value);
  assert(bytes.length === 25 && bytes[0] === 1, "the applied record has format 1");
  return {
    index: getU64(bytes, 1),
    term: getU64(bytes, 9),
    hlcMs: getU48(bytes, 17),
    hlcCounter: (bytes[23]! << 8) | bytes[24]!,
  };
}

class GroupRows {
  /** What `submitApply` has asked for. */
  target: number;
  /** The applied index that the last flush took along. */
  flushedIndex: number;
  /** The applied index that the caller knows to be on disk. */
  persistedIndex: number;
  readonly applier: EntryApplier;

  constructor(
    group: number,
    public applied: AppliedRecord,
  ) {
    this.target = this.flushedIndex = this.persistedIndex = applied.index;
    this.applier = new EntryApplier(u32String(group), applied.index);
  }

  get waiting(): number {
    return this.target - this.applier.takenThrough;
  }
}

export class AppliedRows {
  private rows: OrderedMap;
  /** Everything applied; what reads see. */
  image: RowImage;
  private readonly groups = new Map<number, GroupRows>();

  constructor(image: RowImage) {
    this.image = image;
    this.rows = new OrderedMap(image);
    // The groups are found by leaping from one group's rows to the next group's.
    const end = "\uffff";
    for (let row = image.first("", end); row !== undefined;) {
      const group = getU32String(row.key, 0);
      this.groupRows(group);
      row = group === 0xffff_ffff ? undefined : image.first(u32String(group + 1), end);
    }
  }

  /** The groups that have rows, or were asked about. */
  groupIds(): number[] {
    return [...this.groups].filter(([, rows]) => rows.applied !== noApplied).map(([group]) => group);
  }

  applied(group: number): AppliedRecord {
    return this.groups.get(group)?.applied ?? noApplied;
  }

  submittedIndex(group: number): number {
    return this.groups.get(group)?.target ?? 0;
  }

  persistedIndex(group: number): number {
    return this.groups.get(group)?.persistedIndex ?? 0;
  }

  submit(group: number, lastIndex: number): void {
    const rows = this.groupRows(group);
    assert(lastIndex >= rows.target, "entries are applied forwards");
    rows.target = lastIndex;
  }

  get hasWork(): boolean {
    for (const rows of this.groups.values()) if (rows.waiting > 0) return true;
    return false;
  }

  groupsWithWork(): number[] {
    return [...this.groups].filter(([, rows]) => rows.waiting > 0).map(([group]) => group);
  }

  waitingEntries(group: number): number {
    return this.groupRows(group).waiting;
  }

  /**
   * Applies the next `count` entries as one batch. Returns the new applied index; undefined if only fragments were taken
   * in. Throws what the entry's decoding throws; no row has changed then.
   */
  apply(group: number, count: number, entryAt: (index: number) => StoredEntry): number | undefined {
    const state = this.groupRows(group);
    const before = state.applied;
    let applied = before;
    try {
      for (let taken = 0; taken < count; taken++) {
        const entry = entryAt(state.applier.takenThrough + 1);
        applied = state.applier.apply(this.rows, applied, entry) ?? applied;
      }
    } catch (error) {
      this.rows = new OrderedMap(this.image);
      throw error;
    }
    state.applied = applied;
    this.image = this.rows.image();
    return applied === before ? undefined : applied.index;
  }

  /** The groups, with their applied index, that a flush of the image takes further than the flush before it. */
  flushed(): [group: number, index: number][] {
    const moved: [number, number][] = [];
    for (const [group, rows] of this.groups) {
      if (rows.applied.index === rows.flushedIndex) continue;
      rows.flushedIndex = rows.applied.index;
      moved.push([group, rows.applied.index]);
    }
    return moved;
  }

  reportPersisted(group: number, index: number): void {
    this.groupRows(group).persistedIndex = index;
  }

  private groupRows(group: number): GroupRows {
    let rows = this.groups.get(group);
    if (!rows) {
      const stored = this.image.get(u32String(group) + APPLIED_KEY);
      rows = new GroupRows(group, stored === undefined ? noApplied : decodeAppliedRecord(stored));
      this.groups.set(group, rows);
    }
    return rows;
  }
}
