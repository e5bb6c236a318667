// SAVE and BGSAVE: a checkpoint of the node's data at a time, and what is told of them (LASTSAVE, INFO persistence). Writes
// need no checkpoint to be durable; one is a copy that can be put away, and started from as a data directory. Names are
// the time to the second and a number, so that they sort by age: 20261124T193817Z-0001.
import type { BasaltError, Clock } from "../../base/index";
import type { Storage } from "../../storage/index";
import type { LiveSettings } from "../parameters/live-settings";

export interface CheckpointsOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly settings: LiveSettings;
  /** Operations written since the start. */
  readonly operations: () => number;
  readonly ended: (ms: number) => void;
}

/** Told how a checkpoint ended. */
export type CheckpointEnd = (failure: BasaltError | undefined) => void;

export class Checkpoints {
  /** Seconds since 1970 of the last one that succeeded; of the start, before there is one. */
  lastSavedAtSeconds: number;
  lastFailure: BasaltError | undefined;
  lastDurationSeconds = -1;
  lastName = "";
  savedTotal = 0;
  failedTotal = 0;
  private readonly options: CheckpointsOptions;
  private begunAtMs: number | undefined;
  private operationsSaved = 0;
  /** Asked for while another ran: the next one answers all of them. */
  private waiting: CheckpointEnd[] = [];

  constructor(options: CheckpointsOptions) {
    this.options = options;
    const newest = options.storage.checkpoints().at(-1);
    this.lastName = newest ?? "";
    this.lastSavedAtSeconds = Math.floor((timeOfName(newest) ?? options.clock.wallMs()) / 1000);
  }

  get isRunning(): boolean {
    return this.begunAtMs !== undefined;
  }

  /** Seconds that the present one has taken; -1 if there is none. */
  get runningSeconds(): number {
    if (this.begunAtMs === undefined) return -1;
    return Math.floor((this.options.clock.monotonicMs() - this.begunAtMs) / 1000);
  }

  get changesSinceLast(): number {
    return this.options.operations() - this.operationsSaved;
  }

  /** Begins one. None may be running. */
  begin(end: CheckpointEnd = () => undefined): void {
    const { storage, clock, settings, operations } = this.options;
    const begunAtMs = (this.begunAtMs = clock.monotonicMs());
    const wallMs = clock.wallMs();
    const operationsBefore = operations();
    const name = this.nextName(wallMs);
    storage.checkpoint(name, settings.checkpointsKept, (failure) => {
      this.begunAtMs = undefined;
      const ms = clock.monotonicMs() - begunAtMs;
      this.lastDurationSeconds = Math.floor(ms / 1000);
      this.lastFailure = failure;
      if (failure === undefined) {
        this.savedTotal++;
        this.lastName = name;
        this.lastSavedAtSeconds = Math.floor(clock.wallMs() / 1000);
        this.operationsSaved = operationsBefore;
      } else {
        this.failedTotal++;
      }
      this.options.ended(ms);
      end(failure);
      if (this.waiting.length === 0 || this.isRunning) return;
      const ends = this.waiting.splice(0);
      this.begin((outcome) => ends.forEach((each) => each(outcome)));
    });
  }

  /** Begins one now, or when the one that runs has ended: what is written up to now is in it. */
  whenIdle(end: CheckpointEnd = () => undefined): void {
    if (this.isRunning) this.waiting.push(end);
    else this.begin(end);
  }

  /** Above every name there is, also when the clock has gone back. */
  private nextName(wallMs: number): string {
    const existing = this.options.storage.checkpoints();
    const time = new Date(wallMs).toISOString().replace(/[-:]|\.[0-9]+/g, "");
    const last = existing.at(-1);
    if (last === undefined || `${time}-` > last) {
      return `${time}-0001`;
    }
    const [lastTime = time, number = "0"] = last.split("-");
    return `${lastTime}-${String(Number(number) + 1).padStart(4, "0")}`;
  }
}

const NAME = /^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z-[0-9]{4,}$/;

/** Milliseconds since 1970 that a checkpoint's name tells. */
export function timeOfName(name: string | undefined): number | undefined {
  const match = NAME.exec(name ?? "");
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}
