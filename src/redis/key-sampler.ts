// Draws a key of a database, every live key with the same probability, at a cost that does not grow with the database.
//
// A database of one page is read whole. Of a larger one the key space is divided into ranges of about 16 keys (KeyDensity). A
// draw takes one of the ranges at random, reads it, takes a number below 64, and succeeds if a live key of the range has
// that number; else it draws again (rejection sampling: Olken and Rotem, "Random Sampling from Databases"). So a key of a
// range of at most 64 keys is drawn with probability 1 / (ranges × 64) each time, however unequal the ranges are: what the
// division is like decides how long it takes (four tries on average), not how fair it is.
//
// A range of more than 64 keys has outgrown its division; the slots it lies in are measured again and the draw starts anew.
// Until somebody meets it, its keys are missing from what is drawn. To bound that, slots are measured again in turn, in
// proportion to the operations written since: all of them by the time that the database has seen an eighth as many
// operations as it has keys. To outgrow its division a range of 16 has to get 48 keys, so with N keys and N/8 operations at most
// N/6 keys are missing: the total variation distance from the uniform distribution is at most 1/6 at its worst, when
// an eighth of the database was just written into a few slots, and 0 in a database that does not grow fourfold anywhere.
// Hashes that a client has made equal on purpose defy division; where they abound, and where nearly everything has expired,
// a draw gives up after a number of tries and passes over the whole database, which is exact.
//
// One instance a server, on its thread. What is known of a database is kept for the 16 last used.
import { SLOT_COUNT } from "../base/index";
import type { SeededRandom } from "../base/index";
import { LOGICAL_DATABASES } from "../kv/index";
import type { Evaluator } from "../kv/index";
import { KeyDensity } from "./key-density";

/** All slots are measured within this part of as many operations as there are keys. */
const OPERATIONS_A_KEY = 1 / 8;

export class KnownDatabase extends KeyDensity {
  /** Of the leadership under which it was measured. */
  readonly term: number;
  /** Where the next measuring goes on. */
  slot = 0;
  /** Operations that had been written when it was last measured; undefined: it never was, in whole. */
  operationsSeen: number | undefined;
  /** Draws that wait for a measuring that is under way. */
  waiting: (() => void)[] | undefined;

  constructor(term: number) {
    super();
    this.term = term;
  }

  /** How many slots have to be measured before a draw is fair enough. */
  slotsDue(operationsTotal: number): number {
    if (this.operationsSeen === undefined) return SLOT_COUNT;
    const operations = operationsTotal - this.operationsSeen;
    const share = operations / (Math.max(this.keys, 1) * OPERATIONS_A_KEY);
    return Math.min(SLOT_COUNT, Math.ceil(share * SLOT_COUNT));
  }
}

export class KeySampler {
  readonly random: SeededRandom;
  private readonly evaluator: Evaluator;
  /** By physical id; the last used one stands last. */
  private readonly known = new Map<number, KnownDatabase>();

  constructor(evaluator: Evaluator, random: SeededRandom) {
    this.evaluator = evaluator;
    this.random = random;
  }

  get operationsTotal(): number {
    return this.evaluator.statistics.operationsTotal;
  }

  /** What is known of a database, maybe nothing yet. */
  of(physical: number): KnownDatabase {
    const term = this.evaluator.leadershipTerm;
    let known = this.known.get(physical);
    // Under another leader others have written.
    if (known === undefined || known.term !== term) known = new KnownDatabase(term);
    this.known.delete(physical);
    this.known.set(physical, known);
    if (this.known.size > LOGICAL_DATABASES) {
      for (const oldest of this.known.keys()) {
        this.known.delete(oldest);
        break;
      }
    }
    return known;
  }
}
