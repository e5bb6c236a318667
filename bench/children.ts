// The processes that a program of bench/ started: all of them are stopped, by their own pids, when it ends, fails or is
// interrupted, also those that are just starting. Single thread.
import { BasaltError } from "../src/base/index";

interface Stoppable {
  stop(): Promise<void>;
}

/** Keys that keep a child's environment from changing what is measured. */
const FOREIGN_SETTINGS = /^(BASALT_|NODE_OPTIONS$)/;

export class Children {
  private readonly running = new Set<Stoppable>();
  private readonly starting = new Set<Promise<Stoppable>>();
  private stopped = false;

  /** What children see of our environment. */
  readonly environment: NodeJS.ProcessEnv = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !FOREIGN_SETTINGS.test(name)),
  );

  /** Stops everything and exits when a signal asks for it; `cleanUp` comes last. */
  stopOnSignals(cleanUp: () => void = () => undefined): void {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => {
        void this.stop().finally(() => {
          cleanUp();
          process.exit(130);
        });
      });
    }
  }

  async started<Process extends Stoppable>(starting: Promise<Process>): Promise<Process> {
    this.starting.add(starting);
    try {
      const process = await starting;
      this.running.add(process);
      if (!this.stopped) return process;
      await this.ended(process);
      throw new BasaltError("STOPPED", "The program was stopped.");
    } finally {
      this.starting.delete(starting);
    }
  }

  /** Stops one; it is forgotten only when it is gone, so that whoever stops all waits for it too. */
  async ended(process: Stoppable): Promise<void> {
    await process.stop();
    this.running.delete(process);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.allSettled(this.starting);
    await Promise.all([...this.running].map((process) => this.ended(process)));
  }
}
