// The clients of a run and the history they write: connections, bursts of commands, answers, and what becomes of commands
// that nobody was told the outcome of. Such a command is decided when the node next begins to lead (everything that its
// log kept is applied by then) or when nothing is in flight any more.
import { assert } from "../../src/base/index";
import type { SeededRandom } from "../../src/base/index";
import { newOperation } from "./history";
import type { Operation, Order } from "./history";
import type { SimLink } from "./sim-link";
import type { Proposal } from "./proposals";
import type { SimNode, SimProcess } from "./sim-node";
import type { Trace } from "./trace";
import { TransactionClient } from "./transaction-workload";
import type { Request } from "./transaction-workload";
import { DATABASES, TOO_LARGE, randomCommand } from "./workload";

const CLIENTS = 4;
const MAX_OUTSTANDING = 12;
/** How many of the bursts are about transactions. */
const TRANSACTIONS = 0.25;
/** Process numbers below this are sweepers, one for each period of leadership. */
const SWEEPER_PROCESS = -1;
/** Errors by which a command that was evaluated may be answered all the same. */
const NOT_RUN = "-TRYAGAIN";
const UNKNOWN = "-UNKNOWN";
/** More than any command of the workload changes. */
const AMPLE_BYTES = 10_000;

interface Undecided {
  readonly operation: Operation;
  readonly process: SimProcess;
}

export class SimClient {
  link: SimLink | undefined;
  transactions: TransactionClient | undefined;
}

export class Clients {
  readonly all = Array.from({ length: CLIENTS }, () => new SimClient());
  readonly operations: Operation[] = [];
  /** Connections whose server has died, until their client has noticed. */
  readonly dead: { readonly link: SimLink; readonly process: SimProcess }[] = [];
  private undecided: Undecided[] = [];
  private lastProcess = 0;
  private lastValue = 0;
  /** The last steps at which the node did not lead, and at which it lost leadership or a process. */
  lastUnavailableStep = 0;
  lastLossStep = -1;

  constructor(
    private readonly random: SeededRandom,
    private readonly trace: Trace,
    private readonly node: () => SimNode,
  ) {}

  connect(client: SimClient, process: SimProcess, database = this.random.pick(DATABASES)): SimLink {
    const link = process.connect(++this.lastProcess, database, this.random.chance(0.4));
    client.link = link;
    client.transactions = new TransactionClient(link.process, this.random, this.newValue, (request) =>
      this.send(link, request),
    );
    if (database !== 0) this.send(link, { words: ["SELECT", String(database)], expects: "OK" });
    return link;
  }

  mayInvoke({ link, transactions }: SimClient): boolean {
    if (link === undefined || link.isClosed) return false;
    return transactions?.isWaiting === true ? link.outstanding === 0 : link.outstanding < MAX_OUTSTANDING;
  }

  sendBurst({ link, transactions }: SimClient): void {
    assert(link !== undefined && transactions !== undefined, "only a connected client sends");
    if (transactions.isWaiting) return transactions.goOn();
    if (this.random.chance(TRANSACTIONS)) return transactions.sendSome();
    for (let count = this.random.pick([1, 1, 1, 2, 4, 8]); count > 0; count--) {
      this.send(link, { words: randomCommand(this.random, this.newValue) });
    }
  }

  send(link: SimLink, request: Request): Operation {
    const operation = this.operation(link.process, link.database, request);
    link.send(operation);
    return operation;
  }

  readonly newValue = (): string => `v${++this.lastValue}`;

  private operation(process: number, database: number, request: Request): Operation {
    const sent = { id: this.operations.length, process, database, invoked: this.trace.step };
    const operation = newOperation(request, sent);
    this.operations.push(operation);
    return operation;
  }

  /** The sweeper's deletions are operations of a client that is told nothing. */
  swept(process: SimProcess, database: number, userKey: string, nowMs: number, order: Order): void {
    const operation = this.operation(SWEEPER_PROCESS - order.epoch, database, { words: ["SWEEP", userKey] });
    operation.nowMs = nowMs;
    operation.order = order;
    this.undecided.push({ operation, process });
  }

  /** Another leader has put a write into the log: an operation of a client of its own, which is told nothing. */
  wroteElsewhere(process: SimProcess, database: number, words: readonly string[], proposal: Proposal): void {
    const operation = this.operation(++this.lastProcess, database, { words });
    operation.nowMs = 0;
    operation.order = process.foreignOrder(proposal);
    this.undecided.push({ operation, process });
  }

  take(process: SimProcess, link: SimLink): void {
    const bytes = link.take(this.random, (operation, reply) => this.answer(process, operation, reply));
    this.trace.mixBytes(bytes);
  }

  private answer(process: SimProcess, operation: Operation, reply: string): void {
    operation.returned = this.trace.step;
    if (operation.expects !== undefined && reply !== NOT_RUN && reply !== UNKNOWN) {
      assert(
        reply === operation.expects,
        `${operation.words.join(" ")} is answered ${operation.expects}, not ${reply}`,
      );
    } else if (reply === NOT_RUN) {
      assert(this.lastUnavailableStep >= operation.invoked, "a leader refuses nothing");
      operation.excluded = true;
    } else if (reply === UNKNOWN) {
      assert(
        this.lastLossStep >= operation.invoked,
        "an outcome is unknown only where leadership or the disk was lost",
      );
      if (!operation.excluded) this.leaveUndecided(process, operation);
    } else if (reply === TOO_LARGE) {
      assert(this.node().limits.maxEffectsBytes < AMPLE_BYTES, "what is not large is not too large");
      operation.excluded = true;
    } else {
      assert(operation.nowMs !== undefined, "a command is answered after it was evaluated");
      operation.reply = reply;
    }
  }

  private leaveUndecided(process: SimProcess, operation: Operation): void {
    const { order, isUnderWay } = operation;
    if (order === undefined && isUnderWay !== true) {
      operation.excluded = true;
      return;
    }
    operation.returned = Number.POSITIVE_INFINITY;
    const entry = { operation, process };
    if (order !== undefined && this.node().epoch > order.epoch) this.decide(entry);
    else this.undecided.push(entry);
  }

  decideAll(): void {
    for (const entry of this.undecided.splice(0)) this.decide(entry);
  }

  private decide({ operation, process }: Undecided): void {
    operation.returned = this.trace.step;
    // What was under way in steps and has not ended never will.
    if (operation.order === undefined) operation.excluded = true;
    // What wrote nothing is left out: an EXEC that gave up must not be tried as one that ran.
    else operation.order.survived = operation.order.wrote && process.survived(operation.order);
  }

  /** The client forgets a connection with all that was not answered on it. */
  abandon(process: SimProcess, link: SimLink): void {
    for (const operation of link.operations.slice(link.answered)) {
      if (!operation.excluded) this.leaveUndecided(process, operation);
    }
    for (const client of this.all) if (client.link === link) client.link = undefined;
  }

  serverDied(process: SimProcess): void {
    this.lastLossStep = this.lastUnavailableStep = this.trace.step;
    for (const { link } of this.all) {
      if (link !== undefined && process.links.includes(link)) this.dead.push({ link, process });
    }
  }

  /** The client reads what was on its way from a server that died, or finds the connection broken. */
  readDead(link: SimLink): void {
    const at = this.dead.findIndex((dead) => dead.link === link);
    const { process } = this.dead[at]!;
    if (link.hasOutput && this.random.chance(0.7)) return this.take(process, link);
    this.dead.splice(at, 1);
    this.abandon(process, link);
  }

  /** The server has ended a connection of its own accord: what it had not begun by then is never run. */
  seeEnd(process: SimProcess, link: SimLink): void {
    this.trace.note(`client ${link.process} is let go`);
    link.disconnect();
    this.abandon(process, link);
  }

  disconnect(process: SimProcess): void {
    const { link } = this.random.pick(this.all);
    if (link === undefined || link.isClosed) return;
    this.trace.note(`client ${link.process} disconnects`);
    link.disconnect();
    this.abandon(process, link);
  }

  get allAnswered(): boolean {
    return (
      this.dead.length === 0 && this.all.every(({ link }) => link === undefined || link.outstanding === 0)
    );
  }
}
