// One node of the cluster: a disk and clocks that stay, and one process after another on them.
import { BasaltError, assert } from "../../../src/base/index";
import type { SeededRandom } from "../../../src/base/index";
import { MemoryDisk } from "../../../src/storage/memory/index";
import type { Agenda } from "./agenda";
import { ClusterProcess } from "./cluster-process";
import type { ClusterSurroundings } from "./cluster-process";
import { NodeClock } from "./node-clock";
import type { DiskPace } from "./storage-threads";

export class ClusterNode {
  readonly disk = new MemoryDisk();
  readonly clock: NodeClock;
  readonly pace: DiskPace;
  /** On one that has much to do, so that a leader that nobody hears takes long to notice. */
  readonly timersLateMs: number;
  process: ClusterProcess | undefined;
  private starts = 0;
  /** Clients cannot reach it, nor it them. */
  isCutFromClients = false;

  constructor(
    readonly nodeId: number,
    private readonly random: SeededRandom,
    private readonly agenda: Agenda,
    private readonly surroundings: ClusterSurroundings,
  ) {
    this.clock = new NodeClock(agenda, random);
    this.timersLateMs = random.pick([2, 2, 60]);
    this.pace = {
      writeMs: random.pick([0.05, 0.3]),
      syncMs: random.pick([0.3, 1, 4]),
      applyMs: random.pick([0.05, 0.5, 3]),
      loadMs: random.pick([0.1, 1]),
      slowMs: 0,
    };
  }

  start(): ClusterProcess {
    assert(this.process === undefined, "a node runs one process at a time");
    this.disk.failing.clear();
    this.process = new ClusterProcess(this, ++this.starts, this.random.fork(), this.surroundings);
    this.process.threads.arrange();
    return this.process;
  }

  /** The process, or the whole machine, ends between two events. */
  crash(kind: "kill" | "powerLoss"): void {
    const { process } = this;
    assert(process !== undefined, "only a running process crashes");
    process.life.die();
    process.storage.crash(this.random, { kind });
    this.gone(process);
  }

  /** SIGTERM: what was submitted is finished and flushed. */
  stop(): void {
    const { process } = this;
    assert(process !== undefined, "only a running process stops");
    process.sweeper.stop();
    process.host.stop();
    process.life.die();
    // A disk that fails now is told by the process's exit; damage must not be found, here as elsewhere.
    process.storage.close().catch(() => undefined);
    const untold = process.storage["untold"];
    if (untold instanceof BasaltError && untold.code === "CORRUPT_PAYLOAD") throw untold;
    this.gone(process);
  }

  private gone(process: ClusterProcess): void {
    this.process = undefined;
    process.lastLossStep = this.agenda.step;
    for (const link of process.links) if (!link.isClosed) link.serverDied();
  }
}
