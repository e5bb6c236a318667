// A server over either socket layer whose handlers record what they are told, and clients of Node's `net` against it. Shared
// by the tests of the socket layers; no test of its own.
import { connect } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";
import type { ClientSocket, Listener, SocketHandler, SocketLayerName } from "../../../src/redis/index";
import { listenNative } from "../../../src/redis/sockets/native-sockets";
import { listenNet } from "../../../src/redis/sockets/net-sockets";
import { OutputBlockPool } from "../../../src/resp/index";
import { EventLoopScheduler } from "../../../src/server/event-loop";

export interface Behaviour {
  readonly chunk?: (handler: RecordingHandler, bytes: Buffer) => void;
  readonly drained?: (handler: RecordingHandler) => void;
  readonly peerEnded?: (handler: RecordingHandler) => void;
}

export class RecordingHandler implements SocketHandler {
  readonly chunks: Buffer[] = [];
  drainedTimes = 0;
  closedTimes = 0;
  peerEndedTimes = 0;
  receivedBytes = 0;
  /** Set only where the behaviour has it, so that the layers' own way can be tested as well. */
  readonly peerEnded?: () => void;
  private isCalled = false;

  constructor(
    readonly server: RecordingServer,
    readonly socket: ClientSocket,
  ) {
    const { peerEnded } = server.behaviour;
    if (peerEnded === undefined) return;
    this.peerEnded = () => this.called(() => (this.peerEndedTimes++, peerEnded(this)));
  }

  chunk(buffer: Buffer, start = 0, end = buffer.length): void {
    this.called(() => {
      const bytes = buffer.subarray(start, end);
      this.chunks.push(bytes);
      this.receivedBytes += bytes.length;
      this.server.behaviour.chunk?.(this, bytes);
    });
  }

  drained(): void {
    this.called(() => {
      this.drainedTimes++;
      this.server.behaviour.drained?.(this);
    });
  }

  closed(): void {
    this.called(() => this.closedTimes++);
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  write(bytes: Buffer | string): void {
    this.server.write(this.socket, bytes);
  }

  private called(run: () => void): void {
    if (this.isCalled) throw new Error("a handler is called from inside a call of its own");
    if (this.closedTimes > 0) throw new Error("a handler is called after its end");
    this.isCalled = true;
    run();
    this.isCalled = false;
  }
}

export class RecordingServer {
  readonly pool = new OutputBlockPool();
  readonly scheduler = new EventLoopScheduler();
  readonly handlers: RecordingHandler[] = [];
  private listener: Listener | undefined;

  private constructor(readonly behaviour: Behaviour) {}

  static async listen(layer: SocketLayerName, behaviour: Behaviour = {}): Promise<RecordingServer> {
    const server = new RecordingServer(behaviour);
    server.listener = await listenWith(layer, "127.0.0.1", 0, server.pool, (socket) => {
      const handler = new RecordingHandler(server, socket);
      server.handlers.push(handler);
      return handler;
    });
    return server;
  }

  get port(): number {
    return this.listener?.port ?? 0;
  }

  /** Clients connect one after another, so that the handlers stand in their order. */
  async client(): Promise<Client> {
    const client = await Client.connect(this.port);
    await until(() => this.handlers.some((handler) => handler.socket.remoteAddress.endsWith(client.port)));
    return client;
  }

  handlerOf(client: Client): RecordingHandler {
    const found = this.handlers.findLast((handler) => handler.socket.remoteAddress.endsWith(client.port));
    if (found === undefined) throw new Error("the client was never accepted");
    return found;
  }

  write(socket: ClientSocket, bytes: Buffer | string): void {
    const data = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
    const block = this.pool.acquire(data.length);
    data.copy(block.bytes);
    block.length = data.length;
    socket.write(block);
  }

  /** Stops listening, and resolves when all connections have gone. */
  async close(): Promise<void> {
    await this.listener?.close();
  }
}

export function listenWith(
  layer: SocketLayerName,
  host: string,
  port: number,
  pool: OutputBlockPool,
  accept: (socket: ClientSocket) => SocketHandler,
): Promise<Listener> {
  return layer === "net"
    ? listenNet(host, port, pool, accept)
    : listenNative(host, port, {
        pool,
        accept,
        scheduler: new EventLoopScheduler(),
        batches: layer === "native",
      });
}

export class Client {
  private readonly chunks: Buffer[] = [];
  receivedBytes = 0;
  hasEnded = false;
  isClosed = false;
  readonly port: string;

  private constructor(readonly socket: Socket) {
    this.port = `:${socket.localPort}`;
    socket.on("data", (bytes: Buffer) => {
      this.chunks.push(bytes);
      this.receivedBytes += bytes.length;
    });
    socket.on("end", () => (this.hasEnded = true));
    socket.on("error", () => undefined);
    socket.on("close", () => (this.isClosed = true));
  }

  static async connect(port: number): Promise<Client> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    await once(socket, "connect");
    return new Client(socket);
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** All that was received, once it is this many bytes or the server has ended. */
  async bytes(count: number): Promise<Buffer> {
    await until(() => this.receivedBytes >= count || this.hasEnded || this.isClosed);
    return this.received;
  }
}

/** Waits, turn by turn, until it is so. A test that waits in vain ends by Jest's limit. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Some turns of the event loop, for what must not happen. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}
