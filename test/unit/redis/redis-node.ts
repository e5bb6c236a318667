// A Redis server over the in-memory storage with sockets of its own: tests send commands to it and read replies, step by
// step and without a port. Time stands still unless a test moves it. Shared by the tests of this folder; no test of its own.
import type { ByteString } from "../../../src/base/index";
import { CommandTable, RedisServer } from "../../../src/redis/index";
import type { ClientSocket, ShutdownRequest, SocketHandler } from "../../../src/redis/index";
import { OutputBlockPool, ReplyError, ReplyParser, encodeCommand } from "../../../src/resp/index";
import type { OutputBlock, Reply } from "../../../src/resp/index";
import { KvNode } from "../kv/kv-node";
import type { KvNodeOptions } from "../kv/kv-node";

/** Steps after which a reply that has not come never will. */
const PATIENCE = 10_000;

class TestSocket implements ClientSocket {
  readonly remoteAddress = "127.0.0.1:50000";
  readonly localAddress = "127.0.0.1:6379";
  readonly fileDescriptor = -1;
  readonly bufferedBytes = 0;
  readonly parser = new ReplyParser();
  readonly replies: Reply[] = [];
  ended = false;
  private readonly pool: OutputBlockPool;

  constructor(pool: OutputBlockPool) {
    this.pool = pool;
  }

  write(block: OutputBlock): void {
    this.parser.push(Buffer.from(block.filled()));
    this.pool.release(block);
    for (let reply = this.parser.next(); reply !== undefined; reply = this.parser.next()) this.replies.push(reply);
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.ended = true;
  }
}

export class TestClient {
  private readonly node: RedisNode;
  private readonly socket: TestSocket;
  private readonly handler: SocketHandler;

  constructor(node: RedisNode, socket: TestSocket, handler: SocketHandler) {
    this.node = node;
    this.socket = socket;
    this.handler = handler;
  }

  get ended(): boolean {
    return this.socket.ended;
  }

  /** Sends commands in one chunk and does not wait. */
  send(...commands: readonly (readonly (ByteString | number)[])[]): void {
    this.handler.chunk(Buffer.concat(commands.map((words) => encodeCommand(words.map(String)))));
  }

  /** Replies that have come so far. */
  taken(): Reply[] {
    return this.socket.replies.splice(0);
  }

  /** The replies to commands that go in one chunk. */
  pipeline(...commands: readonly (readonly (ByteString | number)[])[]): Reply[] {
    this.send(...commands);
    for (let step = 0; this.socket.replies.length < commands.length; step++) {
      if (step > PATIENCE) throw new Error(`no reply to ${JSON.stringify(commands).slice(0, 200)}`);
      this.node.step();
    }
    return this.taken();
  }

  /** The reply to one command; an error reply is its text. */
  call(...words: (ByteString | number)[]): Reply {
    const [reply] = this.pipeline(words);
    return reply instanceof ReplyError ? reply.message : (reply ?? null);
  }

  close(): void {
    this.handler.closed();
  }
}

export class RedisNode {
  readonly kv: KvNode;
  readonly server: RedisServer;
  readonly pool = new OutputBlockPool();
  readonly shutdowns: ShutdownRequest[] = [];
  /** Whether a read finds its row in memory; asked for every read of storage. */
  isInMemory = (): boolean => true;

  constructor(options: KvNodeOptions = {}) {
    this.kv = new KvNode({ maxInFlightBytes: 1 << 30, isInMemory: () => this.isInMemory(), ...options });
    const { evaluator, storage, clock, scheduler } = this.kv;
    this.server = new RedisServer({
      evaluator,
      storage,
      clock,
      scheduler,
      pool: this.pool,
      table: new CommandTable(),
      parserLimits: {},
      maxClients: 100,
      outputLimitBytes: 1 << 30,
      config: new Map([
        ["maxmemory", "0"],
        ["maxmemory-policy", "noeviction"],
        ["databases", "16"],
      ]),
      version: "0.0.0",
      nodeId: 1,
      dataDirectory: "/data",
      shutdown: (request) => void this.shutdowns.push(request),
    });
  }

  connect(): TestClient {
    const socket = new TestSocket(this.pool);
    return new TestClient(this, socket, this.server.accept(socket));
  }

  /** One turn: what was proposed is committed and applied, loads arrive, timers that are due run. */
  step(): void {
    this.kv.settle();
    this.kv.loadAll();
    this.kv.scheduler.pass(1);
  }
}
