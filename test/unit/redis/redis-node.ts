// A Redis server over the in-memory storage, for tests of commands: words of any bytes go in, replies come out, and turns,
// commits, loads and timers run until they have. Time stands still unless a test moves it. Shared; no test of its own.
import { SeededRandom } from "../../../src/base/index";
import type { ByteString } from "../../../src/base/index";
import { CommandTable, RedisServer, settingsWith } from "../../../src/redis/index";
import type { ConfigRewriter, LiveSettings, ShutdownRequest, SocketHandler } from "../../../src/redis/index";
import { OutputBlockPool, ReplyError, ReplyParser, encodeCommand } from "../../../src/resp/index";
import type { Reply } from "../../../src/resp/index";
import { KvNode } from "../kv/kv-node";
import type { KvNodeOptions } from "../kv/kv-node";
import { TestSocket } from "./connection-node";

/** Turns after which a reply that has not come never will. */
const PATIENCE = 20_000;

type Words = readonly (ByteString | number)[];

export class CommandClient {
  readonly socket: TestSocket;
  private readonly node: RedisNode;
  private readonly handler: SocketHandler;
  private readonly parser = new ReplyParser();

  constructor(node: RedisNode) {
    this.node = node;
    this.socket = new TestSocket(node.pool);
    this.handler = node.server.accept(this.socket);
  }

  /** Sends commands in one chunk and does not wait. */
  send(...commands: readonly Words[]): void {
    this.handler.chunk(Buffer.concat(commands.map((words) => encodeCommand(words.map(String)))));
  }

  /** Replies that have come and were not asked for yet; an error reply is its text. */
  taken(): Reply[] {
    for (const bytes of this.socket.received.splice(0)) this.parser.push(bytes);
    const replies: Reply[] = [];
    for (let reply = this.parser.next(); reply !== undefined; reply = this.parser.next()) {
      replies.push(reply instanceof ReplyError ? reply.message : reply);
    }
    return replies;
  }

  /** The replies to commands that go in one chunk. */
  pipeline(...commands: readonly Words[]): Reply[] {
    this.send(...commands);
    const replies = this.taken();
    for (let turn = 0; replies.length < commands.length; turn++) {
      if (turn > PATIENCE) throw new Error(`no reply to ${JSON.stringify(commands).slice(0, 200)}`);
      this.node.turn();
      replies.push(...this.taken());
    }
    return replies;
  }

  call(...words: Words): Reply {
    return this.pipeline(words)[0] ?? null;
  }

  /** The kernel takes what waits, if `takesAll` is off, and says so. */
  drain(): void {
    this.socket.take();
    this.handler.drained();
  }

  close(): void {
    this.handler.closed();
  }
}

export interface RedisNodeOptions extends KvNodeOptions {
  readonly outputLimitBytes?: number;
  readonly rewriteConfig?: ConfigRewriter;
  readonly limits?: Partial<LiveSettings>;
}

export class RedisNode {
  readonly kv: KvNode;
  readonly server: RedisServer;
  readonly limits: LiveSettings;
  readonly pool = new OutputBlockPool();
  readonly shutdowns: ShutdownRequest[] = [];
  /** What DEBUG SET-ACTIVE-EXPIRE asked for. */
  readonly activeExpiry: boolean[] = [];
  /** Whether a read finds its row in memory; asked for every read of storage. */
  isInMemory = (): boolean => true;

  constructor(options: RedisNodeOptions = {}) {
    this.kv = new KvNode({ maxInFlightBytes: 1 << 30, isInMemory: () => this.isInMemory(), ...options });
    const { evaluator, storage, clock, scheduler } = this.kv;
    this.limits = settingsWith({
      maxClients: 100,
      outputLimitBytes: options.outputLimitBytes ?? 1 << 30,
      ...options.limits,
    });
    this.server = new RedisServer({
      evaluator,
      storage,
      clock,
      scheduler,
      random: new SeededRandom(options.seed ?? 1),
      pool: this.pool,
      table: new CommandTable(),
      settings: this.limits,
      setActiveExpiry: (active) => void this.activeExpiry.push(active),
      rewriteConfig: options.rewriteConfig,
      version: "0.0.0",
      nodeId: 1,
      dataDirectory: "/data",
      shutdown: (request) => void this.shutdowns.push(request),
    });
  }

  connect(): CommandClient {
    return new CommandClient(this);
  }

  /** What was proposed is committed and applied, loads arrive, timers that are due run. */
  turn(): void {
    this.kv.settle();
    this.kv.loadAll();
    this.kv.scheduler.pass(1);
  }

  /** Time passes; timers do not run. */
  advance(ms: number): void {
    this.kv.clock.wall += ms;
    this.kv.clock.monotonic += ms;
  }

  /** All rows of storage whose key begins like this. */
  rows(prefix: ByteString): ByteString[] {
    const page = this.kv.storage.scan(
      this.kv.group.id,
      { lower: prefix, upper: prefix + "\xff".repeat(40), maxRows: 1_000_000, maxBytes: 1 << 30 },
      "anywhere",
    );
    if (typeof page === "symbol") throw new Error("a read that may block is answered");
    return page.keys;
  }
}
