// Changes of the group's members, made now and then through whoever leads: voters become learners or go, and come back, one by
// one or several at once through a joint configuration. At the end all nodes are made voters again.
import { assert } from "../../../src/base/index";
import type { SeededRandom } from "../../../src/base/index";
import { ConfChangeTransition, ConfChangeType } from "../../../src/raft/core/index";
import type { ConfChange, ConfState } from "../../../src/raft/core/index";
import type { Agenda } from "./agenda";
import type { ClusterNode } from "./cluster-node";
import type { ClusterProcess } from "./cluster-process";

/** What a node is to be in the group. */
type Part = "voter" | "learner" | "none";

const INTERVAL_MS = 5000;
const AGAIN_MS = 250;
/** Fewer voters would make most faults stop the group. */
const MIN_VOTERS = 2;

export interface MembersSurroundings {
  readonly agenda: Agenda;
  readonly random: SeededRandom;
  readonly nodes: readonly ClusterNode[];
  readonly note: (text: string) => void;
}

export class ClusterMembers {
  /** How many changes were proposed. */
  count = 0;
  private isCalm = false;

  constructor(private readonly surroundings: MembersSurroundings) {}

  start(): void {
    const { agenda, random } = this.surroundings;
    agenda.after(INTERVAL_MS * (0.4 + random.fraction() * 1.2), () => {
      if (this.isCalm) return;
      this.change(this.randomParts());
      this.start();
    });
  }

  /** All become voters again. */
  calm(): void {
    this.isCalm = true;
    this.restore();
  }

  private restore(): void {
    // A change that was proposed before may still be made.
    if (!this.isWhole) this.change(new Map(this.surroundings.nodes.map(({ nodeId }) => [nodeId, "voter"])));
    this.surroundings.agenda.after(AGAIN_MS, () => this.restore());
  }

  /** Every running node knows that all nodes are voters. */
  get isWhole(): boolean {
    const { nodes } = this.surroundings;
    return nodes.every(({ process }) => {
      if (process === undefined) return false;
      const { voters, votersOutgoing } = process.group.configuration;
      return voters.length === nodes.length && votersOutgoing.length === 0;
    });
  }

  private randomParts(): Map<number, Part> {
    const { random, nodes } = this.surroundings;
    const parts = new Map<number, Part>();
    const order = random.shuffle(nodes.map(({ nodeId }) => nodeId));
    const voters = random.between(MIN_VOTERS, order.length);
    order.forEach((nodeId, at) =>
      parts.set(nodeId, at < voters ? "voter" : random.pick(["learner", "none"])),
    );
    return parts;
  }

  private get leader(): ClusterProcess | undefined {
    for (const { process } of this.surroundings.nodes) {
      if (process?.group.status.leading === true && !process.life.isStopped) return process;
    }
    return undefined;
  }

  private change(parts: ReadonlyMap<number, Part>): void {
    const { leader } = this;
    if (leader === undefined) return;
    const { random, note } = this.surroundings;
    const { configuration } = leader.group;
    // One that was left half-way is left first.
    const change =
      configuration.votersOutgoing.length > 0 ? LEAVE_JOINT : this.changeTo(configuration, parts, random);
    if (change === undefined) return;
    leader.life.post(0, () => {
      const outcome = leader.group.proposeConfChange(change);
      const text = change.changes.map(({ type, nodeId }) => `${CHANGE_NAMES[type]} n${nodeId}`).join(", ");
      note(`n${leader.node.nodeId}: ${text === "" ? "leave the joint configuration" : text}: ${outcome}`);
      if (outcome === "proposed") this.count++;
    });
  }

  /** All of what is asked for, or one of it. undefined: it is so already. */
  private changeTo(
    { voters, learners }: ConfState,
    parts: ReadonlyMap<number, Part>,
    random: SeededRandom,
  ): ConfChange | undefined {
    const { addNode, addLearnerNode, removeNode } = ConfChangeType;
    const changes: ConfChange["changes"][number][] = [];
    for (const [nodeId, part] of parts) {
      const now: Part = voters.includes(nodeId) ? "voter" : learners.includes(nodeId) ? "learner" : "none";
      if (now === part) continue;
      changes.push({
        nodeId,
        type: part === "voter" ? addNode : part === "learner" ? addLearnerNode : removeNode,
      });
    }
    if (changes.length === 0) return undefined;
    const chosen = random.chance(0.5) ? [random.pick(changes)] : changes;
    const { auto, jointImplicit, jointExplicit } = ConfChangeTransition;
    const transition = this.isCalm ? auto : random.pick([auto, auto, jointImplicit, jointExplicit]);
    const after = new Set(voters);
    for (const { type, nodeId } of chosen) {
      if (type === addNode) after.add(nodeId);
      else after.delete(nodeId);
    }
    if (after.size < MIN_VOTERS) return undefined;
    assert(chosen.length > 0, "a change changes something");
    return { transition, changes: chosen, context: null };
  }
}

const LEAVE_JOINT: ConfChange = { transition: ConfChangeTransition.auto, changes: [], context: null };

const CHANGE_NAMES: Readonly<Record<ConfChangeType, string>> = {
  [ConfChangeType.addNode]: "add",
  [ConfChangeType.removeNode]: "remove",
  [ConfChangeType.updateNode]: "update",
  [ConfChangeType.addLearnerNode]: "add as learner",
};
