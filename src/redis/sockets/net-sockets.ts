// The socket layer over Node's `net`: one stream and one write a reply. It works wherever Node does.
import * as net from "node:net";
import { errorText } from "../../base/index";
import type { OutputBlock, OutputBlockPool } from "../../resp/index";
import type { AcceptSocket, ClientSocket, Listener } from "../socket-layer";
import { listenFailure } from "./listen-failure";

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
    // A stream takes a write behind its end for a mistake and drops what it still holds.
    if (this.socket.writableEnded || this.socket.destroyed) return this.pool.release(block);
    this.socket.write(block.filled(), () => this.pool.release(block));
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
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
  accept: AcceptSocket,
): Promise<Listener> {
  const server = net.createServer(
    { noDelay: true, keepAlive: true, keepAliveInitialDelay: 300_000, allowHalfOpen: true },
    (socket) => {
      const client = new NetSocket(socket, pool);
      const handler = accept(client);
      socket.on("data", (bytes: Buffer) => handler.chunk(bytes));
      socket.on("drain", () => handler.drained());
      socket.on("end", () => {
        if (handler.peerEnded === undefined) client.end();
        else handler.peerEnded();
      });
      // Every error is followed by "close", and a client's reset needs no answer.
      socket.on("error", () => undefined);
      socket.on("close", () => handler.closed());
    },
  );
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(listenFailure(host, port, error.code, errorText(error), error));
    });
    server.listen({ host, port, backlog: 511 }, () => {
      server.removeAllListeners("error");
      // A connection that cannot be accepted (out of file descriptors, or of memory) is that client's trouble.
      server.on("error", () => undefined);
      const bound = server.address() as net.AddressInfo;
      resolve({
        api: "libuv",
        host,
        port: bound.port,
        // Node hands what is written to the kernel at once.
        flush: () => undefined,
        close: () => new Promise<void>((done) => server.close(() => done())),
      });
    });
  });
}

function address(host: string | undefined, port: number | undefined): string {
  if (host === undefined) return "?:0";
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
