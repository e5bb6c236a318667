// Forwarding between servers in one process: for tests, and for several nodes of one process. Requests and answers take
// a turn each. A server that is detached answers nothing more: what it has not answered is unknown.
import type { Scheduler } from "../../base/index";
import type { ForwardOutcome, ForwardingTransport } from "./forwarding";
import type { StandIns } from "./stand-ins";

interface Attached {
  readonly standIns: StandIns;
  readonly unanswered: Set<(outcome: ForwardOutcome) => void>;
}

export class InProcessForwarding implements ForwardingTransport {
  private readonly scheduler: Scheduler;
  private readonly nodes = new Map<number, Attached>();

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  attach(node: number, standIns: StandIns): void {
    this.nodes.set(node, { standIns, unanswered: new Set() });
  }

  detach(node: number): void {
    const attached = this.nodes.get(node);
    this.nodes.delete(node);
    for (const done of attached?.unanswered ?? []) done({ kind: "unknown" });
  }

  request: ForwardingTransport["request"] = (node, request, done) => {
    const attached = this.nodes.get(node);
    if (attached === undefined) return this.scheduler.atTurnEnd(() => done({ kind: "notSent" }));
    const { standIns, unanswered } = attached;
    const answer = (outcome: ForwardOutcome): void => {
      if (!unanswered.delete(answer)) return;
      this.scheduler.atTurnEnd(() => done(outcome));
    };
    unanswered.add(answer);
    this.scheduler.atTurnEnd(() => {
      if (unanswered.has(answer)) standIns.run(request, answer);
    });
  };

  release: ForwardingTransport["release"] = (node, client) => {
    this.nodes.get(node)?.standIns.release(client);
  };
}
