// The replicated map from logical databases (SELECT's numbers) to physical ids, which makes FLUSHDB and SWAPDB O(1): a
// flushed database gets an id that was never used before, and the sweeper reclaims what stands under the old one. Kept
// decoded, as a list of versions: the committed one first, then those of batches that are not committed yet.
import { BasaltError, ByteReader, assert, bytesOf } from "../base/index";
import type { ByteString } from "../base/index";
import { u32String } from "../storage/index";

export const LOGICAL_DATABASES = 16;
/** Ids are never used again, and the next one has to fit its four bytes. */
const MAX_NEXT_ID = 0xffff_ffff;
const FORMAT = 1;

interface Version {
  readonly sequence: number;
  readonly nextId: number;
  readonly physical: readonly number[];
}

export class Databases {
  private versions: Version[];
  /** Versions that were committed ones once, and that no view shows any more. */
  private retired = 0;

  /** From the stored row; null when none was ever written. Throws BasaltError CORRUPT_ROW. */
  constructor(row: ByteString | null) {
    this.versions = [row === null ? initial() : decode(row)];
  }

  private latest(): Version {
    return this.versions[this.versions.length - 1]!;
  }

  private view(committedSequence: number | undefined): Version {
    if (committedSequence === undefined || this.versions.length === 1) return this.latest();
    let version = this.versions[0]!;
    for (const later of this.versions) if (later.sequence <= committedSequence) version = later;
    return version;
  }

  /** The physical id; of committed state when a committed sequence is given. */
  physical(logical: number, committedSequence: number | undefined): number {
    return this.view(committedSequence).physical[logical]!;
  }

  /** The logical database that the latest version knows by this physical id; -1: none. */
  logical(physical: number): number {
    return this.latest().physical.indexOf(physical);
  }

  /** The batch that made the latest version. */
  get sequence(): number {
    return this.latest().sequence;
  }

  /** Every physical id that is named by the latest version. */
  all(): readonly number[] {
    return this.latest().physical;
  }

  isNamed(physical: number): boolean {
    return this.versions.some((version) => version.physical.includes(physical));
  }

  /** Whether there are so many ids left. */
  canReplace(count: number): boolean {
    return this.latest().nextId + count <= MAX_NEXT_ID;
  }

  /** Gives the logical databases fresh ids in a batch; returns the ids they had and the row to put. */
  replace(logical: readonly number[], sequence: number): { replaced: number[]; row: ByteString } {
    assert(this.canReplace(logical.length), "ids of databases are never used again");
    const latest = this.latest();
    const physical = [...latest.physical];
    let nextId = latest.nextId;
    const replaced = logical.map((index) => {
      const id = physical[index]!;
      physical[index] = nextId++;
      return id;
    });
    return { replaced, row: this.add({ sequence, nextId, physical }) };
  }

  /** Has two logical databases change places in a batch; returns the row to put. */
  swap(first: number, second: number, sequence: number): ByteString {
    const { nextId, physical: before } = this.latest();
    const physical = [...before];
    physical[first] = before[second]!;
    physical[second] = before[first]!;
    return this.add({ sequence, nextId, physical });
  }

  private add(version: Version): ByteString {
    this.versions.push(version);
    return encode(version);
  }

  /** How many versions there have been: a mark for `rollback`, which stays good while earlier ones are committed. */
  get mark(): number {
    return this.retired + this.versions.length;
  }

  rollback(mark: number): void {
    const kept = mark - this.retired;
    assert(kept > 0, "what is committed is not taken back");
    if (kept < this.versions.length) this.versions.length = kept;
  }

  committed(sequence: number): void {
    while (this.versions.length > 1 && this.versions[1]!.sequence <= sequence) {
      this.versions.shift();
      this.retired++;
    }
  }
}

/** The physical ids of the logical databases in a stored map. */
export function physicalDatabases(row: ByteString): readonly number[] {
  return decode(row).physical;
}

function initial(): Version {
  const physical = Array.from({ length: LOGICAL_DATABASES }, (_, index) => index);
  return { sequence: 0, nextId: LOGICAL_DATABASES, physical };
}

function encode(version: Version): ByteString {
  const head =
    String.fromCharCode(FORMAT) + u32String(version.nextId) + String.fromCharCode(version.physical.length);
  return head + version.physical.map(u32String).join("");
}

function decode(row: ByteString): Version {
  const reader = new ByteReader(bytesOf(row));
  const format = reader.u8();
  const nextId = reader.u32();
  const physical = Array.from({ length: reader.u8() }, () => reader.u32());
  if (reader.failed || reader.remaining !== 0 || format !== FORMAT || physical.length !== LOGICAL_DATABASES) {
    throw new BasaltError(
      "CORRUPT_ROW",
      "The stored map of databases cannot be decoded. Restore this node from another copy.",
    );
  }
  return { sequence: 0, nextId, physical };
}
