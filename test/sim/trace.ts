// The run's course: which step it is, what happened beside the clients' operations, and a hash over every step and every
// byte that moved, by which two runs are the same or not.
import { keyHash } from "../../src/base/index";
import type { WorldEvent } from "./history";

export class Trace {
  step = 0;
  hash = 0x811c9dc5;
  readonly events: WorldEvent[] = [];

  note(text: string): void {
    this.events.push({ step: this.step, text });
  }

  mixText(text: string): void {
    this.mixBytes(Buffer.from(text));
  }

  mixBytes(bytes: Buffer): void {
    this.hash = Math.imul(this.hash ^ keyHash(bytes, 0, bytes.length), 0x01000193) >>> 0;
  }
}
