// One turn's writes to the raft logs of all groups, as the log thread takes them: fixed-width records in a control
// buffer and the payloads beside it, so that a whole turn crosses the boundary in one call and payloads are not copied
// in JavaScript. A batch is written atomically and synced before its ticket is reported. Reused: `clear` keeps the
// buffer. The record layout is private to the boundary between this file and native/ (and the in-memory twin), not a
// format on disk.
//
//   append        1 ‖ group u32 ‖ index u64 ‖ term u64 ‖ type u8     (payloads[k] belongs to the k-th append)
//   hard state    2 ‖ group u32 ‖ term u64 ‖ vote u64 ‖ commit u64
//   cut suffix    3 ‖ group u32 ‖ index u64                           (entries at index and behind it go)
//   compact       4 ‖ group u32 ‖ index u64 ‖ term u64                (entries up to and with index go)
//   configuration 5 ‖ group u32 ‖ length u32 ‖ bytes
import { assert, putU32, putU64 } from "../base/index";

export const LogRecord = { append: 1, hardState: 2, cutSuffix: 3, compact: 4, configuration: 5 } as const;

export class LogBatch {
  control: Buffer = Buffer.allocUnsafe(1024);
  length = 0;
  readonly payloads: Uint8Array[] = [];
  payloadBytes = 0;

  get isEmpty(): boolean {
    return this.length === 0;
  }

  append(group: number, index: number, term: number, type: number, payload: Uint8Array): void {
    const at = this.record(LogRecord.append, group, 17);
    putU64(this.control, at, index);
    putU64(this.control, at + 8, term);
    this.control[at + 16] = type;
    this.payloads.push(payload);
    this.payloadBytes += payload.length;
  }

  hardState(group: number, term: number, vote: number, commit: number): void {
    const at = this.record(LogRecord.hardState, group, 24);
    putU64(this.control, at, term);
    putU64(this.control, at + 8, vote);
    putU64(this.control, at + 16, commit);
  }

  cutSuffix(group: number, fromIndex: number): void {
    putU64(this.control, this.record(LogRecord.cutSuffix, group, 8), fromIndex);
  }

  compact(group: number, toIndex: number, toTerm: number): void {
    const at = this.record(LogRecord.compact, group, 16);
    putU64(this.control, at, toIndex);
    putU64(this.control, at + 8, toTerm);
  }

  configuration(group: number, bytes: Uint8Array): void {
    assert(bytes.length <= 0xffff, "a configuration is small");
    const at = this.record(LogRecord.configuration, group, 4 + bytes.length);
    putU32(this.control, at, bytes.length);
    this.control.set(bytes, at + 4);
  }

  clear(): void {
    this.length = 0;
    this.payloads.length = 0;
    this.payloadBytes = 0;
  }

  /** Writes a record's head and returns where its `bodyBytes` begin. */
  private record(kind: number, group: number, bodyBytes: number): number {
    const at = this.length;
    const end = at + 5 + bodyBytes;
    if (end > this.control.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, this.control.length * 2));
      this.control.copy(grown, 0, 0, at);
      this.control = grown;
    }
    this.control[at] = kind;
    putU32(this.control, at + 1, group);
    this.length = end;
    return at + 5;
  }
}
