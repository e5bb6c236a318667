// The open loop: batches are due at a fixed rate and each is sent on a connection that is free, or as soon as one gets
// free; latency counts from when it was due. So a server that stalls is charged for everything that became due meanwhile.
//
// Node's timers are of a millisecond, far coarser than a schedule of ten thousands a second, and polling without a pause
// would take a core from the server. So the loop naps on a futex until the next batch is due, a fifth of a millisecond at
// most, since replies are not read while it naps. Latencies are too high by what is left of that, never too low; how late
// batches were sent although a connection was free is recorded beside. Single thread; one load at a time.
import { RingQueue } from "../../src/base/index";
import { LatencyRecord } from "./latency-record";
import type { LoadResult } from "./load-messages";
import { nowUs } from "./loop-connections";
import type { LoopConnection, LoopConnections } from "./loop-connections";
import { OpenLoopSchedule } from "./open-loop-schedule";

const LONGEST_NAP_US = 200;
/** Shorter naps cost more than they spare: a wake-up alone takes the kernel about that. */
const SHORTEST_NAP_US = 30;
/** How long after the last due moment what could not be sent yet may still be sent, as a share of the load's time. */
const GRACE_SHARE = 0.5;

export class OpenLoop {
  private readonly latencies = new LatencyRecord();
  private readonly lateness = new LatencyRecord();
  private readonly futex = new Int32Array(new SharedArrayBuffer(4));
  /** Connections that wait for a batch, the one that has waited longest first, so that all take part. */
  private free = new RingQueue<LoopConnection>();
  private schedule = new OpenLoopSchedule(0, 1, 0);
  /** A turn is coming. There is none while only replies can bring something to do: then the event loop sleeps. */
  private armed = false;
  private lastSendUs = 0;
  private freeSinceUs = 0;
  private busy = 0;
  private batchesDone = 0;
  private unsent = 0;
  private finished: (() => void) | undefined;

  constructor(private readonly connections: LoopConnections) {}

  /** `rate` requests a second for a time; answers when the last reply is there. Rejects at the first wrong reply. */
  async run(seconds: number, rate: number): Promise<LoadResult> {
    const { connections } = this;
    connections.begin(this);
    this.latencies.reset();
    this.lateness.reset();
    this.batchesDone = 0;
    this.unsent = 0;
    this.busy = 0;
    this.free = new RingQueue(connections.all.length + 1);
    for (const connection of connections.all) this.free.push(connection);
    const startedUs = nowUs();
    this.freeSinceUs = startedUs;
    this.schedule = new OpenLoopSchedule(startedUs, rate / connections.pipeline, seconds);
    this.lastSendUs = startedUs + seconds * 1e6 * (1 + GRACE_SHARE);
    await new Promise<void>((resolve) => {
      this.finished = () => {
        this.finished = undefined;
        resolve();
      };
      this.proceed(startedUs);
    });
    const result = connections.end(this.batchesDone, startedUs, this.latencies);
    const unsent = this.unsent * connections.pipeline;
    return { ...result, openLoop: { rate, unsent, lateness: this.lateness.summary() } };
  }

  answered(connection: LoopConnection, now: number): void {
    this.latencies.record(now - connection.startedUs);
    this.batchesDone++;
    this.busy--;
    if (this.free.length === 0) this.freeSinceUs = now;
    this.free.push(connection);
    this.proceed(now);
  }

  failed(): void {
    this.finished?.();
  }

  /** Sends what is due; ends the load, or sees to it that what gets due later is sent. */
  private proceed(now: number): void {
    this.sendDue(now);
    if (this.schedule.exhausted) {
      if (this.busy === 0) this.finished?.();
    } else if (this.free.length > 0 && !this.armed) {
      this.armed = true;
      setImmediate(this.turn);
    }
  }

  /** Naps until the next batch is due; the event loop then reads replies before the next turn. */
  private readonly turn = (): void => {
    this.armed = false;
    if (this.finished === undefined) return;
    const napUs = Math.min(LONGEST_NAP_US, this.schedule.nextDueUs - nowUs());
    if (napUs >= SHORTEST_NAP_US) Atomics.wait(this.futex, 0, 0, napUs / 1000);
    this.proceed(nowUs());
  };

  private sendDue(now: number): void {
    for (let connection = this.free.peek(); connection !== undefined; connection = this.free.peek()) {
      const dueUs = this.schedule.take(now);
      if (dueUs === undefined) return;
      this.free.shift();
      this.lateness.record(now - Math.max(dueUs, this.freeSinceUs));
      connection.startedUs = dueUs;
      this.busy++;
      this.connections.send(connection);
    }
    if (now > this.lastSendUs) this.giveUp(now);
  }

  /** What is due and not sent is not sent any more; its latency is what it has waited, which is less than it would be. */
  private giveUp(now: number): void {
    for (const dueUs of this.schedule.abandon()) {
      this.latencies.record(now - dueUs);
      this.unsent++;
    }
  }
}
