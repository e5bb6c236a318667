// One connection of the native layer. It holds no buffer: what it writes is collected by the layer until the turn's end,
// and what the kernel does not take waits in the addon.
import type { OutputBlock } from "../../resp/index";
import type { ClientSocket, SocketHandler } from "../socket-layer";
import type { NativeSockets } from "./native-sockets";

const enum Phase {
  open,
  /** `end` was called: nothing is written any more, and what comes is dropped. */
  ending,
  closed,
}

/** How long the other side may take to end after us. */
const LINGER_MS = 10_000;

const NO_HANDLER: SocketHandler = {
  chunk: () => undefined,
  drained: () => undefined,
  closed: () => undefined,
};

export class NativeSocket implements ClientSocket {
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** For the layer only, as the next two. */
  handler: SocketHandler = NO_HANDLER;
  /** Bytes collected in this turn. */
  pendingBytes = 0;
  /** Bytes wait in the addon. */
  isBacked = false;
  private phase: Phase = Phase.open;
  private cancelLinger: (() => void) | undefined;

  constructor(
    private readonly layer: NativeSockets,
    readonly id: number,
    private readonly descriptor: number,
  ) {
    [this.remoteAddress, this.localAddress] = layer.native.addresses(id);
  }

  get fileDescriptor(): number {
    return this.phase === Phase.closed ? -1 : this.descriptor;
  }

  get bufferedBytes(): number {
    return this.pendingBytes + (this.isBacked ? this.layer.native.queuedBytes(this.id) : 0);
  }

  get isOpen(): boolean {
    return this.phase === Phase.open;
  }

  write(block: OutputBlock): void {
    if (this.phase === Phase.open) this.layer.collect(this, block);
    this.layer.pool.release(block);
  }

  pause(): void {
    if (this.phase === Phase.open) this.layer.native.pause(this.id);
  }

  resume(): void {
    if (this.phase === Phase.open) this.layer.native.resume(this.id);
  }

  end(): void {
    if (this.phase !== Phase.open) return;
    this.sendPending();
    // Sending may have shown that it is gone.
    if (this.phase !== Phase.open) return;
    this.phase = Phase.ending;
    this.layer.native.end(this.id);
    if (!this.isBacked) this.linger();
  }

  destroy(): void {
    if (this.phase === Phase.closed) return;
    this.sendPending();
    this.layer.lose(this);
  }

  /** The addon has handed over everything that waited. */
  drained(): void {
    this.isBacked = false;
    if (this.phase === Phase.open) this.handler.drained();
    else this.linger();
  }

  peerEnded(): void {
    if (this.handler.peerEnded === undefined) this.end();
    else this.handler.peerEnded();
  }

  /** The layer has forgotten it. False: it had before. */
  becomeClosed(): boolean {
    if (this.phase === Phase.closed) return false;
    this.phase = Phase.closed;
    this.isBacked = false;
    this.cancelLinger?.();
    this.cancelLinger = undefined;
    return true;
  }

  private sendPending(): void {
    if (this.pendingBytes > 0) this.layer.flush();
  }

  private linger(): void {
    this.cancelLinger = this.layer.scheduler.after(LINGER_MS, () => this.destroy());
  }
}
