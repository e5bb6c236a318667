// Three whole nodes in one process: host, evaluator and Redis server over in-memory storage, a network that a test can cut,
// and forwarding between the servers. Deterministic: time passes and disks work only when a test says so. Shared; no test
// of its own.
import { SeededRandom, assert } from "../../../src/base/index";
import type { ByteString } from "../../../src/base/index";
import { Evaluator } from "../../../src/kv/index";
import {
  CommandTable,
  Forwarder,
  InProcessForwarding,
  RedisServer,
  StandIns,
  settingsWith,
} from "../../../src/redis/index";
import type { SocketHandler } from "../../../src/redis/index";
import { OutputBlockPool, ReplyError, ReplyParser, encodeCommand } from "../../../src/resp/index";
import type { Reply } from "../../../src/resp/index";
import { TestScheduler } from "../kv/kv-node";
import { HostCluster, TICK_MS } from "../raft/host/host-cluster";
import type { HostNode } from "../raft/host/host-node";
import { TestSocket } from "./connection-node";

const PATIENCE = 200;

export class ClusterClient {
  private readonly handler: SocketHandler;
  private readonly socket: TestSocket;
  private readonly parser = new ReplyParser();

  constructor(
    private readonly cluster: RedisCluster,
    node: ClusterNode,
  ) {
    this.socket = new TestSocket(node.pool);
    this.handler = node.server.accept(this.socket);
  }

  send(...words: readonly (ByteString | number)[]): void {
    this.handler.chunk(encodeCommand(words.map(String)));
  }

  /** Replies that have come; an error reply is its text. */
  taken(): Reply[] {
    for (const bytes of this.socket.received.splice(0)) this.parser.push(bytes);
    const replies: Reply[] = [];
    for (let reply = this.parser.next(); reply !== undefined; reply = this.parser.next()) {
      replies.push(reply instanceof ReplyError ? reply.message : reply);
    }
    return replies;
  }

  call(...words: readonly (ByteString | number)[]): Reply {
    this.send(...words);
    for (let turn = 0; turn < PATIENCE; turn++) {
      const [reply] = this.taken();
      if (reply !== undefined) return reply;
      this.cluster.settle();
      if (turn > 2) this.cluster.pass(TICK_MS);
    }
    throw new Error(`no reply to ${JSON.stringify(words)}`);
  }

  close(): void {
    this.handler.closed();
  }
}

export class ClusterNode {
  readonly evaluator: Evaluator;
  readonly server: RedisServer;
  readonly standIns: StandIns;
  readonly pool = new OutputBlockPool();

  constructor(
    readonly host: HostNode,
    forwarding: InProcessForwarding,
    maxStandIns?: number,
  ) {
    const { group, storage, scheduler, clock } = host;
    const { nodeId } = storage;
    const evaluator = (this.evaluator = new Evaluator(group, {
      storage,
      clock,
      scheduler,
      hotRowsBytes: 1 << 20,
      maxInFlightBytes: 1 << 20,
    }));
    group.listen(evaluator);
    this.server = new RedisServer({
      evaluator,
      storage,
      clock,
      scheduler,
      random: new SeededRandom(nodeId),
      pool: this.pool,
      table: new CommandTable(),
      settings: settingsWith({ maxClients: 100 }),
      version: "0.0.0",
      nodeId,
      dataDirectory: "/data",
      shutdown: () => undefined,
      forwarder: new Forwarder({ nodeId, process: 1, transport: forwarding, leader: () => group.leader }),
    });
    this.standIns = new StandIns(this.server, maxStandIns);
    forwarding.attach(nodeId, this.standIns);
  }
}

export class RedisCluster {
  readonly hosts: HostCluster;
  readonly nodes: ReadonlyMap<number, ClusterNode>;
  readonly forwarding: InProcessForwarding;
  private readonly hops = new TestScheduler();

  constructor(maxStandIns?: number) {
    this.forwarding = new InProcessForwarding(this.hops);
    this.hosts = new HostCluster();
    this.nodes = new Map(
      [...this.hosts.nodes].map(([id, host]) => [id, new ClusterNode(host, this.forwarding, maxStandIns)]),
    );
  }

  node(id: number): ClusterNode {
    const node = this.nodes.get(id);
    assert(node !== undefined, "the node exists");
    return node;
  }

  /** Node `id` leads. */
  lead(id: number): ClusterNode {
    this.hosts.lead(id);
    return this.node(id);
  }

  connect(id: number): ClusterClient {
    return new ClusterClient(this, this.node(id));
  }

  /** Nodes and forwarded commands go on until nothing moves. */
  settle(): void {
    for (let round = 0; round < 4; round++) {
      this.hops.endTurn();
      this.hosts.settle();
      this.loadAll();
    }
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      this.hosts.pass(TICK_MS);
      this.settle();
    }
  }

  private loadAll(): void {
    for (const { storage, scheduler } of this.hosts.nodes.values()) {
      while (storage.pendingLoad) {
        storage.stepLoad();
        while (storage.deliver());
        scheduler.endTurn();
      }
    }
  }
}
