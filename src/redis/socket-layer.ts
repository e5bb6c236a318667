// The socket layer as an interface (connection in, chunks in, bytes out) with Node's `net` behind it. A chunk belongs to
// the handler for good; an output block belongs to the layer until its bytes are handed to the kernel, then goes back to
// its pool. Handlers are called on the JavaScript thread, one at a time, never from inside a call of theirs.
import * as net from "node:net";
import { BasaltError, errorText } from "../base/index";
import type { OutputBlock, OutputBlockPool } from "../resp/index";

export interface ClientSocket {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly fileDescriptor: number;
  /** Bytes written and not yet taken by the kernel. */
  readonly bufferedBytes: number;
  /** Takes the block over. */
  write(block: OutputBlock): void;
  /** No more chunks until `resume`; one that is on its way may still come. */
  pause(): void;
  resume(): void;
  /** Probes of a silent connection every so many seconds; 0: none. */
  keepAlive(seconds: number): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface SocketHandler {
  chunk(bytes: Buffer): void;
  /** What was buffered has gone to the kernel. */
  drained(): void;
  /** The connection is gone, for whatever reason; the last call. */
  closed(): void;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; connections stay. */
  close(): Promise<void>;
}

class NetSocket implements ClientSocket {
  private readonly socket: net.Socket;
  private readonly pool: OutputBlockPool;
  readonly remoteAddress: string;
  readonly localAddress: string;

  constructor(socket: net.Socket, pool: OutputBlockPool) {
    this.socket = socket;
    this.pool = pool;
    this.remoteAddress = address(socket.remoteAddress, socket.remotePort);
    this.localAddress = address(socket.localAddress, socket.localPort);
  }

  get fileDescriptor(): number {
    const handle = (this.socket as { _handle?: { fd?: number } | null })._handle;
    return handle?.fd ?? -1;
  }

  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  write(block: OutputBlock): void {
    this.socket.write(block.filled(), () => this.pool.release(block));
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  keepAlive(seconds: number): void {
    this.socket.setKeepAlive(seconds > 0, seconds * 1000);
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Listens on host and port (0: any). Throws BasaltError LISTEN_FAILED with what to do. */
export function listenNet(
  host: string,
  port: number,
  pool: OutputBlockPool,
  accept: (socket: ClientSocket) => SocketHandler,
): Promise<Listener> {
  const server = net.createServer({ noDelay: true }, (socket) => {
    const handler = accept(new NetSocket(socket, pool));
    socket.on("data", (bytes: Buffer) => handler.chunk(bytes));
    socket.on("drain", () => handler.drained());
    // Every error is followed by "close", and a client's reset needs no answer.
    socket.on("error", () => undefined);
    socket.on("close", () => handler.closed());
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "EADDRINUSE"
          ? "another process listens there; stop it or choose another port"
          : `${errorText(error)}; choose another address`;
      reject(
        new BasaltError("LISTEN_FAILED", `Cannot listen on ${host}:${port}: ${reason}.`, { cause: error }),
      );
    });
    server.listen({ host, port, backlog: 511 }, () => {
      const bound = server.address() as net.AddressInfo;
      resolve({
        host,
        port: bound.port,
        close: () => new Promise<void>((done) => server.close(() => done())),
      });
    });
  });
}

function address(host: string | undefined, port: number | undefined): string {
  if (host === undefined) return "?:0";
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
