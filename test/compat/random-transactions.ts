// Random transactions over two connections: one watches, queues and executes while the other writes in between. What is
// queued is drawn from the same commands as everything else, wrong ones included.
import type { ByteString } from "../../src/base/index";
import type { CommandMaker } from "./command-maker";
import { ALL_KEYS } from "./command-maker";
import { MALFORMED_COMMANDS } from "./malformed-commands";
import { randomCommand } from "./random-commands";

export interface TransactionStep {
  /** Sent by the connection that executes, or by the other one. */
  readonly isOther: boolean;
  readonly words: readonly ByteString[];
}

export function isExec({ words }: TransactionStep): boolean {
  return words[0] === "EXEC";
}

/** Commands that are not queued, end the connection, or change how its replies are written. */
const LEFT_OUT = new Set([
  "HELLO",
  "QUIT",
  "RESET",
  "SHUTDOWN",
  "MULTI",
  "EXEC",
  "DISCARD",
  "WATCH",
  "UNWATCH",
]);

function command(make: CommandMaker): readonly ByteString[] {
  for (;;) {
    const { words, expires, closes } = randomCommand(make);
    const [name, second] = words.map((word) => word.toUpperCase());
    // CLIENT SETINFO is of Redis 7.2: the reference would spoil its queue.
    if (expires !== undefined || closes === true || LEFT_OUT.has(name!) || second === "SETINFO") continue;
    return words;
  }
}

export function randomTransaction(make: CommandMaker): TransactionStep[] {
  const { random } = make;
  const steps: TransactionStep[] = [];
  const mine = (...words: ByteString[]): void => void steps.push({ isOther: false, words });
  const othersWrite = (chance: number): void => {
    while (random.chance(chance)) {
      const words = command(make);
      // Difference "watch-of-bytes": Redis does not count what it does to a watched value.
      if (words[0]!.toUpperCase() !== "PFDEBUG") steps.push({ isOther: true, words });
    }
  };
  for (let times = random.pick([0, 1, 1, 2]); times > 0; times--) mine("WATCH", ...make.keys(1, 3));
  if (random.chance(0.1)) mine("UNWATCH");
  if (random.chance(0.3)) mine("GET", random.pick(ALL_KEYS));
  othersWrite(0.2);
  if (random.chance(0.95)) mine("MULTI");
  for (let count = random.pick([0, 1, 2, 3, 5, 8, 13]); count > 0; count--) {
    mine(...command(make));
    if (random.chance(0.02)) mine(...random.pick([["MULTI"], ["WATCH", "s:0"], ["UNWATCH"]]));
    if (random.chance(0.01)) mine(...malformed(make));
    othersWrite(0.05);
  }
  mine(random.chance(0.85) ? "EXEC" : "DISCARD");
  // The database a SELECT of it has left, and whatever a FLUSHDB of it has emptied.
  mine("SELECT", "0");
  for (const { words } of make.population()) if (random.chance(0.3)) mine(...words);
  return steps;
}

function malformed(make: CommandMaker): readonly ByteString[] {
  for (;;) {
    const words = make.random.pick(MALFORMED_COMMANDS);
    const [name, second] = words.map((word) => word.toUpperCase());
    // A setting that is not set back would be another one when Basalt is started again, and the reference is not.
    const leavesSetting = second === "SETINFO" || (name === "CONFIG" && second === "SET");
    if (!LEFT_OUT.has(name ?? "") && !leavesSetting) return words;
  }
}
