// Bringing to memory what evaluations did not find there. What is missed in one turn is read together at its end: each read is
// a job, a wake-up of a loader thread and an event, so reads share some, though not so many that a loader thread would rest or
// an answer wait for long. Rows that were read go to the cache, where they cannot be older than what was applied meanwhile.
import { assert } from "../base/index";
import type { ByteString, Scheduler } from "../base/index";
import { Space, databaseOfKey, userKeyOfHeader } from "../storage/index";
import type { Storage } from "../storage/index";
import type { Overlay } from "./overlay";
import type { Session } from "./session";

/** Reads of a turn are spread over so many jobs before they share one: as many as there are loader threads. */
const PARALLEL_JOBS = 4;
/** Evaluations whose reads share a job at most. */
const MAX_SHARED = 8;

/** What of the evaluator it works on. */
export interface LoadScope {
  readonly group: number;
  readonly storage: Storage;
  readonly scheduler: Scheduler;
  readonly overlay: Overlay;
  readonly available: boolean;
  readonly term: number;
}

/** Keys that one evaluation missed. */
interface Missed {
  readonly keys: readonly ByteString[];
  /** Batches that were applied when it was evaluated, and the term: what was read is kept only if nothing came between. */
  readonly begun: number;
  readonly term: number;
  readonly arrived: () => void;
}

export class Loads {
  private readonly scope: LoadScope;
  private missed: Missed[] = [];

  constructor(scope: LoadScope) {
    this.scope = scope;
  }

  /** Reads what an evaluation of `session` missed, which is over, and calls `arrived` then. */
  load(session: Session, arrived: () => void): void {
    const { group, storage, scheduler, overlay, term } = this.scope;
    const scans = session.missingScans.splice(0);
    const keys = [...new Set(session.missing.splice(0))];
    let waiting = scans.length + (keys.length > 0 ? 1 : 0);
    assert(waiting > 0, "a command was not ready and nothing was missing");
    const oneArrived = (): void => {
      if (--waiting === 0) arrived();
    };
    for (const request of scans) storage.loadScan(group, request, oneArrived);
    if (keys.length === 0) return;
    if (this.missed.length === 0) scheduler.atTurnEnd(() => this.turnEnded());
    this.missed.push({ keys, begun: overlay.appliedSequence, term, arrived: oneArrived });
  }

  private turnEnded(): void {
    const { missed } = this;
    this.missed = [];
    if (!this.scope.available) {
      // The storage may be closed. Who evaluates again is told that nobody leads here.
      for (const { arrived } of missed) arrived();
      return;
    }
    const share = Math.min(MAX_SHARED, Math.ceil(missed.length / PARALLEL_JOBS));
    for (let at = 0; at < missed.length; at += share) this.read(missed.slice(at, at + share));
  }

  private read(missed: readonly Missed[]): void {
    const { group, storage, overlay } = this.scope;
    // Of one turn the first saw the least.
    const { keys: firstKeys, begun, term } = missed[0]!;
    const keys = missed.length === 1 ? firstKeys : [...new Set(missed.flatMap((each) => each.keys))];
    storage.loadMany(group, keys, (values) => {
      // Rows written by batches that the load may have missed are newer; where that cannot be told, nothing is kept. What is
      // forgotten is known only when all that was applied has been looked at.
      overlay.update();
      const { scope } = this;
      if (scope.available && scope.term === term && overlay.cache.forgottenSequence <= begun) {
        keys.forEach((key, i) => {
          if (!overlay.knows(key)) keep(overlay, key, values[i]!);
        });
      }
      for (const { arrived } of missed) arrived();
    });
  }
}

function keep(overlay: Overlay, key: ByteString, value: ByteString | null): void {
  if (key.charCodeAt(0) !== Space.header) overlay.loadedElement(key, value);
  else if (value !== null) overlay.loadedHeader(databaseOfKey(key), userKeyOfHeader(key), value);
}
