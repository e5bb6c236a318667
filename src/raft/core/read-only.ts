// Read requests that wait for a heartbeat round to confirm the leader (thesis §6.4). Each notes the commit index at its
// arrival and who has answered a heartbeat that carried its context. Rounds are confirmed in the order of arrival: a
// quorum for one request confirms all before it. Contexts are unique bytes chosen by the host.
import { assert } from "../../base/index";
import type { Message } from "./message";
import type { LogIndex, NodeId } from "./types";

export interface PendingRead {
  /** The request; its context is the data of its only entry. */
  readonly request: Message;
  readonly index: LogIndex;
  readonly acknowledged: Map<NodeId, boolean>;
}

export class ReadOnlyQueue {
  private readonly pending = new Map<string, PendingRead>();
  private queue: string[] = [];

  /** A request seen at `index`; one with the same context that still waits is kept as it is. */
  add(index: LogIndex, request: Message): void {
    const key = keyOf(readContext(request));
    if (this.pending.has(key)) return;
    this.pending.set(key, { request, index, acknowledged: new Map() });
    this.queue.push(key);
  }

  /** Who has answered for this context, `from` included; null if nothing waits for it. */
  acknowledge(from: NodeId, context: Uint8Array): ReadonlyMap<NodeId, boolean> | null {
    const read = this.pending.get(keyOf(context));
    if (read === undefined) return null;
    return read.acknowledged.set(from, true);
  }

  /** Takes out the request with this context and all before it. */
  confirm(context: Uint8Array): PendingRead[] {
    const count = this.queue.indexOf(keyOf(context)) + 1;
    const confirmed: PendingRead[] = [];
    for (const key of this.queue.splice(0, count)) {
      const read = this.pending.get(key);
      assert(read !== undefined, "every queued read is pending");
      confirmed.push(read);
      this.pending.delete(key);
    }
    return confirmed;
  }

  /** The context of the newest request, to ride on the next heartbeat; null if none waits. */
  lastContext(): Uint8Array | null {
    const key = this.queue.at(-1);
    if (key === undefined) return null;
    return readContext(this.pending.get(key)!.request);
  }

  clear(): void {
    this.pending.clear();
    this.queue = [];
  }
}

export function readContext(request: Message): Uint8Array {
  return request.entries[0]?.data ?? new Uint8Array(0);
}

function keyOf(context: Uint8Array): string {
  let key = "";
  for (const byte of context) key += String.fromCharCode(byte);
  return key;
}
