// The simulated world of several nodes: what happens is an agenda of events in true time, and the seed decides all of them. Each
// run has a minute and more of clients and faults; then nothing goes wrong any more, everything must come to rest, and the
// whole course is judged. Raft's promises and the equality of states are looked at all along.
import { SeededRandom, assert } from "../../../src/base/index";
import { randomLimits } from "../node-limits";
import { Proposals } from "../proposals";
import { Trace } from "../trace";
import { Agenda } from "./agenda";
import { ClusterClients } from "./cluster-clients";
import { ClusterEnding } from "./cluster-ending";
import { failureOf } from "./cluster-failure";
import { SimulationFailure } from "../simulation-failure";
import { ClusterFaults } from "./cluster-faults";
import { ClusterHistory } from "./cluster-history";
import { ClusterNode } from "./cluster-node";
import { ClusterMembers } from "./cluster-members";
import type { ClusterProcess, ClusterSabotage, ClusterSurroundings } from "./cluster-process";
import { ForwardedOperations } from "./forwarded-operations";
import type { Recording } from "./cluster-picture";
import { Network } from "./network";
import type { Passage } from "./network";
import { RaftChecks } from "./raft-checks";
import { StateChecks } from "./state-checks";

export interface ClusterOptions {
  readonly seed: number;
  /** Simulated time with clients and faults. */
  readonly mainMs?: number;
  readonly sabotage?: ClusterSabotage;
  /** Keeps what the picture of a failure shows. */
  readonly isRecorded?: boolean;
}

export interface ClusterResult {
  readonly seed: number;
  readonly traceHash: number;
  readonly events: number;
  readonly simulatedMs: number;
  readonly acknowledged: number;
  readonly unknown: number;
  readonly notRun: number;
  /** Terms in which somebody led, but for the first. */
  readonly leaderChanges: number;
  /** Commands that a node has sent on to the leader. */
  readonly forwarded: number;
  /** Changes of the members that were proposed. */
  readonly memberChanges: number;
  readonly comparisons: number;
  readonly faults: Readonly<Record<string, number>>;
}

const MAIN_MS = 60_000;
/** Time within which everything must come to rest once nothing goes wrong any more. */
const CALM_MS = 60_000;
const COMPARE_MS = 300;

export class ClusterWorld {
  readonly trace = new Trace();
  readonly agenda = new Agenda();
  readonly history: ClusterHistory;
  /** If recorded: what became of each batch, and when each step happened. */
  private readonly passages: Passage[] = [];
  private readonly stepTimes: number[] = [0];
  readonly nodes: readonly ClusterNode[];
  private readonly seed: number;
  private readonly random: SeededRandom;
  readonly raft = new RaftChecks();
  readonly states = new StateChecks();
  private readonly forwarded = new ForwardedOperations();
  private readonly network: Network;
  readonly clients: ClusterClients;
  readonly faults: ClusterFaults;
  readonly members: ClusterMembers;
  /** The members change in this run. */
  readonly membersChange: boolean;
  private readonly mainMs: number;
  private readonly isRecorded: boolean;

  constructor(options: ClusterOptions) {
    this.seed = options.seed;
    this.mainMs = options.mainMs ?? MAIN_MS;
    this.isRecorded = options.isRecorded === true;
    const random = (this.random = new SeededRandom(options.seed));
    const { agenda, raft } = this;
    const limits = randomLimits(random);
    const proposals = new Proposals();
    this.history = new ClusterHistory(agenda, raft.committed, proposals, this.forwarded, limits);
    const count = random.chance(0.8) ? 3 : 5;
    const voters = Array.from({ length: count }, (_, at) => at + 1);
    const surroundings: ClusterSurroundings = {
      agenda,
      limits,
      voters,
      proposals,
      turnMs: random.pick([0.1, 1]),
      maxStandIns: random.pick([2, 100]),
      path: {
        agenda,
        random: random.fork(),
        network: () => this.network,
        nodeOf: (nodeId) => this.nodeOf(nodeId),
        forwarded: this.forwarded,
      },
      sabotage: (process) => {
        raft.watch(process);
        options.sabotage?.(process);
      },
      send: (batch) => {
        const sender = this.processOf(batch.from);
        if (sender !== undefined) raft.checkClaims(sender, batch, agenda.nowMs);
        return this.network.send(batch);
      },
      ran: (process) => this.ran(process),
      committed: (process, entry) => {
        const isNew = entry.index > raft.committed.lastIndex;
        raft.record(process, entry);
        if (!isNew) return;
        this.states.record(entry);
        this.history.committedIn(entry.term);
      },
      leading: (process, term) => {
        this.note(`n${process.node.nodeId}: leads in term ${term}`);
        this.history.decideBefore(term);
      },
      lost: (process) => this.note(`n${process.node.nodeId}: leadership lost`),
      swept: (logical, userKey, nowMs, order) => this.history.swept(logical, userKey, nowMs, order),
    };
    this.nodes = voters.map((id) => new ClusterNode(id, random.fork(), agenda, surroundings));
    this.network = new Network(
      agenda,
      random.fork(),
      {
        minMs: random.pick([0.1, 0.5, 3]),
        spreadMs: random.pick([0.2, 2, 8]),
        late: random.pick([0, 0.01, 0.05]),
        lateMs: random.pick([30, 400]),
        loss: random.pick([0, 0, 0.005, 0.02]),
        duplicate: random.pick([0, 0.005, 0.03]),
      },
      (batch) => {
        const { process } = this.nodeOf(batch.to);
        process?.life.post(0, () => process.host.receive(batch), "peers");
      },
      (passage) => {
        if (this.isRecorded) this.passages.push(passage);
      },
    );
    this.clients = new ClusterClients({
      agenda,
      random: random.fork(),
      history: this.history,
      nodes: this.nodes,
      clients: random.pick([4, 6]),
      thinkMs: random.pick([500, 800]),
      latencyMs: random.pick([0.3, 2]),
      patienceMs: random.pick([600, 2500]),
      mixBytes: (bytes) => this.trace.mixBytes(bytes),
      note: (text) => this.note(text),
    });
    this.faults = new ClusterFaults({
      agenda,
      random: random.fork(),
      nodes: this.nodes,
      network: this.network,
      clients: this.clients,
      note: (text) => this.note(text),
      restartLater: (node, delayMs) => this.startLater(node, delayMs),
    });
    this.members = new ClusterMembers({
      agenda,
      random: random.fork(),
      nodes: this.nodes,
      note: (text) => this.note(text),
    });
    this.membersChange = random.chance(0.4);
  }

  run(): ClusterResult {
    try {
      for (const node of this.nodes) this.startLater(node, this.random.fraction() * 100);
      this.clients.start();
      this.faults.start();
      if (this.membersChange) this.members.start();
      this.compareLater();
      this.runFor(this.mainMs);
      new ClusterEnding(this).run();
    } catch (error) {
      throw error instanceof SimulationFailure ? error : failureOf(this.seed, this, error);
    }
    const { counts } = this.history;
    return {
      seed: this.seed,
      traceHash: this.trace.hash,
      events: this.agenda.step,
      simulatedMs: this.agenda.nowMs,
      ...counts,
      leaderChanges: this.raft.leaders.size - 1,
      forwarded: this.forwarded.count,
      memberChanges: this.members.count,
      comparisons: this.states.comparisons,
      faults: this.faults.counts,
    };
  }

  /** What the picture of a failure shows. */
  get recording(): Recording {
    const { passages, stepTimes, trace, history, nodes } = this;
    const nodeIds = nodes.map(({ nodeId }) => nodeId);
    return { nodeIds, passages, stepTimes, events: trace.events, operations: history.operations };
  }

  // ── Events ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private advance(): void {
    const { agenda, trace } = this;
    assert(agenda.advance(), "time goes on");
    trace.step = agenda.step;
    if (this.isRecorded) this.stepTimes[agenda.step] = agenda.nowMs;
  }

  runFor(ms: number): void {
    const endMs = this.agenda.nowMs + ms;
    while (this.agenda.nowMs < endMs) this.advance();
  }

  runUntil(what: string, reached: () => boolean): void {
    const endMs = this.agenda.nowMs + CALM_MS;
    while (!reached()) {
      this.advance();
      if (this.agenda.nowMs > endMs) throw new Error(`it does not come to this: ${what}`);
    }
  }

  note(text: string): void {
    this.trace.note(text);
    this.trace.mixText(text);
  }

  private nodeOf(nodeId: number): ClusterNode {
    return this.nodes[nodeId - 1]!;
  }

  private processOf(nodeId: number): ClusterProcess | undefined {
    return this.nodeOf(nodeId).process;
  }

  /** Those that run. */
  get processes(): ClusterProcess[] {
    const processes: ClusterProcess[] = [];
    for (const { process } of this.nodes) if (process !== undefined) processes.push(process);
    return processes;
  }

  startLater(node: ClusterNode, delayMs: number): void {
    this.agenda.after(delayMs, () => {
      if (node.process !== undefined) return;
      this.note(`n${node.nodeId}: starts`);
      node.start();
    });
  }

  /** Behind everything that a process does. */
  private ran(process: ClusterProcess): void {
    this.raft.ran(process);
    if (process.isRaftLeader) this.raft.checkLeases(this.nodes);
    if (process.failure === undefined || process.isExiting) return;
    assert(!process.evaluator.available, "a node whose disk has failed evaluates nothing");
    process.isExiting = true;
    const { node } = process;
    this.agenda.after(this.random.between(1, 50), () => {
      if (node.process !== process) return;
      this.note(`n${node.nodeId}: exits: ${process.failure?.message}`);
      node.crash(this.random.pick(["kill", "powerLoss"]));
      this.startLater(node, this.random.between(5, 500));
    });
  }

  private compareLater(): void {
    this.agenda.after(COMPARE_MS, () => {
      this.compareAll();
      this.compareLater();
    });
  }

  compareAll(): void {
    for (const process of this.processes) {
      if (process.failure === undefined) this.states.compare(process);
    }
  }
}

export function runCluster(options: ClusterOptions): ClusterResult {
  return new ClusterWorld(options).run();
}
