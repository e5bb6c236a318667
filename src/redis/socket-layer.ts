// The socket layer as an interface: connection in, chunks in, bytes out. Two implementations stand behind it (sockets/):
// the addon's batches, and Node's `net`. A chunk belongs to the handler for good; an output block belongs to the layer
// from `write` on and goes back to its pool. Handlers are called on the JavaScript thread, one at a time, never from
// inside a call of theirs.
import type { OutputBlock } from "../resp/index";

export interface ClientSocket {
  readonly remoteAddress: string;
  readonly localAddress: string;
  /** −1 when it is closed. */
  readonly fileDescriptor: number;
  /** Bytes written and not yet taken by the kernel. */
  readonly bufferedBytes: number;
  /** Takes the block over. */
  write(block: OutputBlock): void;
  /** No more chunks until `resume`; one that is on its way may still come. */
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface SocketHandler {
  /** The bytes [start, end) of a buffer (all of it, unless said), in which others' may lie beside them. */
  chunk(bytes: Buffer, start?: number, end?: number): void;
  /** What was buffered has gone to the kernel. */
  drained(): void;
  /** The peer sends no more, but may still read. A handler without this has its socket ended at that moment. */
  peerEnded?(): void;
  /** The connection is gone, for whatever reason; the last call. */
  closed(): void;
}

export interface Listener {
  /** What of the system brings events and bytes, as INFO says it. */
  readonly api: string;
  readonly host: string;
  readonly port: number;
  /** Sends now what connections have written in this turn. */
  flush(): void;
  /** Stops accepting; connections stay. Resolves when the last of them is gone. */
  close(): Promise<void>;
}

export type AcceptSocket = (socket: ClientSocket) => SocketHandler;

/** `epoll` is `native` with a system call for each socket, as it is where there is no io_uring. */
export type SocketLayerName = "native" | "epoll" | "net";
