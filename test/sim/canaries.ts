// Bugs put in on purpose, each into a process as it starts. The checkers that are always on must find every one of them
// within a bounded number of ordinary seeds; a canary that is not found is a hole in the simulator.
import type { StorageListener } from "../../src/storage/index";
import type { Sabotage } from "./sim-node";

export interface Canary {
  readonly name: string;
  /** Found within this many seeds. */
  readonly withinSeeds: number;
  readonly sabotage: Sabotage;
}

export const CANARIES: readonly Canary[] = [
  {
    name: "an entry is answered when it is written, before it is synced",
    withinSeeds: 200,
    sabotage: { fsync: "never" },
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
      evaluator: (evaluator) => {
        const overlay = evaluator["overlay"];
        const clear = overlay.clear.bind(overlay);
        overlay.clear = (open): void => {
          const { cache } = overlay;
          const clearRows = cache.clear.bind(cache);
          cache.clear = (): void => undefined;
          clear(open);
          cache.clear = clearRows;
        };
      },
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
];
