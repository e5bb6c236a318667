// Replays the directives of etcd's configuration-change tests: simple, enter-joint, leave-joint. Each prints the
// configuration and everybody's progress, or the reason of a refusal; the log's last index grows by one a directive.
import { Tracker } from "../../../src/raft/core/progress/tracker";
import { enterJoint, leaveJoint, simpleChange } from "../../../src/raft/core/quorum/changer";
import type { ChangeOutcome } from "../../../src/raft/core/quorum/changer";
import { configurationText } from "../../../src/raft/core/quorum/configuration";
import { toBoolean } from "./arguments";
import { parseChanges } from "./changes";
import type { Block } from "./script";

export const CONF_CHANGE_COMMANDS: ReadonlySet<string> = new Set(["simple", "enter-joint", "leave-joint"]);

export class ConfChangeTrace {
  private readonly tracker = new Tracker(10, Number.POSITIVE_INFINITY);
  private lastIndex = 0;

  handle(block: Block): string {
    const lastIndex = this.lastIndex++;
    const changes = parseChanges(block.input);
    if (typeof changes === "string") return changes;
    let outcome: ChangeOutcome;
    if (block.command === "simple") {
      outcome = simpleChange(this.tracker, lastIndex, changes);
    } else if (block.command === "enter-joint") {
      const autoLeave = block.arguments.find(({ key }) => key === "autoleave")?.values[0] ?? "false";
      outcome = enterJoint(this.tracker, lastIndex, toBoolean(autoLeave), changes);
    } else {
      outcome = changes.length > 0 ? "this command takes no input" : leaveJoint(this.tracker);
    }
    if (typeof outcome === "string") return `${outcome}\n`;
    this.tracker.adopt(outcome.configuration, outcome.progress);
    const progress = this.tracker.ids.map((id, at) => `${id}: ${this.tracker.progresses[at]!.toString()}\n`);
    return `${configurationText(outcome.configuration)}\n${progress.join("")}`;
  }
}
