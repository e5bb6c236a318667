// What goes wrong in a cluster: processes and machines stop, alone or all at once; a process is stopped and goes on (SIGSTOP);
// networks are cut in one direction or both, for one node, between two, or in halves, and are lossy for a while; disks are slow
// or fail; clocks jump; clients are cut off or go away; leadership is handed over. Each fault has an end, drawn with it. Most
// of them look for the leader.
import type { SeededRandom } from "../../../src/base/index";
import type { Agenda } from "./agenda";
import type { ClusterClients } from "./cluster-clients";
import type { ClusterNode } from "./cluster-node";
import type { ClusterProcess } from "./cluster-process";
import type { Network, Weather } from "./network";

const FAILING = ["logWrite", "logSync", "dataWrite", "dataFlush"] as const;
/** From the end of one fault's drawing to the next, on average. */
const DEFAULT_INTERVAL_MS = 3500;

export interface FaultSurroundings {
  readonly agenda: Agenda;
  readonly random: SeededRandom;
  readonly nodes: readonly ClusterNode[];
  readonly network: Network;
  readonly clients: ClusterClients;
  readonly note: (text: string) => void;
  /** A process is gone. */
  readonly restartLater: (node: ClusterNode, delayMs: number) => void;
}

/** For so long clients hurry where something has gone wrong. */
const HURRY_MS = 1600;
/** For a moment that a fault wants to strike in it is looked out so often. */
const LOOKS = 200;
const LOOK_MS = 0.5;

type Direction = readonly [from: number, to: number];

function directionOf(node: number, other: number, isOutward: boolean): Direction {
  return isOutward ? [node, other] : [other, node];
}

export class ClusterFaults {
  /** How often each has struck. */
  readonly counts: Record<string, number> = {};
  private isCalm = false;
  private readonly usualWeather: Weather;
  private readonly kinds: readonly (readonly [name: string, weight: number, strike: () => boolean])[];

  constructor(private readonly surroundings: FaultSurroundings) {
    this.usualWeather = surroundings.network.weather;
    this.kinds = [
      ["kill", 4, () => this.crash("kill")],
      ["power loss", 5, () => this.crash("powerLoss")],
      ["power loss of all", 1, () => this.crashAll()],
      ["kill within a turn", 2, () => this.crashWithinTurn()],
      ["stop", 2, () => this.stop()],
      ["pause", 8, () => this.pause()],
      ["partition of a node", 8, () => this.isolate()],
      ["one-way cut", 5, () => this.cutOneWay()],
      ["cut between two", 3, () => this.cutBetweenTwo()],
      ["bad weather", 3, () => this.worsenWeather()],
      ["slow disk", 3, () => this.slowDisk()],
      ["failing disk", 2, () => this.failDisk()],
      ["clock jump", 4, () => this.jumpClock()],
      ["clients cut off", 2, () => this.cutClients()],
      ["disconnect", 3, () => this.disconnect()],
      ["transfer of leadership", 4, () => this.transfer()],
    ];
  }

  start(): void {
    this.nextLater();
  }

  /** Nothing goes wrong any more: what was to end later ends at once. */
  calm(): void {
    const { network, nodes } = this.surroundings;
    this.isCalm = true;
    network.healAll();
    network.weather = this.usualWeather;
    for (const node of nodes) {
      node.isCutFromClients = false;
      node.pace.slowMs = 0;
      node.process?.life.continue();
    }
  }

  private nextLater(): void {
    const { agenda, random } = this.surroundings;
    agenda.after(DEFAULT_INTERVAL_MS * (0.2 + random.fraction() * 1.6), () => {
      if (this.isCalm) return;
      this.strike();
      if (random.chance(0.6)) this.surroundings.clients.hurry(HURRY_MS);
      this.nextLater();
    });
  }

  private strike(): void {
    let at = this.surroundings.random.below(this.kinds.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [name, weight, strike] of this.kinds) {
      if (at < weight) {
        if (strike()) this.counts[name] = (this.counts[name] ?? 0) + 1;
        return;
      }
      at -= weight;
    }
  }

  /** How long a fault lasts: mostly a moment, sometimes longer than elections take. */
  private get spellMs(): number {
    const { random } = this.surroundings;
    return random.chance(0.5) ? random.between(50, 800) : random.between(800, 4000);
  }

  /** For what keeps a leader from the others: mostly so long that they elect another one, and both believe that they lead. */
  private get separationMs(): number {
    const { random } = this.surroundings;
    return random.chance(0.3) ? random.between(50, 700) : random.between(700, 3000);
  }

  /** Ends something later, unless everything has ended before. */
  private later(delayMs: number, end: () => void): void {
    this.surroundings.agenda.after(delayMs, () => {
      if (!this.isCalm) end();
    });
  }

  /** Some node that runs; often the leader. */
  private victim(): ClusterNode | undefined {
    const { random, nodes } = this.surroundings;
    const running = nodes.filter(({ process }) => process !== undefined && process.failure === undefined);
    if (running.length === 0) return undefined;
    const leader = running.find(({ process }) => process?.isRaftLeader === true);
    return leader !== undefined && random.chance(0.65) ? leader : random.pick(running);
  }

  private onVictim(strike: (node: ClusterNode) => boolean | void): boolean {
    const node = this.victim();
    return node !== undefined && strike(node) !== false;
  }

  private get downMs(): number {
    const { random } = this.surroundings;
    return random.chance(0.6) ? random.between(5, 400) : random.between(400, 3000);
  }

  // ── Processes ─────────────────────────────────────────────────────────────────────────────────────────────────────

  private crash(kind: "kill" | "powerLoss"): boolean {
    return this.onVictim((node) => this.end(node, kind));
  }

  private end(node: ClusterNode, kind: "kill" | "powerLoss" | "stop"): void {
    const { note, restartLater } = this.surroundings;
    note(`n${node.nodeId}: ${kind}`);
    if (kind === "stop") node.stop();
    else node.crash(kind);
    restartLater(node, this.downMs);
  }

  private crashAll(): boolean {
    for (const node of this.surroundings.nodes) if (node.process !== undefined) this.end(node, "powerLoss");
    return true;
  }

  private crashWithinTurn(): boolean {
    return this.onVictim((node) => {
      node.process?.life.endTurn(this.surroundings.random.below(3));
      this.end(node, "kill");
    });
  }

  private stop(): boolean {
    return this.onVictim((node) => {
      if (node.disk.failing.size > 0) return false;
      this.end(node, "stop");
      return true;
    });
  }

  private pause(): boolean {
    return this.onVictim((node) => {
      const { process } = node;
      if (process === undefined || process.life.isStopped) return false;
      if (process.isRaftLeader && this.surroundings.random.chance(0.6))
        this.stopWhenAsking(node, process, LOOKS);
      else this.stopProcess(node, process);
      return true;
    });
  }

  private stopProcess({ nodeId }: ClusterNode, { life }: ClusterProcess): void {
    const spellMs = this.separationMs;
    this.surroundings.note(`n${nodeId}: stopped for ${spellMs} ms`);
    life.stop();
    this.later(spellMs, () => life.continue());
  }

  /** The leader is stopped when it has just asked the others: it finds their answers when it goes on. */
  private stopWhenAsking(node: ClusterNode, process: ClusterProcess, looks: number): void {
    if (node.process !== process || process.life.isStopped) return;
    if (looks === 0 || this.surroundings.network.hasJustAsked(node.nodeId, LOOK_MS)) {
      return this.stopProcess(node, process);
    }
    this.later(LOOK_MS, () => this.stopWhenAsking(node, process, looks - 1));
  }

  // ── Networks ──────────────────────────────────────────────────────────────────────────────────────────────────────

  private cutFor(text: string, pairs: readonly Direction[]): boolean {
    const { network, note } = this.surroundings;
    const spellMs = this.separationMs;
    note(`${text} for ${spellMs} ms`);
    for (const [from, to] of pairs) network.cut(from, to);
    this.later(spellMs, () => {
      for (const [from, to] of pairs) network.heal(from, to);
    });
    return true;
  }

  private others(node: ClusterNode): number[] {
    return this.surroundings.nodes.filter((other) => other !== node).map(({ nodeId }) => nodeId);
  }

  /** Of five nodes sometimes two are cut off together. */
  private isolate(): boolean {
    return this.onVictim((node) => {
      const { random, nodes } = this.surroundings;
      const inside = [node.nodeId];
      if (nodes.length > 3 && random.chance(0.5)) inside.push(random.pick(this.others(node)));
      const outside = nodes.map(({ nodeId }) => nodeId).filter((id) => !inside.includes(id));
      const pairs = inside.flatMap((one) =>
        outside.flatMap(
          (other) =>
            [
              [one, other],
              [other, one],
            ] as const,
        ),
      );
      return this.cutFor(`n${inside.join(" and n")} cut off`, pairs);
    });
  }

  private cutOneWay(): boolean {
    return this.onVictim((node) => {
      const { nodeId } = node;
      const isOutward = this.surroundings.random.chance(0.5);
      const pairs = this.others(node).map((other) => directionOf(nodeId, other, isOutward));
      return this.cutFor(`n${nodeId} ${isOutward ? "is not heard" : "hears nothing"}`, pairs);
    });
  }

  private cutBetweenTwo(): boolean {
    return this.onVictim((node) => {
      const { nodeId } = node;
      const other = this.surroundings.random.pick(this.others(node));
      return this.cutFor(`cut between n${nodeId} and n${other}`, [
        [nodeId, other],
        [other, nodeId],
      ]);
    });
  }

  private worsenWeather(): boolean {
    const { network, random, note } = this.surroundings;
    const spellMs = this.spellMs;
    note(`bad weather for ${spellMs} ms`);
    network.weather = {
      minMs: random.pick([0.2, 5, 20]),
      spreadMs: random.pick([2, 40]),
      late: 0.2,
      lateMs: random.pick([50, 600]),
      loss: random.pick([0, 0.1, 0.4]),
      duplicate: random.pick([0, 0.2]),
    };
    this.later(spellMs, () => (network.weather = this.usualWeather));
    return true;
  }

  private cutClients(): boolean {
    return this.onVictim((node) => {
      if (node.isCutFromClients) return false;
      const spellMs = this.spellMs;
      this.surroundings.note(`n${node.nodeId} cut off from clients for ${spellMs} ms`);
      node.isCutFromClients = true;
      this.later(spellMs, () => (node.isCutFromClients = false));
      return true;
    });
  }

  private disconnect(): boolean {
    this.surroundings.clients.disconnectOne();
    return true;
  }

  // ── Disks, clocks, leadership ─────────────────────────────────────────────────────────────────────────────────────

  private slowDisk(): boolean {
    return this.onVictim(({ nodeId, pace }) => {
      const { random, note } = this.surroundings;
      const spellMs = this.spellMs;
      pace.slowMs = random.pick([30, 200, 1000]);
      note(`n${nodeId}: syncs take up to ${pace.slowMs} ms more for ${spellMs} ms`);
      this.later(spellMs, () => (pace.slowMs = 0));
    });
  }

  private failDisk(): boolean {
    return this.onVictim((node) => {
      const operation = this.surroundings.random.pick(FAILING);
      this.surroundings.note(`n${node.nodeId}: disk fails: ${operation}`);
      node.disk.failing.add(operation);
    });
  }

  private jumpClock(): boolean {
    return this.onVictim(({ nodeId, clock }) => {
      const { random, note } = this.surroundings;
      // By a little, around the times at which keys expire, or by much.
      if (random.chance(0.5)) clock.offsetMs += random.between(-80, 80);
      else clock.offsetMs = random.between(-1500, 1500);
      note(`n${nodeId}: clock off by ${clock.offsetMs} ms`);
      this.later(random.between(1000, 15_000), () => (clock.offsetMs = random.between(-100, 100)));
    });
  }

  private transfer(): boolean {
    const { nodes, random, note } = this.surroundings;
    const leader = nodes.find(({ process }) => process?.isRaftLeader === true && !process.life.isStopped);
    const process = leader?.process;
    if (leader === undefined || process === undefined) return false;
    const to = random.pick(this.others(leader));
    process.life.post(0, () => {
      if (!process.group.transferLeadership(to)) return;
      note(`n${leader.nodeId}: hands over to n${to}`);
      if (random.chance(0.5)) this.deafenAtHandover(leader, process, LOOKS);
      else if (random.chance(0.6)) this.later(random.between(100, 900), () => this.handBack(to, leader));
    });
    return true;
  }

  /** Leadership comes back to where clients may still wait for it. */
  private handBack(from: number, to: ClusterNode): void {
    const process = this.surroundings.nodes.find(({ nodeId }) => nodeId === from)?.process;
    process?.life.post(0, () => {
      if (process.group.transferLeadership(to.nodeId))
        this.surroundings.note(`n${from}: hands back to n${to.nodeId}`);
    });
  }

  /** The leader hears nothing any more from when it has asked the other to campaign: it may not learn for long that it does. */
  private deafenAtHandover(leader: ClusterNode, process: ClusterProcess, looks: number): void {
    if (leader.process !== process || looks === 0) return;
    if (process.group["handover"].stage === "asked") {
      const pairs = this.others(leader).map((other) => directionOf(leader.nodeId, other, false));
      this.cutFor(`n${leader.nodeId} hears nothing`, pairs);
      return;
    }
    this.later(LOOK_MS, () => this.deafenAtHandover(leader, process, looks - 1));
  }
}
