// Bugs put in on purpose, each into a process as it starts. The checkers that are always on must find every one of them
// within a bounded number of ordinary seeds; a canary that is not found is a hole in the simulator.
import type { Evaluator } from "../../src/kv/index";
import { PAYLOAD_HEADER_BYTES, PayloadFlag } from "../../src/storage/index";
import type { StorageListener, StoredEntry } from "../../src/storage/index";
import type { Sabotage } from "./sim-node";

export interface Canary {
  readonly name: string;
  /** Found within this many seeds. */
  readonly withinSeeds: number;
  readonly sabotage: Sabotage;
}

/** What was evaluated and lost stays in memory. */
export function keepLostRows(evaluator: Evaluator): void {
  const overlay = evaluator["overlay"];
  const clear = overlay.clear.bind(overlay);
  overlay.clear = (open): void => {
    const { cache } = overlay;
    const clearRows = cache.clear.bind(cache);
    cache.clear = (): void => undefined;
    clear(open);
    cache.clear = clearRows;
  };
}

export const CANARIES: readonly Canary[] = [
  {
    name: "an entry is answered when it is written, before it is synced",
    withinSeeds: 200,
    sabotage: { fsync: "never" },
  },
  {
    name: "a batch that is written in place is taken for synced",
    withinSeeds: 200,
    sabotage: {
      storage: (storage) => {
        const disk = storage["disk"];
        const submit = storage.submitLogInPlace.bind(storage);
        storage.submitLogInPlace = (batch): boolean => {
          const sync = disk.syncLog.bind(disk);
          disk.syncLog = (): void => undefined;
          const isSynced = submit(batch);
          disk.syncLog = sync;
          return isSynced;
        };
      },
    },
  },
  {
    name: "entries are reported as applied when they are handed to the apply thread",
    withinSeeds: 200,
    sabotage: {
      storage: (storage) => {
        let listener: StorageListener | undefined;
        const early: (() => void)[] = [];
        const listen = storage.listen.bind(storage);
        storage.listen = (given): void => {
          listener = given;
          listen(given);
        };
        const submitApply = storage.submitApply.bind(storage);
        storage.submitApply = (group, lastIndex): void => {
          submitApply(group, lastIndex);
          early.push(() => listener?.applied(group, lastIndex));
        };
        const deliver = storage.deliver.bind(storage);
        storage.deliver = (): boolean => {
          for (const report of early.splice(0)) report();
          return deliver();
        };
      },
    },
  },
  {
    name: "a reply goes one batch before the one it observed",
    withinSeeds: 200,
    sabotage: {
      evaluator: (evaluator) => {
        const finish = evaluator.finish.bind(evaluator);
        evaluator.finish = (): number => {
          const sequence = finish();
          return sequence - 1 > evaluator.releasedSequence ? sequence - 1 : Math.min(sequence, 0);
        };
      },
    },
  },
  {
    name: "rows of lost batches stay in memory",
    withinSeeds: 200,
    sabotage: {
      evaluator: keepLostRows,
    },
  },
  {
    name: "an expired key is hidden from its reader and not deleted",
    withinSeeds: 200,
    sabotage: {
      sweeper: (sweeper, { session }) => {
        let sweeping = false;
        const evaluate = sweeper["evaluate"].bind(sweeper);
        sweeper["evaluate"] = (check, attempt): void => {
          sweeping = true;
          evaluate(check, attempt);
          sweeping = false;
        };
        const meetExpired = session["meetExpired"].bind(session);
        session["meetExpired"] = (database, userKey, row) =>
          sweeping ? meetExpired(database, userKey, row) : null;
      },
    },
  },
  {
    name: "a reply that is lost goes as if it were released",
    withinSeeds: 200,
    sabotage: {
      evaluator: (evaluator) => {
        const following = evaluator.following.bind(evaluator);
        evaluator.following = (): void => {
          const overlay = evaluator["overlay"];
          overlay.committedSequence = overlay.open.sequence;
          following();
        };
      },
    },
  },
  {
    name: "the sweeper believes what storage says without looking again",
    withinSeeds: 200,
    sabotage: {
      sweeper: (sweeper, { session }) => {
        sweeper["expire"] = (key) => {
          session.delete(key);
          return true;
        };
      },
    },
  },
  {
    name: "fragments of a batch are applied as they come instead of with the last one",
    withinSeeds: 200,
    sabotage: {
      storage: (storage) => {
        const log = storage["log"];
        const entryToApply = log.entryToApply.bind(log);
        log.entryToApply = (group, index): StoredEntry => {
          const entry = entryToApply(group, index);
          if (entry.payload.length === 0 || (entry.payload[1]! & PayloadFlag.fragment) === 0) return entry;
          const payload = Buffer.from(entry.payload);
          payload[1] = 0;
          payload.writeUInt32BE(0, PAYLOAD_HEADER_BYTES - 4);
          return { ...entry, payload };
        };
      },
    },
  },
  {
    name: "the effects of a transaction in steps are sealed in its middle",
    withinSeeds: 200,
    sabotage: {
      evaluator: (evaluator) => {
        const sealed = (resume: () => void): void => {
          evaluator["seal"]();
          if (!evaluator.available) return;
          evaluator.steppedSession.staged();
          resume();
        };
        const runSteps = evaluator.runSteps.bind(evaluator);
        evaluator.runSteps = (start, done): void => {
          runSteps(function* (session) {
            for (const step of start(session)) yield step === "pause" ? sealed : step;
          }, done);
        };
      },
    },
  },
  {
    name: "a watched key is changed and nobody is told",
    withinSeeds: 200,
    sabotage: {
      evaluator: ({ watches }) => {
        watches.touch = (): void => undefined;
      },
    },
  },
  {
    name: "the sweeper judges while rows are staged",
    withinSeeds: 200,
    sabotage: {
      sweeper: (sweeper, evaluator) => {
        let isBlind = false;
        let { busy } = evaluator;
        Object.defineProperty(evaluator, "busy", {
          get: () => !isBlind && busy,
          set: (isBusy: boolean) => void (busy = isBusy),
        });
        // What it puts into the batch of an evaluation that then leaves nothing must not wait there for ever.
        const runSteps = evaluator.runSteps.bind(evaluator);
        evaluator.runSteps = (start, done): void => {
          runSteps(start, (sequence) => {
            done(sequence);
            evaluator["scheduleSeal"]();
          });
        };
        const asIfIdle = (run: () => void): void => {
          isBlind = true;
          run();
          isBlind = false;
        };
        const step = sweeper["step"].bind(sweeper);
        sweeper["step"] = (): void => asIfIdle(step);
        const evaluate = sweeper["evaluate"].bind(sweeper);
        sweeper["evaluate"] = (check, attempt): void => asIfIdle(() => evaluate(check, attempt));
      },
    },
  },
  {
    name: "the sweeper rests although rows have changed",
    withinSeeds: 200,
    sabotage: {
      sweeper: (sweeper) => {
        Object.defineProperty(sweeper, "appliedIndex", { get: () => 0 });
      },
    },
  },
  {
    name: "the sweeper rests while something expires",
    withinSeeds: 200,
    sabotage: {
      storage: (storage) => {
        const findGarbage = storage.findGarbage.bind(storage);
        storage.findGarbage = (group, request, done): void => {
          findGarbage(group, request, (garbage) => done({ ...garbage, nextExpiryMs: 0 }));
        };
      },
    },
  },
  {
    name: "watches survive a loss of leadership",
    // What is watched has to be changed by another leader within few steps: one seed in a hundred or two shows it.
    withinSeeds: 600,
    sabotage: {
      evaluator: ({ watches }) => {
        watches.touchAll = (): void => undefined;
      },
    },
  },
];
