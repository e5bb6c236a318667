// The socket layer over the addon (native/src/sockets): whatever is ready on all connections comes in one call, with the
// chunks of a batch in shared slabs, and the replies of a turn go in one call. Measured against `net` in
// perf-reports/2026-11-24-native-sockets.md, and with fewer system calls in perf-reports/2026-11-30-system-call-ring.md.
//
// What is written is copied at once into one shared buffer, so that blocks return to their pool while they are warm; it goes
// at the end of the turn, behind what the turn has proposed, so that the log is already being written meanwhile; where this
// thread is about to write the log itself, before that (`flush`). A write that
// is large, or would make much wait for the turn's end, goes at once: what a socket reports as buffered beyond
// `DIRECT_BYTES` is what the kernel has refused.
import { isIP } from "node:net";
import { lookup } from "node:dns/promises";
import { getSystemErrorMap } from "node:util";
import { assert, copyWords, errorText } from "../../base/index";
import type { Scheduler, ViewedBytes } from "../../base/index";
import type { OutputBlock, OutputBlockPool } from "../../resp/index";
import { SocketEventKind, SocketSetLimit, loadAddon } from "../../storage/index";
import type { NativeSocketSet } from "../../storage/index";
import type { AcceptSocket, Listener } from "../socket-layer";
import { listenFailure } from "./listen-failure";
import { NativeSocket } from "./native-socket";

export interface NativeSocketOptions {
  readonly pool: OutputBlockPool;
  readonly scheduler: Scheduler;
  readonly accept: AcceptSocket;
  /** Many sockets are served by one system call, where the system allows that. Default true. */
  readonly batches?: boolean;
}

const EVENT_WORDS = 4;
const WRITE_WORDS = 3;
const RESULT_WORDS = 2;
const RESULT_GONE = -1;
const PLACE_MASK = 2 ** SocketSetLimit.placeBits - 1;

const OUTPUT_BYTES = 256 * 1024;
const MAX_WRITES = 4096;
/** Of one connection: more does not wait for the turn's end. */
const DIRECT_BYTES = 16 * 1024;
const BACKLOG = 511;
/** Without a free file descriptor connections wait in the backlog this long. */
const ACCEPT_AGAIN_MS = 100;
/** Ends of the turn that pass before output goes: what is sealed is sealed in the first, proposed and logged in the next. */
const TURN_ENDS_BEFORE_OUTPUT = 2;

export class NativeSockets {
  readonly native: NativeSocketSet;
  readonly pool: OutputBlockPool;
  readonly scheduler: Scheduler;
  private readonly accept: AcceptSocket;
  private readonly events = new Int32Array(SocketSetLimit.events * EVENT_WORDS);
  private readonly writes = new Int32Array(MAX_WRITES * WRITE_WORDS);
  private readonly output = viewed(Buffer.allocUnsafeSlow(OUTPUT_BYTES));
  /** By place. */
  private readonly sockets: (NativeSocket | undefined)[] = [];
  private connections = 0;
  /** Whose the collected writes are, and how many and how long they are. */
  private readonly writers: NativeSocket[] = [];
  private writeCount = 0;
  private outputBytes = 0;
  private flushScheduled = false;
  private turnEndsLeft = 0;
  /** Closed from our side, and not told yet. */
  private lost: NativeSocket[] = [];
  private cancelAcceptAgain: (() => void) | undefined;
  private onEmpty: (() => void) | undefined;

  constructor(options: NativeSocketOptions) {
    this.pool = options.pool;
    this.scheduler = options.scheduler;
    this.accept = options.accept;
    const { Sockets } = loadAddon();
    this.native = new Sockets(
      this.events,
      this.writes,
      this.output.bytes,
      this.deliver,
      options.batches ?? true,
    );
  }

  /** Stops accepting. Resolves when no connection is left; then the sockets are of no use any more. */
  close(): Promise<void> {
    this.cancelAcceptAgain?.();
    this.native.stopListening();
    return new Promise((resolve) => {
      this.onEmpty = () => {
        this.onEmpty = undefined;
        this.native.close();
        resolve();
      };
      if (this.connections === 0) this.onEmpty();
    });
  }

  // ── What comes ────────────────────────────────────────────────────────────────────────────────────────────────────

  private readonly deliver = (count: number, ...slabs: Buffer[]): void => {
    const { events } = this;
    for (let at = 0, end = count * EVENT_WORDS; at < end; at += EVENT_WORDS) {
      const id = events[at]!;
      const what = events[at + 1]!;
      // An event may be about a socket that a handler has closed since.
      const socket = this.socketOf(id);
      if (what >= 0) {
        if (socket?.isOpen) socket.handler.chunk(slabs[what]!, events[at + 2], events[at + 3]);
      } else if (what === SocketEventKind.accepted) {
        this.add(id, events[at + 2]!);
      } else if (what === SocketEventKind.acceptingPaused) {
        this.cancelAcceptAgain = this.scheduler.after(ACCEPT_AGAIN_MS, () => this.native.resumeAccepting());
      } else if (socket !== undefined) {
        this.tell(socket, what);
      }
    }
  };

  private tell(socket: NativeSocket, what: number): void {
    switch (what) {
      case SocketEventKind.drained:
        socket.drained();
        break;
      case SocketEventKind.peerEnded:
        socket.peerEnded();
        break;
      case SocketEventKind.gone:
        if (this.forget(socket)) this.closed(socket);
        break;
      default:
        assert(false, "the addon's socket events are known");
    }
  }

  private add(id: number, descriptor: number): void {
    const socket = new NativeSocket(this, id, descriptor);
    this.sockets[id & PLACE_MASK] = socket;
    this.connections++;
    socket.handler = this.accept(socket);
  }

  private socketOf(id: number): NativeSocket | undefined {
    const socket = this.sockets[id & PLACE_MASK];
    return socket?.id === id ? socket : undefined;
  }

  // ── What goes ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes over the bytes of the block, not the block. */
  collect(socket: NativeSocket, block: OutputBlock): void {
    const { length } = block;
    if (socket.pendingBytes + length > DIRECT_BYTES) {
      if (socket.pendingBytes > 0) this.flush();
      if (socket.isOpen) this.sent(socket, this.native.send(socket.id, block.bytes, length));
      return;
    }
    if (this.outputBytes + length > OUTPUT_BYTES || this.writeCount === MAX_WRITES) this.flush();
    if (!socket.isOpen) return;
    copyWords(block, 0, length, this.output, this.outputBytes);
    const last = this.writeCount - 1;
    if (this.writers[last] === socket && last >= 0) {
      this.writes[last * WRITE_WORDS + 2]! += length;
    } else {
      const at = this.writeCount * WRITE_WORDS;
      this.writes[at] = socket.id;
      this.writes[at + 1] = this.outputBytes;
      this.writes[at + 2] = length;
      this.writers[this.writeCount++] = socket;
    }
    this.outputBytes += length;
    socket.pendingBytes += length;
    if (this.flushScheduled) return;
    this.flushScheduled = true;
    this.turnEndsLeft = TURN_ENDS_BEFORE_OUTPUT;
    this.scheduler.atTurnEnd(this.turnEnded);
  }

  private readonly turnEnded = (): void => {
    if (this.turnEndsLeft-- > 0) return this.scheduler.atTurnEnd(this.turnEnded);
    this.flushScheduled = false;
    this.flush();
  };

  /** Sends everything that was collected. */
  flush(): void {
    const count = this.writeCount;
    if (count === 0) return;
    for (let i = 0; i < count; i++) this.writers[i]!.pendingBytes = 0;
    this.writeCount = 0;
    this.outputBytes = 0;
    const results = this.native.flush(count);
    for (let at = 0; at < results * RESULT_WORDS; at += RESULT_WORDS) {
      const socket = this.socketOf(this.writes[at]!);
      if (socket !== undefined) this.sent(socket, this.writes[at + 1]!);
    }
  }

  private sent(socket: NativeSocket, result: number): void {
    if (result === RESULT_GONE) this.lose(socket);
    else if (result !== 0) socket.isBacked = true;
  }

  // ── What ends ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Closes a socket, perhaps from inside a call of its handler, which is told at the turn's end. */
  lose(socket: NativeSocket): void {
    if (!this.forget(socket)) return;
    this.lost.push(socket);
    if (this.lost.length > 1) return;
    this.scheduler.atTurnEnd(() => {
      for (const each of this.lost.splice(0)) this.closed(each);
    });
  }

  private forget(socket: NativeSocket): boolean {
    if (!socket.becomeClosed()) return false;
    this.sockets[socket.id & PLACE_MASK] = undefined;
    this.native.release(socket.id);
    return true;
  }

  private closed(socket: NativeSocket): void {
    socket.handler.closed();
    if (--this.connections === 0) this.onEmpty?.();
  }
}

function viewed(bytes: Buffer): ViewedBytes {
  return { bytes, view: new DataView(bytes.buffer) };
}

/** Listens on host and port (0: any). Throws BasaltError LISTEN_FAILED with what to do. */
export async function listenNative(
  host: string,
  port: number,
  options: NativeSocketOptions,
): Promise<Listener> {
  const address = await addressOf(host, port);
  const sockets = new NativeSockets(options);
  const bound = sockets.native.listen(address, port, BACKLOG);
  if (bound < 0) {
    const [code, words] = getSystemErrorMap().get(bound) ?? ["UNKNOWN", `error ${-bound}`];
    const place = port === 0 ? address : `${address}:${port}`;
    throw listenFailure(host, port, code, `listen ${code}: ${words} ${place}`);
  }
  const api = sockets.native.batches() ? "io_uring" : "epoll";
  return { api, host, port: bound, flush: () => sockets.flush(), close: () => sockets.close() };
}

async function addressOf(host: string, port: number): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw listenFailure(host, port, undefined, errorText(error), error);
  }
}
