// What one simulated connection sends of transactions: queues with and without errors, WATCH long before or right before
// them, DISCARD and UNWATCH, and optimistic increments, which read a counter under WATCH and write it one higher. The client
// knows what it has sent: what each piece must be answered, and which WATCH is for which EXEC.
import type { SeededRandom } from "../../src/base/index";
import type { Operation, Transaction } from "./history";
import { randomCommand, randomCounter, randomKey } from "./workload";

/** What of an operation is known when it is sent. */
export interface Request {
  readonly words: readonly string[];
  readonly expects?: string;
  readonly transaction?: Transaction;
  readonly watchSet?: string;
}

const MAX_QUEUED = 5;
/** Refused when they are to be queued: too few words, no such command. */
const ERRONEOUS: readonly (readonly string[])[] = [["GET"], ["HSET", "h0", "f0"], ["NOSUCH", "s0"]];
const NUMBER = /^[0-9]+$/;

export class TransactionClient {
  private sets = 0;
  /** Between a WATCH and what ends it. */
  isWatching = false;
  private counter: { readonly read: Operation; readonly write: readonly string[] } | undefined;

  constructor(
    private readonly process: number,
    private readonly random: SeededRandom,
    private readonly value: () => string,
    private readonly send: (request: Request) => Operation,
  ) {}

  /** It waits for all that it has asked before it sends more. */
  get isWaiting(): boolean {
    return this.counter !== undefined;
  }

  /** One of the things that a client does with transactions. */
  sendSome(): void {
    const { random } = this;
    const kind = random.below(10);
    if (kind < 4) this.sendTransaction();
    else if (kind < 7) this.beginIncrement();
    else if (kind < 9) this.watch();
    else this.unwatch();
  }

  /** The counter that was asked for has come: it is written one higher, if nobody has changed it meanwhile. */
  goOn(): void {
    const { counter } = this;
    if (counter === undefined) return;
    this.counter = undefined;
    const { reply } = counter.read;
    const next = reply !== undefined && NUMBER.test(reply) ? Number(reply) + 1 : 1;
    this.sendPiece(["MULTI"], "OK");
    const write = [...counter.write, String(next)];
    this.sendPiece(write, "QUEUED");
    this.sendExec({ queued: [write], isAborted: false });
  }

  private beginIncrement(): void {
    const { key, field } = randomCounter(this.random);
    this.watch([key]);
    const [read, write] =
      field === undefined
        ? [
            ["GET", key],
            ["SET", key],
          ]
        : [
            ["HGET", key, field],
            ["HSET", key, field],
          ];
    this.counter = { read: this.send({ words: read }), write };
  }

  private sendTransaction(): void {
    const { random } = this;
    if (random.chance(0.3)) this.watch();
    this.sendPiece(["MULTI"], "OK");
    const queued: (readonly string[])[] = [];
    let isAborted = false;
    for (let count = random.between(0, MAX_QUEUED); count > 0; count--) {
      if (random.chance(0.03)) {
        this.sendPiece(random.pick(ERRONEOUS), "-ERR");
        isAborted = true;
        continue;
      }
      const words = randomCommand(random, this.value);
      this.sendPiece(words, "QUEUED");
      queued.push(words);
    }
    if (!random.chance(0.1)) return this.sendExec({ queued, isAborted });
    this.sendPiece(["DISCARD"], "OK");
    this.isWatching = false;
  }

  private watch(keys: readonly string[] = [randomKey(this.random), randomKey(this.random)]): void {
    if (!this.isWatching) {
      this.isWatching = true;
      this.sets++;
    }
    this.send({ words: ["WATCH", ...keys], watchSet: this.watchSet });
  }

  private unwatch(): void {
    this.sendPiece(["UNWATCH"], "OK");
    this.isWatching = false;
  }

  private sendExec(transaction: Transaction): void {
    this.send({
      words: ["EXEC"],
      transaction,
      ...(this.isWatching && { watchSet: this.watchSet }),
    });
    this.isWatching = false;
  }

  private sendPiece(words: readonly string[], expects: string): void {
    this.send({ words, expects });
  }

  private get watchSet(): string {
    return `${this.process}.${this.sets}`;
  }
}
