// The history of a run over several leaders: what clients sent and saw, and what has become of commands that nobody was told
// the outcome of. Such a command is decided when a later leader begins to evaluate, for by then the log holds what it will
// ever hold of the terms before; or when everything has come to rest. Its client may be gone by then, and its bytes still on
// their way.
import { assert } from "../../../src/base/index";
import type { CommittedLog } from "../committed-log";
import { newOperation } from "../history";
import type { Operation, Order } from "../history";
import type { Proposals } from "../proposals";
import type { Request } from "../transaction-workload";
import { TOO_LARGE } from "../workload";
import type { Agenda } from "./agenda";
import type { ClusterLink } from "./cluster-link";
import type { ForwardedOperations } from "./forwarded-operations";

/** Process numbers below this are sweepers, one for each term. */
const SWEEPER_PROCESS = -1;
/** The command was certainly not run. */
const NOT_RUN: ReadonlySet<string> = new Set(["-TRYAGAIN", "-CLUSTERDOWN", "-MOVED"]);
const UNKNOWN = "-UNKNOWN";

interface Undecided {
  readonly operation: Operation;
  /** undefined: it was not asked for by a client. */
  readonly link: ClusterLink | undefined;
}

export class ClusterHistory {
  readonly operations: Operation[] = [];
  readonly counts = { acknowledged: 0, unknown: 0, notRun: 0 };
  private undecided: Undecided[] = [];
  /** Terms of committed entries, rising, with the step at which the first of each was known to be committed. */
  private readonly terms: { readonly term: number; readonly step: number }[] = [];
  /** Process numbers of operations that stand in no order with others: below those of sweepers. */
  private lastAlone = -1_000_000;
  /** Of keys that were watched where nobody leads any more. */
  private readonly lostSets = new Set<string>();

  constructor(
    private readonly agenda: Agenda,
    private readonly committed: CommittedLog,
    private readonly proposals: Proposals,
    private readonly forwarded: ForwardedOperations,
    private readonly limits: { readonly maxEffectsBytes: number },
  ) {}

  operation(process: number, database: number, request: Request, invoked = this.agenda.step): Operation {
    const operation = newOperation(request, { id: this.operations.length, process, database, invoked });
    this.operations.push(operation);
    return operation;
  }

  /** An entry of this term is known to be committed for the first time. */
  committedIn(term: number): void {
    const last = this.terms[this.terms.length - 1];
    if (last === undefined || last.term < term) this.terms.push({ term, step: this.agenda.step });
  }

  /** The sweeper's deletions are operations of a client that is told nothing. */
  swept(database: number, userKey: string, nowMs: number, order: Order): void {
    const operation = this.operation(SWEEPER_PROCESS - order.epoch, database, { words: ["SWEEP", userKey] });
    operation.nowMs = nowMs;
    operation.order = order;
    this.undecided.push({ operation, link: undefined });
  }

  answered(link: ClusterLink, operation: Operation, reply: string): void {
    operation.returned = this.agenda.step;
    if (NOT_RUN.has(reply)) {
      this.notRun(operation);
    } else if (reply === UNKNOWN) {
      assert(
        link.server.lastLossStep >= operation.invoked || this.forwarded.mayBeUnknown(operation),
        "an outcome is unknown only where leadership, the process or the disk was lost",
      );
      this.leaveUndecided(operation, link);
    } else if (operation.expects !== undefined) {
      assert(
        reply === operation.expects || link.server.lastLossStep >= operation.invoked,
        `${operation.words.join(" ")} is answered ${operation.expects}, not ${reply}`,
      );
    } else if (reply === TOO_LARGE) {
      assert(this.limits.maxEffectsBytes < 10_000, "what is not large is not too large");
      operation.excluded = true;
    } else {
      this.acknowledged(operation, reply);
    }
  }

  private notRun(operation: Operation): void {
    this.counts.notRun++;
    assert(
      operation.order?.wrote !== true || !this.survived(operation.order),
      "what was not run has no effect",
    );
    operation.excluded = true;
  }

  private acknowledged(operation: Operation, reply: string): void {
    const { order, watchSet, transaction } = operation;
    this.counts.acknowledged++;
    if (operation.nowMs === undefined && (watchSet !== undefined || transaction !== undefined)) {
      this.answeredUnseen(operation, reply);
      return;
    }
    assert(
      operation.nowMs !== undefined && order !== undefined,
      `a command is answered after it was evaluated: ${operation.words.join(" ")} => ${reply}`,
    );
    assert(!order.wrote || this.survived(order), "what is acknowledged is in the log for good");
    const later = this.terms.find(({ term }) => term > order.epoch);
    assert(
      later === undefined || later.step >= operation.invoked,
      `#${operation.id} was asked when term ${later?.term} had begun, and answered by the leader of term ${order.epoch}`,
    );
    const isRun = transaction !== undefined && watchSet !== undefined && reply.startsWith("{");
    assert(
      !isRun || !this.lostSets.has(watchSet),
      "what is watched by a node that leads no more counts as changed",
    );
    operation.reply = reply;
  }

  /** A WATCH or an EXEC was answered without being evaluated: what was watched elsewhere is lost and counts as changed. */
  private answeredUnseen(operation: Operation, reply: string): void {
    const { watchSet, transaction } = operation;
    if (transaction === undefined) {
      assert(watchSet !== undefined && reply === "OK", "a WATCH that cannot be kept is answered like any");
      this.lostSets.add(watchSet);
      operation.excluded = true;
      return;
    }
    const isRight = transaction.isAborted
      ? reply === "-EXECABORT"
      : watchSet !== undefined && reply === "nil";
    assert(isRight, `an EXEC that is not evaluated runs nothing, and is not answered ${reply}`);
    operation.reply = reply;
  }

  private survived(order: Order): boolean {
    return this.proposals.survived(order, this.committed);
  }

  /** The client forgets a connection with all that was not answered on it. */
  abandoned(link: ClusterLink): void {
    for (const operation of link.operations.slice(link.answered)) this.leaveUndecided(operation, link);
  }

  private leaveUndecided(operation: Operation, link: ClusterLink): void {
    if (operation.excluded) return;
    this.counts.unknown++;
    operation.returned = Number.POSITIVE_INFINITY;
    this.undecided.push({ operation, link });
  }

  /** A leader of this term evaluates: what was evaluated in earlier terms is decided. */
  decideBefore(term: number): void {
    this.undecided = this.undecided.filter((entry) => {
      const { order } = entry.operation;
      if (order === undefined || order.epoch >= term) return true;
      this.decide(entry.operation);
      return false;
    });
  }

  /** Nothing is under way any more. */
  decideAll(): void {
    for (const { operation } of this.undecided.splice(0)) this.decide(operation);
  }

  private decide(operation: Operation): void {
    const { order } = operation;
    operation.returned = this.agenda.step;
    // What was never evaluated, or wrote nothing, has no effect; an EXEC that gave up must not be tried as one that ran.
    const survived = order?.wrote === true && this.survived(order);
    if (!survived) {
      operation.excluded = true;
      return;
    }
    order.survived = true;
    if (operation.words[0] === "WATCH") this.leaveSweeps(operation, order);
  }

  /** Whoever is not told that he watches does not; but what had expired was deleted. */
  private leaveSweeps(watch: Operation, order: Order): void {
    watch.excluded = true;
    for (const key of watch.words.slice(1)) {
      const words = ["SWEEP", key];
      const sweep = this.operation(--this.lastAlone, watch.database, { words }, watch.invoked);
      Object.assign(sweep, { order, nowMs: watch.nowMs, returned: watch.returned });
    }
  }

  /**
   * Operations for the checker. A WATCH whose EXEC is not among them matters to nobody. One that its client was not told the
   * outcome of may take effect behind what the client asks next: it stands in no order with that.
   */
  get checked(): Operation[] {
    const used = new Set<string>();
    for (const { watchSet, transaction, excluded } of this.operations) {
      if (transaction !== undefined && !excluded && watchSet !== undefined) used.add(watchSet);
    }
    const isChecked = ({ excluded, watchSet, transaction }: Operation): boolean =>
      !excluded && (watchSet === undefined || transaction !== undefined || used.has(watchSet));
    return this.operations
      .filter(isChecked)
      .map((each) =>
        each.reply === undefined && each.process > 0 ? { ...each, process: --this.lastAlone } : each,
      );
  }
}
