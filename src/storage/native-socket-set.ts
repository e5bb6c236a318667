// The addon's sockets as TypeScript sees them: nothing of storage, but this room is the only one that loads the addon.
// src/redis/sockets is the only caller; native/src/addon/sockets-object.h says what is shared. An id is a connection's
// place in a table (the low bits) and a generation, so that a late word never reaches the next connection in its place.

/** The word behind the id in an event; zero and above: a chunk in the slab of that number. */
export const SocketEventKind = {
  accepted: -1,
  drained: -2,
  peerEnded: -3,
  gone: -4,
  acceptingPaused: -5,
} as const;

export const SocketSetLimit = {
  /** Events of one harvest; each is four words: id, what, start, end. */
  events: 576,
  placeBits: 20,
} as const;

export interface NativeSocketSet {
  /** The port, or −errno, after which the object is of no use. */
  listen(address: string, port: number, backlog: number): number;
  /** Whether system calls are made together. */
  batches(): boolean;
  stopListening(): void;
  /** After `acceptingPaused`. */
  resumeAccepting(): void;
  /** Remote and local. */
  addresses(id: number): [string, string];
  /** Sends `count` entries (id, offset, length) of `writes`; leaves (id, 1: queued, −1: gone) for as many as it answers. */
  flush(count: number): number;
  /** Sends at once: 0 when all has gone, 1 when some is queued, −1 when the connection is gone. */
  send(id: number, bytes: Uint8Array, length: number): number;
  queuedBytes(id: number): number;
  pause(id: number): void;
  resume(id: number): void;
  end(id: number): void;
  /** Closes the connection if it is open, and gives its id up. */
  release(id: number): void;
  /** Closes everything; nothing is delivered any more. */
  close(): void;
}

export type NativeSocketSetConstructor = new (
  events: Int32Array,
  writes: Int32Array,
  output: Uint8Array,
  deliver: (count: number, ...slabs: Buffer[]) => void,
  /** Many sockets are read or written by one system call, where the kernel can do that. */
  batches: boolean,
) => NativeSocketSet;
