// The Redis adapter of a node: accepts connections, knows its clients, and holds what commands need of the server
// around them. Constructed by server/ with everything it works with.
import type { Clock, Scheduler, SeededRandom } from "../base/index";
import type { Evaluator, ReadView } from "../kv/index";
import type { OutputBlockPool, ParserLimits } from "../resp/index";
import type { Storage } from "../storage/index";
import { isDenied } from "./access";
import type { ClientLimits } from "./clients/client-limits";
import { ClientPause } from "./clients/client-pause";
import { ClientWatch } from "./clients/client-watch";
import { Monitors } from "./clients/monitors";
import { Command } from "./command";
import type { CommandTable } from "./command-table";
import { Connection } from "./connection";
import { ERR_DENIED, ERR_MAX_CLIENTS } from "./dispatch-errors";
import { Checkpoints } from "./accounting/checkpoints";
import { CommandAccounting } from "./accounting/command-accounting";
import { memoryFigures } from "./accounting/memory-figures";
import { RateMeter } from "./accounting/rate-meter";
import type { DocumentedCommand } from "./documentation/documented-command";
import { documentation } from "./documentation/index";
import type { Forwarder } from "./forwarding/forwarder";
import type { ClientName } from "./forwarding/forwarding";
import { StandIn } from "./forwarding/stand-in";
import type { LiveSettings } from "./parameters/live-settings";
import type { Parameter } from "./parameters/parameter";
import { ParameterRegistry } from "./parameters/parameter-registry";
import type { ConfigRewriter } from "./parameters/parameter-registry";
import { redisParameters } from "./parameters/redis-parameters";
import { KeySampler } from "./key-sampler";
import { Notifications } from "./notifications";
import { Publisher } from "./pubsub/publisher";
import { Subscriptions } from "./pubsub/subscriptions";
import { ReplyWriter } from "../resp/index";
import type { ClientSocket, Listener, SocketHandler, SocketLayerName } from "./socket-layer";
import { listenNative } from "./sockets/native-sockets";
import { listenNet } from "./sockets/net-sockets";

/** What a stop waits for clients and their commands. */
const CLOSING_MS = 2000;
/** What a refused client gets to read why. */
const REJECTED_MS = 1000;

const SAMPLE_MS = 100;
const SAMPLES_PER_MEMORY_LOOK = 20;

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
  /** Limits and switches that are read at the moment of use; CONFIG SET writes them. */
  readonly settings: LiveSettings;
  /** What CONFIG knows beyond the parameters that need nothing but the settings. */
  readonly parameters?: readonly Parameter[];
  /** Absent when the server was started without a configuration file. */
  readonly rewriteConfig?: ConfigRewriter | undefined;
  readonly configFile?: string | undefined;
  /** DEBUG SET-ACTIVE-EXPIRE; absent where nothing is reclaimed. */
  readonly setActiveExpiry?: (active: boolean) => void;
  readonly version: string;
  readonly nodeId: number;
  readonly dataDirectory: string;
  /** Asks for a clean stop of the process. */
  readonly shutdown: (request: ShutdownRequest) => void;
  /** Takes commands to the node that leads; absent where there is no other node. */
  readonly forwarder?: Forwarder;
  /** What `listen` opens the port with. Default native. */
  readonly socketLayer?: SocketLayerName;
  /** What allocates native memory, as INFO tells it. Default libc. */
  readonly allocator?: string;
}

export class RedisServer {
  readonly evaluator: Evaluator;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly table: CommandTable;
  readonly subscriptions = new Subscriptions<Connection>();
  readonly publisher = new Publisher(this.subscriptions);
  readonly notifications: Notifications;
  readonly monitors: Monitors;
  readonly pause: ClientPause;
  readonly settings: LiveSettings;
  readonly parameters: ParameterRegistry;
  readonly accounting: CommandAccounting;
  readonly checkpoints: Checkpoints;
  /** For COMMAND DOCS; made when it is first asked for. */
  private documented: ReadonlyMap<string, DocumentedCommand> | undefined;
  readonly configFile: string | undefined;
  readonly setActiveExpiry: (active: boolean) => void;
  readonly version: string;
  readonly nodeId: number;
  readonly dataDirectory: string;
  readonly shutdown: (request: ShutdownRequest) => void;
  readonly forwarder: Forwarder | undefined;
  readonly startedAtMs: number;
  readonly keySampler: KeySampler;
  readonly statistics = {
    commandsTotal: 0,
    connectionsTotal: 0,
    rejectedConnectionsTotal: 0,
    netInputBytesTotal: 0,
    netOutputBytesTotal: 0,
    readsTotal: 0,
    writesTotal: 0,
    keyspaceHitsTotal: 0,
    keyspaceMissesTotal: 0,
  };
  /** Per second, over the last 1.6 s. */
  readonly rates: { readonly commands: RateMeter; readonly input: RateMeter; readonly output: RateMeter };
  /** Shutdowns that wait for a checkpoint: what aborts each. */
  readonly pendingShutdowns = new Set<() => void>();
  /** The most memory that was seen in use. */
  peakMemoryBytes = 0;
  /** Stand-ins by which unknown and rejected commands and protocol errors are counted. */
  readonly unknownCommands = new Command(placeholder("unknown"), undefined, true);
  readonly rejectedCommands = new Command(placeholder("rejected"), undefined, true);
  readonly protocolErrors = new Command(placeholder("protocol-error"), undefined, true);
  private readonly pool: OutputBlockPool;
  readonly allocator: string;
  private readonly socketLayer: SocketLayerName;
  private readonly connections = new Map<number, Connection>();
  /** Clients that were told that they are not let in and have not gone yet. */
  private readonly rejected = new Set<ClientSocket>();
  /** The last view each client's long reads were given, by connection: called off when the client goes. */
  private readonly views = new Map<number, ReadView>();
  private lastId = 0;
  private standInCount = 0;
  private listener: Listener | undefined;
  private accepting = false;
  private readonly watch: ClientWatch;
  /** Connections that others have sent something, to be flushed at the end of the turn. */
  private readonly unflushed = new Set<Connection>();
  private cancelSampling: (() => void) | undefined;
  private samples = 0;

  constructor(options: RedisServerOptions) {
    this.evaluator = options.evaluator;
    this.storage = options.storage;
    this.clock = options.clock;
    this.scheduler = options.scheduler;
    this.pool = options.pool;
    this.table = options.table;
    const { settings, clock } = options;
    this.settings = settings;
    this.parameters = new ParameterRegistry(
      settings,
      [
        ...redisParameters(settings, {
          parserLimitsChanged: () => this.applyParserLimits(),
          slowlogLengthChanged: () => this.accounting.slowLog.setMaxEntries(settings.slowlogMaxEntries),
        }),
        ...(options.parameters ?? []),
      ],
      options.rewriteConfig,
    );
    this.accounting = new CommandAccounting(settings, clock);
    this.configFile = options.configFile;
    this.setActiveExpiry = options.setActiveExpiry ?? (() => undefined);
    const nowMs = clock.monotonicMs();
    this.rates = {
      commands: new RateMeter(nowMs),
      input: new RateMeter(nowMs),
      output: new RateMeter(nowMs),
    };
    this.notifications = new Notifications(settings, this.publisher);
    this.evaluator.events = this.notifications;
    this.monitors = new Monitors(clock);
    this.pause = new ClientPause(clock, options.scheduler);
    this.watch = new ClientWatch(this);
    this.version = options.version;
    this.nodeId = options.nodeId;
    this.dataDirectory = options.dataDirectory;
    this.shutdown = options.shutdown;
    this.forwarder = options.forwarder;
    this.socketLayer = options.socketLayer ?? "native";
    this.allocator = options.allocator ?? "libc";
    this.keySampler = new KeySampler(options.evaluator, options.random);
    this.startedAtMs = options.clock.wallMs();
    this.checkpoints = new Checkpoints({
      storage: options.storage,
      clock,
      settings,
      operations: () => options.evaluator.statistics.operationsTotal,
      ended: (ms) => this.accounting.noteLatency("checkpoint", ms),
    });
    this.evaluator.onCommit = (ms) => this.accounting.noteLatency("aof-fsync-always", ms);
  }

  get documentation(): ReadonlyMap<string, DocumentedCommand> {
    return (this.documented ??= documentation());
  }

  get maxClients(): number {
    return this.settings.maxClients;
  }

  /** Reply bytes waiting for one client beyond which its commands are not run. */
  get outputLimitBytes(): number {
    return this.settings.outputLimitBytes;
  }

  get parserLimits(): Partial<ParserLimits> {
    const { maxBulkBytes, maxQueryBytes } = this.settings;
    return { maxBulkBytes, maxQueryBytes };
  }

  /** The settings as far as they concern clients. */
  get limits(): ClientLimits {
    return this.settings;
  }

  get clients(): ReadonlyMap<number, Connection> {
    return this.connections;
  }

  /** Sends now what clients have been written in this turn. */
  flushSockets(): void {
    this.listener?.flush();
  }

  /** The port RESP is served on; 0 when it is not. */
  get port(): number {
    return this.listener?.port ?? 0;
  }

  /** What of the system serves the sockets. */
  get multiplexingApi(): string {
    return this.listener?.api ?? "none";
  }

  /** Opens the port. Throws BasaltError LISTEN_FAILED. */
  async listen(host: string, port: number): Promise<Listener> {
    this.accepting = true;
    this.watch.start();
    this.scheduleSample();
    const { pool, scheduler } = this;
    const accept = (socket: ClientSocket): SocketHandler => this.accept(socket);
    this.listener =
      this.socketLayer === "net"
        ? await listenNet(host, port, pool, accept)
        : await listenNative(host, port, { pool, scheduler, accept, batches: this.socketLayer === "native" });
    return this.listener;
  }

  /** Takes a new connection over; simulation calls it with sockets of its own. */
  accept(socket: ClientSocket): SocketHandler {
    if (this.connections.size - this.standInCount >= this.maxClients)
      return this.reject(socket, ERR_MAX_CLIENTS);
    if (isDenied(this.limits, socket.remoteAddress)) return this.reject(socket, ERR_DENIED);
    this.statistics.connectionsTotal++;
    const connection = new Connection(this, ++this.lastId, socket, this.pool);
    this.connections.set(connection.id, connection);
    return connection;
  }

  /** A client of another node, that was let in there. */
  standIn(client: ClientName): StandIn {
    return new StandIn(client, this.pool, (socket) => {
      const connection = new Connection(this, ++this.lastId, socket, this.pool);
      connection.isStandIn = true;
      this.standInCount++;
      this.connections.set(connection.id, connection);
      return connection;
    });
  }

  /** False when no shutdown waits that could be aborted. */
  abortShutdown(): boolean {
    for (const abort of this.pendingShutdowns) abort();
    return this.pendingShutdowns.size > 0;
  }

  /** Counters begin anew, as CONFIG RESETSTAT says. */
  resetStatistics(): void {
    const { statistics, table, accounting, rates } = this;
    for (const command of [...table.everyCommand, ...this.standIns]) command.resetFigures();
    for (const name of Object.keys(statistics) as (keyof typeof statistics)[]) statistics[name] = 0;
    for (const meter of [rates.commands, rates.input, rates.output]) meter.reset();
    accounting.errors.reset();
    this.evaluator.statistics.expiredTotal = 0;
    this.evaluator.statistics.commitUs.reset();
    this.peakMemoryBytes = 0;
  }

  private get standIns(): readonly Command[] {
    return [this.unknownCommands, this.rejectedCommands, this.protocolErrors];
  }

  private applyParserLimits(): void {
    for (const connection of this.connections.values()) connection.parser.setLimits(this.parserLimits);
  }

  private scheduleSample(): void {
    this.cancelSampling = this.scheduler.after(SAMPLE_MS, () => {
      this.sample();
      this.scheduleSample();
    });
  }

  private sample(): void {
    const nowMs = this.clock.monotonicMs();
    const { commandsTotal, netInputBytesTotal, netOutputBytesTotal } = this.statistics;
    this.rates.commands.sample(commandsTotal, nowMs);
    this.rates.input.sample(netInputBytesTotal, nowMs);
    this.rates.output.sample(netOutputBytesTotal, nowMs);
    // Looking at memory costs a tenth of a millisecond.
    if (this.samples++ % SAMPLES_PER_MEMORY_LOOK === 0) memoryFigures(this);
  }

  forget(connection: Connection): void {
    if (this.connections.delete(connection.id) && connection.isStandIn) this.standInCount--;
    this.forwarder?.release(connection.id);
    const view = this.views.get(connection.id);
    this.views.delete(connection.id);
    view?.callOff();
    this.subscriptions.removeAll(connection);
    this.monitors.remove(connection);
  }

  /** A long read of the client works on this view. A client has one such read at a time. */
  reads(connectionId: number, view: ReadView): void {
    if (this.connections.has(connectionId)) this.views.set(connectionId, view);
  }

  /** Sends what others have put among a connection's replies, in one write. */
  flushAtTurnEnd(connection: Connection): void {
    if (this.unflushed.size === 0) {
      this.scheduler.atTurnEnd(() => {
        const connections = [...this.unflushed];
        this.unflushed.clear();
        for (const each of connections) each.flush();
      });
    }
    this.unflushed.add(connection);
  }

  /**
   * Stops accepting and ends the connections: no further command is begun, and what was begun is answered first, as far as
   * that and its client take no longer than `CLOSING_MS`.
   */
  async close(): Promise<void> {
    this.cancelSampling?.();
    const closed = this.accepting ? this.listener?.close() : undefined;
    this.accepting = false;
    this.watch.stop();
    for (const connection of this.connections.values()) connection.finishAndClose();
    this.pause.unpause();
    this.scheduler.after(CLOSING_MS, () => {
      for (const connection of this.connections.values()) connection.socket.destroy();
      for (const socket of this.rejected) socket.destroy();
    });
    await closed;
  }

  /** Tells a client why it is not let in, and lets it go, also when it does not go by itself. */
  private reject(socket: ClientSocket, error: string): SocketHandler {
    this.statistics.rejectedConnectionsTotal++;
    const writer = new ReplyWriter(this.pool);
    writer.error(error);
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
