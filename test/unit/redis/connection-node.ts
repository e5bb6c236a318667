// Redis connections over sockets that a test holds, on a kv node whose commits and applies the test decides. Shared by the
// tests of connections; no test of its own.
import { SeededRandom } from "../../../src/base/index";
import { KvNode } from "../kv/kv-node";
import type { KvNodeOptions } from "../kv/kv-node";
import { CommandTable, RedisServer, settingsWith } from "../../../src/redis/index";
import type { LiveSettings, ClientSocket, CommandSpec, SocketHandler } from "../../../src/redis/index";
import { ALL_COMMANDS } from "../../../src/redis/commands/index";
import { OutputBlockPool, ReplyParser, encodeCommand } from "../../../src/resp/index";
import type { OutputBlock, Reply } from "../../../src/resp/index";

export class TestSocket implements ClientSocket {
  readonly remoteAddress = "127.0.0.1:40000";
  readonly localAddress = "127.0.0.1:6379";
  readonly fileDescriptor = 9;
  /** The kernel takes everything at once; else it takes what `take` says. */
  takesAll = true;
  paused = false;
  ended = false;
  destroyed = false;
  /** What the client has received, block by block. */
  readonly received: Buffer[] = [];
  private readonly waiting: OutputBlock[] = [];
  private readonly pool: OutputBlockPool;

  constructor(pool: OutputBlockPool) {
    this.pool = pool;
  }

  get bufferedBytes(): number {
    return this.waiting.reduce((sum, block) => sum + block.length, 0);
  }

  write(block: OutputBlock): void {
    if (this.ended) throw new Error("nothing is written behind the end");
    this.waiting.push(block);
    if (this.takesAll) this.take();
  }

  /** The kernel takes all there is. */
  take(): void {
    for (const block of this.waiting.splice(0)) {
      this.received.push(Buffer.from(block.filled()));
      this.pool.release(block);
    }
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
  }
}

export class TestClient {
  readonly socket: TestSocket;
  private readonly handler: SocketHandler;
  private read = 0;

  constructor(server: RedisServer, pool: OutputBlockPool) {
    this.socket = new TestSocket(pool);
    this.handler = server.accept(this.socket);
  }

  /** One chunk with all these commands, each a line of words. */
  send(...commands: string[]): void {
    this.sendBytes(Buffer.concat(commands.map((command) => encodeCommand(command.split(" ")))));
  }

  sendBytes(bytes: Buffer): void {
    this.handler.chunk(Buffer.from(bytes));
  }

  /** What has arrived since it was asked last, as it stands on the wire. */
  text(): string {
    const blocks = this.socket.received.slice(this.read);
    this.read = this.socket.received.length;
    return Buffer.concat(blocks).toString("latin1");
  }

  /** The replies that have arrived since it was asked last; errors as text. */
  replies(): unknown[] {
    const parser = new ReplyParser();
    parser.push(Buffer.from(this.text(), "latin1"));
    const replies: unknown[] = [];
    for (let reply = parser.next(); reply !== undefined; reply = parser.next()) replies.push(plain(reply));
    return replies;
  }

  /** How many writes have arrived since the test began. */
  get writes(): number {
    return this.socket.received.length;
  }

  /** The kernel takes what waits and says so. */
  drain(): void {
    this.socket.take();
    this.handler.drained();
  }

  /** It sends no more, and still reads. */
  endInput(): void {
    this.handler.peerEnded?.();
  }

  close(): void {
    this.handler.closed();
  }
}

function plain(reply: Reply): unknown {
  if (reply !== null && typeof reply === "object" && "message" in reply) return `-${reply.message}`;
  return Array.isArray(reply) ? reply.map(plain) : reply;
}

export interface ConnectionNodeOptions extends KvNodeOptions {
  readonly outputLimitBytes?: number;
  readonly maxClients?: number;
  readonly limits?: Partial<LiveSettings>;
  readonly commands?: readonly CommandSpec[];
}

export class ConnectionNode extends KvNode {
  readonly pool = new OutputBlockPool();
  readonly limits: LiveSettings;
  readonly server: RedisServer;

  constructor(options: ConnectionNodeOptions = {}) {
    super(options);
    this.limits = settingsWith({
      maxClients: options.maxClients ?? 100,
      outputLimitBytes: options.outputLimitBytes ?? 1 << 20,
      ...options.limits,
    });
    this.server = new RedisServer({
      evaluator: this.evaluator,
      storage: this.storage,
      clock: this.clock,
      scheduler: this.scheduler,
      random: new SeededRandom(options.seed ?? 1),
      pool: this.pool,
      table: new CommandTable([...ALL_COMMANDS, ...(options.commands ?? [])]),
      settings: this.limits,
      version: "0.0.0",
      nodeId: 1,
      dataDirectory: "/data",
      shutdown: () => undefined,
    });
  }

  client(): TestClient {
    return new TestClient(this.server, this.pool);
  }

  /** Ends the turn, so that what was evaluated is proposed; returns the index of its entry. */
  propose(): number {
    this.endTurn();
    return this.group.lastIndex;
  }

  /** Runs a client's commands to their end, alone. */
  ask(...commands: string[]): unknown[] {
    const client = this.client();
    client.send(...commands);
    for (let round = 0; round < 3; round++) {
      this.settle();
      this.loadAll();
    }
    const replies = client.replies();
    client.close();
    return replies;
  }
}

/** A command whose slices the test ends by hand. */
export interface HeldCommand {
  readonly spec: CommandSpec;
  /** Ends of the runs that wait, oldest first. */
  readonly ends: ((text: string, sequence?: number) => void)[];
  /** Writes a part of the oldest run's reply. */
  readonly write: ((part: string) => void)[];
  /** The same, and lets it go; `next` is called when the client keeps up. */
  readonly send: ((part: string, next: () => void) => void)[];
}

export function heldCommand(name: string): HeldCommand {
  const held: HeldCommand = {
    ends: [],
    write: [],
    send: [],
    spec: {
      name,
      arity: -1,
      flags: ["readonly"],
      keys: [0, 0, 0],
      categories: ["slow"],
      since: "1.0.0",
      group: "generic",
      function: {
        kind: "sliced",
        run: ({ reply, connection }, done) => {
          held.write.push((part) => reply.raw(part));
          held.send.push((part, next) => {
            reply.raw(part);
            connection.sendPart(next);
          });
          held.ends.push((part, sequence = 0) => {
            reply.raw(part);
            done(sequence);
          });
        },
      },
    },
  };
  return held;
}
