// Constructs a node from its configuration, starts it in order and stops it in reverse: storage, raft host, evaluator and
// sweeper, then the ports. The only place that knows all rooms.
import { readFileSync } from "node:fs";
import { randomInt } from "node:crypto";
import * as path from "node:path";
import { SeededRandom, assert } from "../base/index";
import type { ServerConfig } from "../config/index";
import { Evaluator, Sweeper } from "../kv/index";
import { startMetricsServer } from "../observability/index";
import type { Logger, MetricsServer } from "../observability/index";
import { NodeHost } from "../raft/host/index";
import type { PeerTransport } from "../raft/host/index";
import { CommandTable, RedisServer } from "../redis/index";
import { OutputBlockPool } from "../resp/index";
import { loadAddon, openNativeStorage } from "../storage/index";
import type { NativeStorageOptions, Storage } from "../storage/index";
import { clientsWithin, openFilesLimit, tablesIn } from "./descriptor-limit";
import { EventLoopScheduler, SystemClock } from "./event-loop";
import { nodeMetrics } from "./node-metrics";
import { configRewriter, loadRedisTable, parametersOf, settingsOf } from "./redis-config";

/** The group that holds everything while there is one. */
const DEFAULT_GROUP = 1;

export interface RunningServer {
  /** Ports that are open, by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Stops accepting, finishes what was begun, closes the directory. */
  stop(): Promise<void>;
  /** Settles only when the node cannot go on (a failed disk): the process must end, non-zero. */
  readonly failed: Promise<Error>;
  /** Settles when a client asked for a stop (SHUTDOWN): the process should call `stop`. */
  readonly stopRequested: Promise<void>;
}

const noPeers: PeerTransport = {
  send: () => assert(false, "a single node has nobody to send to"),
};

/** `openStorage` is another one than RocksDB on the real file system only in tests. */
export async function startServer(
  given: ServerConfig,
  logger: Logger,
  openStorage: (options: NativeStorageOptions) => Storage = openNativeStorage,
): Promise<RunningServer> {
  const config = { ...given, maxClients: clientsThatFit(given, logger) };
  const clock = new SystemClock();
  const scheduler = new EventLoopScheduler();
  const storage = openStorage({
    directory: config.dataDir,
    nodeId: config.nodeId,
    fsync: config.fsync,
    cacheBytes: config.cacheBytes,
    writeBufferBytes: config.writeBufferBytes,
  });
  const failed = signal<Error>();
  let failure: Error | undefined;
  const serving: { redis?: RedisServer } = {};
  const stopRequested = signal<void>();
  const host = new NodeHost({
    nodeId: config.nodeId,
    storage,
    scheduler,
    clock,
    random: new SeededRandom(randomInt(2 ** 47)),
    transport: noPeers,
    beforeWaiting: () => serving.redis?.flushSockets(),
    failed: (error) => {
      failure = error;
      // Every unanswered command has its error reply by now; the sockets get to send it.
      const sent = serving.redis === undefined ? Promise.resolve() : serving.redis.close();
      void sent.finally(() => failed.settle(error));
    },
  });
  const group = host.openGroup(DEFAULT_GROUP, [config.nodeId]);
  const evaluator = new Evaluator(group, {
    storage,
    clock,
    scheduler,
    hotRowsBytes: config.hotRowsBytes,
    maxInFlightBytes: config.maxInFlightBytes,
  });
  const leading = signal<void>();
  group.listen({
    leading: (term) => {
      evaluator.leading(term);
      leading.settle();
    },
    yielding: () => evaluator.yielding(),
    following: () => evaluator.following(),
    committed: (index) => evaluator.committed(index),
    applied: (index) => evaluator.applied(index),
    logSynced: () => evaluator.logSynced(),
  });
  host.start();
  const replayFailure = await Promise.race([leading.settled, failed.settled]);
  if (replayFailure instanceof Error) throw replayFailure;
  const { term, appliedIndex, persistedIndex } = group.status;
  logger.info({ term, appliedIndex, replayedFrom: persistedIndex }, "leading");

  const sweeper = new Sweeper(evaluator, {
    storage,
    scheduler,
    group: DEFAULT_GROUP,
    rowsPerSecond: config.sweepRate,
    isHeld: () => serving.redis?.pause.isActive === true,
  });
  sweeper.start();

  const ports: Record<string, number> = {};
  const redis = (serving.redis = new RedisServer({
    evaluator,
    storage,
    clock,
    scheduler,
    random: new SeededRandom(randomInt(2 ** 47)),
    pool: new OutputBlockPool(),
    table: new CommandTable(),
    settings: settingsOf(config),
    parameters: parametersOf(config, logger),
    rewriteConfig: configRewriter(config),
    configFile: config.configFile,
    setActiveExpiry: (active) => void (sweeper.expires = active),
    version: packageVersion(),
    nodeId: config.nodeId,
    dataDirectory: path.resolve(config.dataDir),
    shutdown: () => stopRequested.settle(),
    socketLayer: config.socketLayer,
    allocator: loadAddon().allocator,
  }));

  let metricsServer: MetricsServer | undefined;
  const stop = async (): Promise<void> => {
    await metricsServer?.close();
    await redis.close();
    sweeper.stop();
    host.stop();
    // Reads that this turn missed are asked for at its end: the storage takes them, and drops them as it closes.
    await new Promise<void>((resolve) => scheduler.atTurnEnd(resolve));
    await storage.close();
    // A failure that came while stopping has been told; whoever waits for this must not take it for a good end.
    if (failure !== undefined) throw failure;
  };
  try {
    loadRedisTable(config, redis);
    if (config.routerMetricsPort !== "off") {
      metricsServer = await startMetricsServer({
        host: config.host,
        port: config.routerMetricsPort,
        metrics: nodeMetrics({ storage, group, evaluator, sweeper, redis }),
        probes: {
          whyUnhealthy: () => failure?.message,
          whyNotReady: () => (evaluator.available ? undefined : "this node does not lead its group"),
        },
      });
      ports["routerMetrics"] = metricsServer.port;
    }
    if (config.redisPort !== "off") ports["redis"] = (await redis.listen(config.host, config.redisPort)).port;
  } catch (error) {
    // What could not be opened is the reason to tell, whatever else goes wrong.
    await stop().catch(() => undefined);
    throw error;
  }
  return { ports, stop, failed: failed.settled, stopRequested: stopRequested.settled };
}

/** As Redis does, the number of clients is lowered to what the limit on open files allows. */
function clientsThatFit({ maxClients, dataDir }: ServerConfig, logger: Logger): number {
  const limit = openFilesLimit();
  const fitting = clientsWithin(limit, tablesIn(dataDir), maxClients);
  if (fitting < maxClients) {
    logger.warn(
      `at most ${fitting} clients are served at a time instead of ${maxClients}, since this process may have only ` +
        `${limit} files open: raise the limit (ulimit -n) to serve more`,
    );
  }
  return fitting;
}

interface Signal<T> {
  readonly settled: Promise<T>;
  readonly settle: (value: T) => void;
}

function signal<T>(): Signal<T> {
  let settle: (value: T) => void = () => undefined;
  const settled = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { settled, settle };
}

/** The version in package.json, two folders above the compiled rooms' own (build/src/server). */
function packageVersion(): string {
  const file = path.join(__dirname, "..", "..", "..", "package.json");
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  assert(typeof parsed === "object" && parsed !== null && "version" in parsed, "package.json has a version");
  return String(parsed.version);
}
