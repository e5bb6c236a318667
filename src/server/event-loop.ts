// The real clock and the real event loop behind base's interfaces. A turn's end is Node's check phase: what the sockets
// that were ready in one poll brought has been handled by then. Tasks that are added while a turn ends run in that same
// end, so that sealing, consensus and the log thread's call happen without another trip through the loop.
import type { Clock, Scheduler } from "../base/index";

export class SystemClock implements Clock {
  wallMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }
}

export class EventLoopScheduler implements Scheduler {
  private tasks: (() => void)[] = [];
  private scheduled = false;
  private readonly drain = (): void => {
    // The list grows while it runs; a task that throws ends the process, so nothing is left behind.
    for (let i = 0; i < this.tasks.length; i++) this.tasks[i]!();
    this.tasks.length = 0;
    this.scheduled = false;
  };

  atTurnEnd(task: () => void): void {
    this.tasks.push(task);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.drain);
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  }
}
