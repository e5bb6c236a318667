// How commands travel from a node to the one that leads, and their answers back, over the simulated network: in time, through
// cuts or not, once or not at all. What has left and is not answered is told as unknown, after a while or when the other
// process is seen to be gone.
import type { SeededRandom } from "../../../src/base/index";
import type { ForwardOutcome, ForwardedRequest, ForwardingTransport } from "../../../src/redis/index";
import type { Agenda } from "./agenda";
import type { ClusterNode } from "./cluster-node";
import type { ClusterProcess } from "./cluster-process";
import type { ForwardedOperations } from "./forwarded-operations";
import type { Network } from "./network";

/** A sender gives up waiting. */
const PATIENCE_MS = 1500;

export interface PathSurroundings {
  readonly agenda: Agenda;
  readonly random: SeededRandom;
  readonly network: () => Network;
  readonly nodeOf: (nodeId: number) => ClusterNode;
  readonly forwarded: ForwardedOperations;
}

export class ForwardingPath implements ForwardingTransport {
  constructor(
    private readonly sender: () => ClusterProcess,
    private readonly surroundings: PathSurroundings,
  ) {}

  request(node: number, request: ForwardedRequest, done: (outcome: ForwardOutcome) => void): void {
    const { random, network, nodeOf, forwarded } = this.surroundings;
    const sender = this.sender();
    const from = sender.node.nodeId;
    const operation = forwarded.sent(sender, request);
    let isDone = false;
    const end = (outcome: ForwardOutcome): void => {
      if (isDone) return;
      isDone = true;
      if (outcome.kind === "unknown") forwarded.lost(operation);
      done(outcome);
    };
    if (nodeOf(node).process === undefined || (network().isCut(from, node) && random.chance(0.5))) {
      return sender.life.post(random.fraction() * 5, () => end({ kind: "notSent" }));
    }
    sender.life.post(PATIENCE_MS, () => end({ kind: "unknown" }));
    const receiver = nodeOf(node).process;
    this.carry(from, node, () => {
      const { process } = nodeOf(node);
      if (process === undefined || process !== receiver) {
        return this.carry(node, from, () => sender.life.post(0, () => end({ kind: "unknown" })));
      }
      const run = (): void => {
        forwarded.ran(operation, process);
        process.standIns.run(request, (outcome) => {
          this.carry(node, from, () => sender.life.post(0, () => end(outcome), "peers"));
        });
      };
      process.life.post(0, run, this.surroundings.random.chance(0.5) ? "clients" : "peers");
    });
  }

  release(node: number, client: ForwardedRequest["client"]): void {
    this.carry(this.sender().node.nodeId, node, () => {
      const { process } = this.surroundings.nodeOf(node);
      process?.life.post(0, () => process.standIns.release(client));
    });
  }

  private carry(from: number, to: number, arrive: () => void): void {
    const { agenda, network } = this.surroundings;
    if (network().isCut(from, to)) return;
    agenda.after(network().streamDelayMs, () => {
      if (!network().isCut(from, to)) arrive();
    });
  }
}
