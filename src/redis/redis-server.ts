// The Redis adapter of a node: accepts connections, knows its clients, and holds what commands need of the server
// around them. Constructed by server/ with everything it works with.
import type { Clock, Scheduler, SeededRandom } from "../base/index";
import type { Evaluator, ReadView } from "../kv/index";
import type { OutputBlockPool, ParserLimits } from "../resp/index";
import type { Storage } from "../storage/index";
import { Command } from "./command";
import type { CommandTable } from "./command-table";
import { Connection } from "./connection";
import { ERR_MAX_CLIENTS } from "./dispatch-errors";
import { KeySampler } from "./key-sampler";
import { ReplyWriter } from "../resp/index";
import type { ClientSocket, Listener, SocketHandler, SocketLayerName } from "./socket-layer";
import { listenNative } from "./sockets/native-sockets";
import { listenNet } from "./sockets/net-sockets";

/** What a stop waits for clients and their commands. */
const CLOSING_MS = 2000;
/** What a refused client gets to read why. */
const REJECTED_MS = 1000;

export interface ShutdownRequest {
  /** Also when something would forbid it. */
  readonly force: boolean;
}

export interface RedisServerOptions {
  readonly evaluator: Evaluator;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Decides what commands leave to chance. */
  readonly random: SeededRandom;
  readonly pool: OutputBlockPool;
  readonly table: CommandTable;
  readonly parserLimits: Partial<ParserLimits>;
  readonly maxClients: number;
  /** Reply bytes waiting for one client beyond which its commands are not run. */
  readonly outputLimitBytes: number;
  /** Effective options for CONFIG GET, by Redis's name where Redis has one. */
  readonly config: ReadonlyMap<string, string>;
  readonly version: string;
  readonly nodeId: number;
  readonly dataDirectory: string;
  /** Asks for a clean stop of the process. */
  readonly shutdown: (request: ShutdownRequest) => void;
  /** What `listen` opens the port with. Default native. */
  readonly socketLayer?: SocketLayerName;
}

export class RedisServer {
  readonly evaluator: Evaluator;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly table: CommandTable;
  readonly parserLimits: Partial<ParserLimits>;
  readonly outputLimitBytes: number;
  readonly maxClients: number;
  readonly config: ReadonlyMap<string, string>;
  readonly version: string;
  readonly nodeId: number;
  readonly dataDirectory: string;
  readonly shutdown: (request: ShutdownRequest) => void;
  readonly startedAtMs: number;
  readonly keySampler: KeySampler;
  readonly statistics = {
    commandsTotal: 0,
    connectionsTotal: 0,
    rejectedConnectionsTotal: 0,
    netInputBytesTotal: 0,
    netOutputBytesTotal: 0,
    keyspaceHitsTotal: 0,
    keyspaceMissesTotal: 0,
  };
  /** Stand-ins by which unknown commands and protocol errors are counted. */
  readonly unknownCommands = new Command(placeholder("unknown"));
  readonly protocolErrors = new Command(placeholder("protocol-error"));
  private readonly pool: OutputBlockPool;
  private readonly socketLayer: SocketLayerName;
  private readonly connections = new Map<number, Connection>();
  /** Clients that were told that there is no room and have not gone yet. */
  private readonly rejected = new Set<ClientSocket>();
  /** The last view each client's long reads were given, by connection: called off when the client goes. */
  private readonly views = new Map<number, ReadView>();
  private lastId = 0;
  private listener: Listener | undefined;
  private accepting = false;

  constructor(options: RedisServerOptions) {
    this.evaluator = options.evaluator;
    this.storage = options.storage;
    this.clock = options.clock;
    this.scheduler = options.scheduler;
    this.pool = options.pool;
    this.table = options.table;
    this.parserLimits = options.parserLimits;
    this.outputLimitBytes = options.outputLimitBytes;
    this.maxClients = options.maxClients;
    this.config = options.config;
    this.version = options.version;
    this.nodeId = options.nodeId;
    this.dataDirectory = options.dataDirectory;
    this.shutdown = options.shutdown;
    this.socketLayer = options.socketLayer ?? "native";
    this.keySampler = new KeySampler(options.evaluator, options.random);
    this.startedAtMs = options.clock.wallMs();
  }

  get clients(): ReadonlyMap<number, Connection> {
    return this.connections;
  }

  /** The port RESP is served on; 0 when it is not. */
  get port(): number {
    return this.listener?.port ?? 0;
  }

  /** Opens the port. Throws BasaltError LISTEN_FAILED. */
  async listen(host: string, port: number): Promise<Listener> {
    this.accepting = true;
    const { pool, scheduler } = this;
    const accept = (socket: ClientSocket): SocketHandler => this.accept(socket);
    this.listener =
      this.socketLayer === "native"
        ? await listenNative(host, port, { pool, scheduler, accept })
        : await listenNet(host, port, pool, accept);
    return this.listener;
  }

  /** Takes a new connection over; simulation calls it with sockets of its own. */
  accept(socket: ClientSocket): SocketHandler {
    if (this.connections.size >= this.maxClients) return this.reject(socket);
    this.statistics.connectionsTotal++;
    const connection = new Connection(this, ++this.lastId, socket, this.pool);
    this.connections.set(connection.id, connection);
    return connection;
  }

  forget(connection: Connection): void {
    this.connections.delete(connection.id);
    const view = this.views.get(connection.id);
    this.views.delete(connection.id);
    view?.callOff();
  }

  /** A long read of the client works on this view. A client has one such read at a time. */
  reads(connectionId: number, view: ReadView): void {
    if (this.connections.has(connectionId)) this.views.set(connectionId, view);
  }

  /**
   * Stops accepting and ends the connections: no further command is begun, and what was begun is answered first, as far as
   * that and its client take no longer than `CLOSING_MS`.
   */
  async close(): Promise<void> {
    const closed = this.accepting ? this.listener?.close() : undefined;
    this.accepting = false;
    for (const connection of this.connections.values()) connection.finishAndClose();
    this.scheduler.after(CLOSING_MS, () => {
      for (const connection of this.connections.values()) connection.socket.destroy();
      for (const socket of this.rejected) socket.destroy();
    });
    await closed;
  }

  /** Tells a client that there is no room, and lets it go, also when it does not go by itself. */
  private reject(socket: ClientSocket): SocketHandler {
    this.statistics.rejectedConnectionsTotal++;
    const writer = new ReplyWriter(this.pool);
    writer.error(ERR_MAX_CLIENTS);
    const block = writer.take();
    if (block !== undefined) socket.write(block);
    socket.end();
    this.rejected.add(socket);
    const cancel = this.scheduler.after(REJECTED_MS, () => socket.destroy());
    return {
      chunk: () => undefined,
      drained: () => undefined,
      closed: () => {
        cancel();
        this.rejected.delete(socket);
      },
    };
  }
}

function placeholder(name: string): Command["spec"] {
  return {
    name,
    arity: 0,
    flags: [],
    keys: [0, 0, 0],
    categories: [],
    since: "",
    group: "",
    function: { kind: "immediate", run: () => undefined },
  };
}
