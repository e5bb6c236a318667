// The checker itself: what it must accept, what it must refuse.
import { SeededRandom } from "../../src/base/index";
import { checkLinearizability } from "./linearizability";
import type { Operation } from "./history";
import { applyCommand } from "./reference-model";
import { EMPTY_STATE } from "./reference-state";
import type { State } from "./reference-state";

let lastId = 0;

function operation(
  process: number,
  invoked: number,
  returned: number,
  command: string,
  reply: string | undefined,
  nowMs = 1000,
): Operation {
  const words = command.split(" ");
  return {
    id: ++lastId,
    process,
    words,
    database: 0,
    invoked,
    returned,
    reply,
    excluded: false,
    nowMs,
    order: undefined,
  };
}

const UNKNOWN = undefined;
const NEVER = Number.POSITIVE_INFINITY;

function verdict(...operations: Operation[]): boolean {
  return checkLinearizability(operations).ok;
}

test("operations that overlap may be in either order, others may not", () => {
  const set = operation(1, 0, 10, "SET a 1", "OK");
  expect(verdict(set, operation(2, 5, 15, "GET a", "1"))).toBe(true);
  expect(verdict(set, operation(2, 5, 15, "GET a", "nil"))).toBe(true);
  expect(verdict(set, operation(2, 11, 15, "GET a", "nil"))).toBe(false);
  expect(verdict(set, operation(2, 5, 15, "GET a", "2"))).toBe(false);
});

test("a connection's commands are in order, however they overlap", () => {
  expect(verdict(operation(1, 0, 10, "SET a 1", "OK"), operation(1, 0, 10, "GET a", "1"))).toBe(true);
  expect(verdict(operation(1, 0, 10, "SET a 1", "OK"), operation(1, 0, 10, "GET a", "nil"))).toBe(false);
});

test("two readers must agree on the order of writes", () => {
  const writes = [operation(1, 0, 50, "SET a 1", "OK"), operation(2, 0, 50, "SET a 2", "OK")];
  const read = (process: number, at: number, reply: string): Operation =>
    operation(process, at, at + 1, "GET a", reply);
  expect(verdict(...writes, read(3, 10, "1"), read(3, 20, "2"), read(4, 11, "1"), read(4, 21, "2"))).toBe(
    true,
  );
  expect(verdict(...writes, read(3, 10, "1"), read(3, 20, "2"), read(4, 11, "2"), read(4, 21, "1"))).toBe(
    false,
  );
});

test("an unknown outcome may be none, or one, at any time of its interval, and never two", () => {
  const unknown = operation(1, 0, NEVER, "INCR n", UNKNOWN);
  const get = (at: number, reply: string): Operation => operation(2, at, at + 1, "GET n", reply);
  expect(verdict(unknown, get(10, "nil"), get(20, "nil"))).toBe(true);
  expect(verdict(unknown, get(10, "nil"), get(20, "1"))).toBe(true);
  expect(verdict(unknown, get(10, "1"), get(20, "nil"))).toBe(false);
  expect(verdict(unknown, get(10, "1"), get(20, "2"))).toBe(false);
  const decided = operation(1, 0, 15, "INCR n", UNKNOWN);
  expect(verdict(decided, get(10, "nil"), get(20, "1"))).toBe(true);
  expect(verdict(decided, get(16, "nil"), get(20, "1"))).toBe(false);
});

test("what was not run has no effect", () => {
  const refused: Operation = { ...operation(1, 0, 5, "INCR n", UNKNOWN), excluded: true };
  expect(verdict(refused, operation(2, 6, 7, "GET n", "nil"))).toBe(true);
  expect(verdict(refused, operation(2, 6, 7, "GET n", "1"))).toBe(false);
});

test("commands on several keys are atomic", () => {
  const set = operation(1, 0, 50, "MSET a 1 b 1", "OK");
  const read = (at: number, reply: string): Operation => operation(2, at, at + 1, "MGET a b", reply);
  expect(verdict(set, read(10, "[nil nil]"), read(20, "[1 1]"))).toBe(true);
  expect(verdict(set, read(10, "[1 nil]"))).toBe(false);
  const read2 = (at: number, key: string, reply: string): Operation =>
    operation(2, at, at + 1, `GET ${key}`, reply);
  expect(verdict(set, read2(10, "a", "1"), read2(20, "b", "nil"))).toBe(false);
});

test("what has expired for one reader has expired for all later ones, whatever their clock says", () => {
  const set = operation(1, 0, 1, "SET a 1 PX 100", "OK", 1000);
  const get = (at: number, nowMs: number, reply: string): Operation =>
    operation(2, at, at + 1, "GET a", reply, nowMs);
  expect(verdict(set, get(10, 1050, "1"), get(20, 1100, "nil"), get(30, 1200, "nil"))).toBe(true);
  expect(verdict(set, get(10, 1100, "nil"), get(20, 1050, "1"))).toBe(false);
  const keys = operation(2, 10, 11, "KEYS *", "[]", 1100);
  expect(verdict(set, keys, get(20, 1050, "1"))).toBe(false);
  expect(verdict(set, keys, get(20, 1050, "nil"))).toBe(true);
});

describe("random histories of a sequential store with delays", () => {
  const COMMANDS = ["INCR n", "SET n 5", "GET n", "DEL n", "APPEND s x", "GET s", "DEL s", "MGET n s"];

  /** Four clients; each command takes effect at one moment of its interval; some outcomes stay unknown. */
  function history(random: SeededRandom): Operation[] {
    const operations: Operation[] = [];
    let state: State = EMPTY_STATE;
    const freeAt = [0, 0, 0, 0];
    for (let moment = 10; moment < 600; moment += 10) {
      const process = random.below(4);
      const words = random.pick(COMMANDS).split(" ");
      const lost = random.chance(0.1);
      const happened = !lost || random.chance(0.5);
      const outcome = applyCommand(state, words, 0, 1000);
      if (happened) state = outcome.state;
      // An interval around the moment that begins after the client's last one.
      const invoked = Math.max(freeAt[process]!, moment - random.below(60)) + 0.5;
      const returned = moment + random.between(1, 60);
      freeAt[process] = lost ? moment : returned;
      const reply = lost ? undefined : outcome.reply;
      const interval = { invoked: Math.min(invoked, moment), returned: lost ? NEVER : returned };
      const id = ++lastId;
      operations.push({
        id,
        process,
        words,
        database: 0,
        ...interval,
        reply,
        excluded: false,
        nowMs: 1000,
        order: undefined,
      });
    }
    return operations;
  }

  test("are accepted; with one answer changed most are refused", () => {
    const first = Number(process.env["BASALT_SIM_SEED"] ?? 1);
    let refused = 0;
    for (let seed = first; seed < first + 60; seed++) {
      const random = new SeededRandom(seed);
      const operations = history(random);
      // A client that is told nothing sends its next command as another process.
      const renamed = separate(operations);
      expect({ seed, ok: checkLinearizability(renamed).ok }).toEqual({ seed, ok: true });
      const reads = renamed.filter((each) => each.reply !== undefined && each.words[0] === "GET");
      const target = random.pick(reads);
      const wrong = renamed.map((each) => (each === target ? { ...each, reply: `${each.reply}0` } : each));
      if (!checkLinearizability(wrong).ok) refused++;
    }
    expect(refused).toBeGreaterThanOrEqual(58);
  });

  function separate(operations: readonly Operation[]): Operation[] {
    const names = new Map<number, number>();
    let next = 100;
    return operations.map((operation) => {
      const name = names.get(operation.process) ?? next++;
      names.set(operation.process, name);
      if (operation.reply === undefined) names.delete(operation.process);
      return { ...operation, process: name };
    });
  }
});
