// Which operation a forwarded command is, where it ran, and whether its outcome may be unknown: by what the path between the
// nodes did, or because the node that ran it lost its leadership.
import { assert } from "../../../src/base/index";
import type { ForwardedRequest } from "../../../src/redis/index";
import type { Operation } from "../history";
import type { ClusterProcess } from "./cluster-process";

export class ForwardedOperations {
  /** How many commands were sent on. */
  count = 0;
  private readonly operations = new WeakMap<ForwardedRequest, Operation>();
  private readonly ranAt = new WeakMap<Operation, ClusterProcess>();
  private readonly lostOnes = new WeakSet<Operation>();

  /** A process sends what one of its connections asks on to another node. */
  sent(process: ClusterProcess, request: ForwardedRequest): Operation {
    const { connection } = request.client;
    const link = process.links.find((each) => each["connection"].id === connection);
    assert(link !== undefined, "a command is forwarded for a client of the node");
    this.operations.set(request, link.current);
    this.count++;
    return link.current;
  }

  of(request: ForwardedRequest): Operation {
    const operation = this.operations.get(request);
    assert(operation !== undefined, "a stand-in runs what was sent");
    return operation;
  }

  ran(operation: Operation, process: ClusterProcess): void {
    this.ranAt.set(operation, process);
  }

  lost(operation: Operation): void {
    this.lostOnes.add(operation);
  }

  mayBeUnknown(operation: Operation): boolean {
    if (this.lostOnes.has(operation)) return true;
    return (this.ranAt.get(operation)?.lastLossStep ?? -1) >= operation.invoked;
  }
}
