// Hosts of up to five nodes under random treatment: clocks that run fast and slow, processes that stop for a while or crash,
// a network that delays, loses, doubles and cuts, disks that lag, changes of members and of leaders. Everything is drawn
// from one seed. All along: one log, no two leaders of which the older one holds a lease, no confirmed read behind what was
// committed when it was asked. Shared by tests; no test of its own.
import { SeededRandom } from "../../../../src/base/index";
import { ConfChangeTransition, ConfChangeType, Message } from "../../../../src/raft/core/index";
import type { ConfChangeSingle } from "../../../../src/raft/core/index";
import type { PeerBatch } from "../../../../src/raft/host/index";
import { MemoryDisk } from "../../../../src/storage/memory/index";
import { GROUP, HostNode } from "./host-node";

const NODES = 5;
const FIRST_VOTERS = [1, 2, 3];
const EPOCH_MS = 1_700_000_000_000;
const CALM_MS = 60_000;

class Machine {
  readonly disk = new MemoryDisk();
  node: HostNode | undefined;
  /** Milliseconds of its clocks to one of the world's. */
  rate = 1;
  /** How far its wall clock stands off. */
  offsetMs = 0;
  /** The process is stopped until then; its clocks are not. */
  stoppedUntilMs = 0;
  /** Milliseconds that have passed since its timers ran last. */
  unspentMs = 0;
  checked = 0;

  constructor(readonly id: number) {}
}

export class RandomCluster {
  readonly counts = {
    elections: 0,
    changes: 0,
    crashes: 0,
    transfers: 0,
    confirmed: 0,
    refused: 0,
    leases: 0,
  };
  private readonly random: SeededRandom;
  private readonly machines: Machine[] = [];
  private nowMs = 0;
  private wire: { batch: PeerBatch; dueMs: number }[] = [];
  private cuts = new Set<string>();
  private calm = false;
  /** By index, what was committed there. */
  private readonly log: string[] = [];
  private readonly leaders = new Map<number, number>();

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    for (let id = 1; id <= NODES; id++) this.machines.push(new Machine(id));
    for (const machine of this.machines) this.start(machine);
  }

  get committed(): number {
    return this.log.length - 1;
  }

  /** So much of the world's time passes, with everything that may happen. */
  run(ms: number): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) this.step();
  }

  /** Nothing goes wrong any more: what is asked of the group then has to succeed. Returns what is not as it should be. */
  recover(): string | undefined {
    this.calm = true;
    this.cuts.clear();
    for (const machine of this.machines) {
      if (machine.node === undefined) this.start(machine);
      machine.stoppedUntilMs = 0;
      machine.rate = 1;
      machine.offsetMs = 0;
    }
    let proposed = 0;
    for (const endMs = this.nowMs + CALM_MS; this.nowMs < endMs;) {
      this.step();
      const leader = this.machines.find(({ node }) => node?.group.status.leading === true)?.node;
      if (leader === undefined) continue;
      if (leader.group.configuration.votersOutgoing.length > 0) leader.group.proposeConfChange(LEAVE);
      if (proposed === 0) proposed = leader.propose();
      const { voters } = leader.group.configuration;
      const arrived = voters.every(
        (id) => (this.machines[id - 1]!.node?.group.status.appliedIndex ?? 0) >= proposed,
      );
      if (proposed > 0 && arrived && leader.group.hasLease) return undefined;
    }
    return "nothing is committed on all voters, although nothing is wrong any more";
  }

  private step(): void {
    const { random } = this;
    const passedMs = random.between(1, 8);
    this.nowMs += passedMs;
    for (const machine of this.machines) {
      const { node } = machine;
      if (node === undefined) continue;
      node.clock.monotonic += passedMs * machine.rate;
      node.clock.wall = EPOCH_MS + this.nowMs + machine.offsetMs;
      machine.unspentMs += passedMs * machine.rate;
    }
    if (!this.calm) this.disturb();
    const due = this.wire.filter(({ dueMs }) => dueMs <= this.nowMs);
    this.wire = this.wire.filter(({ dueMs }) => dueMs > this.nowMs);
    for (const { batch } of due) this.arrive(batch);
    for (const machine of random.shuffle([...this.machines])) this.work(machine);
    this.check();
  }

  private work(machine: Machine): void {
    const { node } = machine;
    const { random } = this;
    if (node === undefined || machine.stoppedUntilMs > this.nowMs) return;
    node.scheduler.pass(machine.unspentMs);
    machine.unspentMs = 0;
    if (!this.calm && random.chance(0.1)) return;
    if (node.group.status.leading && random.chance(0.2)) node.propose();
    node.scheduler.endTurn();
    const { storage } = node;
    for (let steps = this.calm ? 100 : random.below(8); steps > 0; steps--) {
      if (storage.pendingLog) storage.stepLog();
      if (storage.pendingSync && random.chance(0.7)) storage.syncLog();
      if (storage.pendingApply && random.chance(0.7)) storage.stepApply();
      if (random.chance(0.02)) storage.flush();
      if (storage.pendingFlush && random.chance(0.3)) storage.stepFlush();
      while (storage.deliver());
    }
    node.scheduler.endTurn();
  }

  private disturb(): void {
    const { random } = this;
    for (const { id, node } of this.machines) {
      // The request to campaign may be the last that is heard of a leader.
      if (node?.group["handover"].stage === "asked" && random.chance(0.1)) this.isolate(id);
    }
    const machine = random.pick(this.machines);
    const dice = random.below(10_000);
    if (dice < 30) this.crash(machine);
    else if (dice < 90) {
      this.crash(machine);
      this.start(machine);
    } else if (dice < 300) {
      if (machine.node === undefined) this.start(machine);
    } else if (dice < 340) machine.stoppedUntilMs = this.nowMs + random.between(50, 2000);
    else if (dice < 400) machine.rate = random.pick([0.97, 0.99, 1, 1.01, 1.03]);
    else if (dice < 410) machine.offsetMs = random.pick([-700, -200, 0, 0, 200, 700]);
    else if (dice < 440) this.isolate(machine.id);
    else if (dice < 450) this.cuts.add(`${machine.id}-${random.between(1, NODES)}`);
    else if (dice < 480) this.leaderIsCutOff();
    else if (dice < 600) this.cuts.clear();
    else if (dice < 650) this.transfer(machine);
    else if (dice < 800) this.change(machine);
    else if (dice < 1200) this.confirm(machine);
  }

  private isolate(id: number): void {
    for (let other = 1; other <= NODES; other++) this.cuts.add(`${id}-${other}`).add(`${other}-${id}`);
  }

  /** What it has sent is still on its way, and what was sent to it. */
  private leaderIsCutOff(): void {
    for (const { id, node } of this.machines) if (node?.group.status.leading === true) this.isolate(id);
  }

  private start(machine: Machine): void {
    const node = new HostNode(machine.disk, {
      nodeId: machine.id,
      voters: FIRST_VOTERS,
      transport: { send: (batch) => this.send(batch) },
    });
    node.clock.monotonic = this.random.between(1, 100_000);
    machine.node = node;
    machine.unspentMs = 0;
    machine.checked = 0;
    node.host.start();
  }

  private crash(machine: Machine): void {
    const { node } = machine;
    if (node === undefined) return;
    this.counts.crashes++;
    node.host.stop();
    node.storage.crash(this.random, { kind: this.random.pick(["kill", "powerLoss"]) });
    machine.node = undefined;
  }

  private send(batch: PeerBatch): void {
    const { random } = this;
    if (this.cuts.has(`${batch.from}-${batch.to}`)) return;
    if (!this.calm && random.chance(0.03)) return;
    const delayMs = (): number =>
      this.calm || random.chance(0.8) ? random.between(0, 5) : random.between(0, 700);
    this.wire.push({ batch, dueMs: this.nowMs + delayMs() });
    if (!this.calm && random.chance(0.03))
      this.wire.push({ batch: copyOf(batch), dueMs: this.nowMs + delayMs() });
  }

  private arrive(batch: PeerBatch): void {
    const machine = this.machines[batch.to - 1]!;
    if (machine.node === undefined) return;
    // What comes for a stopped process is read when it goes on.
    if (machine.stoppedUntilMs > this.nowMs) this.wire.push({ batch, dueMs: machine.stoppedUntilMs });
    else machine.node.host.receive(batch);
  }

  private transfer({ node }: Machine): void {
    if (node?.group.transferLeadership(this.random.between(1, NODES)) !== true) return;
    this.counts.transfers++;
  }

  private change({ node }: Machine): void {
    const { random } = this;
    if (node === undefined || !node.group.status.leading) return;
    if (random.chance(0.3)) {
      node.group.proposeConfChange(LEAVE);
      return;
    }
    const { addNode, addLearnerNode, removeNode } = ConfChangeType;
    const changes: ConfChangeSingle[] = Array.from({ length: random.pick([1, 1, 1, 2]) }, () => ({
      type: random.pick([addNode, addNode, addNode, addLearnerNode, removeNode]),
      nodeId: random.between(1, NODES),
    }));
    const { auto, jointImplicit, jointExplicit } = ConfChangeTransition;
    const transition = random.pick([auto, auto, auto, jointImplicit, jointExplicit]);
    const outcome = node.group.proposeConfChange({ transition, changes, context: null });
    if (outcome === "proposed") this.counts.changes++;
  }

  private confirm({ node }: Machine): void {
    if (node === undefined || !node.group.status.leading) return;
    const atLeast = this.committed;
    node.group.confirmLeadership((confirmed) => {
      this.counts[confirmed ? "confirmed" : "refused"]++;
      const { commitIndex } = node.group.status;
      if (confirmed && commitIndex < atLeast) {
        throw new Error(`a read confirmed at ${commitIndex} was asked when ${atLeast} was committed`);
      }
    });
  }

  private check(): void {
    let leaseTerm = 0;
    for (const machine of this.machines) {
      const { node } = machine;
      if (node === undefined) continue;
      const { status, hasLease } = node.group;
      if (status.leading) this.checkLeader(machine.id, status.term);
      if (status.leading && hasLease) {
        this.counts.leases++;
        leaseTerm = leaseTerm === 0 ? status.term : Math.min(leaseTerm, status.term);
      }
      this.checkLog(machine, node, status.commitIndex);
    }
    if (leaseTerm === 0) return;
    for (const { id, node } of this.machines) {
      const status = node?.group.status;
      if (status?.leading === true && status.term > leaseTerm) {
        throw new Error(
          `node ${id} leads term ${status.term} while the leader of term ${leaseTerm} has a lease`,
        );
      }
    }
  }

  private checkLeader(id: number, term: number): void {
    const known = this.leaders.get(term);
    if (known === undefined) this.counts.elections++;
    else if (known !== id) throw new Error(`nodes ${known} and ${id} both lead term ${term}`);
    this.leaders.set(term, id);
  }

  private checkLog(machine: Machine, node: HostNode, commitIndex: number): void {
    if (machine.checked >= commitIndex) return;
    for (const entry of node.storage.readEntries(GROUP, machine.checked + 1, commitIndex + 1, 1 << 30)) {
      const text = `${entry.term} ${entry.type} ${Buffer.from(entry.payload).toString("hex")}`;
      const known = (this.log[entry.index] ??= text);
      if (known !== text) throw new Error(`two entries were committed at ${entry.index}: ${known}, ${text}`);
      machine.checked = entry.index;
    }
  }
}

const LEAVE = { transition: ConfChangeTransition.auto, changes: [], context: null };

function copyOf(batch: PeerBatch): PeerBatch {
  const messages = batch.messages.map(({ group, message }) => ({
    group,
    message: Object.assign(new Message(message.type, message.to), message),
  }));
  return { ...batch, messages };
}
