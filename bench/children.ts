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

  /** Whether everything was asked to stop: failures from then on are its consequences. */
  get isStopped(): boolean {
    return this.stopped;
  }

  async started<Process extends Stoppable>(starting: Promise<Process>): Promise<Process> {
    this.starting.add(starting);
    try {
      const process = await starting;
      this.keep(process);
      if (!this.stopped) return process;
      await this.ended(process);
      throw new BasaltError("STOPPED", "The program was stopped.");
    } finally {
      this.starting.delete(starting);
    }
  }

  /** Something that need not be waited for at its start, and is stopped with the rest. */
  keep(stoppable: Stoppable): void {
    this.running.add(stoppable);
  }

  /** Stops one; it is forgotten only when it is gone, so that whoever stops all waits for it too. */
  async ended(process: Stoppable): Promise<void> {
    await process.stop();
    this.running.delete(process);
  }

  /** Stops all that run now; others may be started. */
  async endAll(): Promise<void> {
    await Promise.all([...this.running].map((process) => this.ended(process)));
  }

  /** Stops all processes, those that are starting too; what starts later is stopped at once. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.allSettled(this.starting);
    await this.endAll();
  }
}
