// Replays a trace file block by block and compares outputs byte for byte. The kind of a block (quorum, configuration
// change, interaction) shows in its command; a file keeps one state of each kind from its first block to its last.
import { ScriptError } from "./arguments";
import { CONF_CHANGE_COMMANDS, ConfChangeTrace } from "./conf-change-trace";
import { InteractionTrace } from "./interaction";
import { QUORUM_COMMANDS, handleQuorum } from "./quorum-trace";
import { parseScript } from "./script";
import type { Block } from "./script";

export interface Difference {
  readonly line: number;
  readonly command: string;
  readonly expected: string;
  readonly got: string;
}

export interface TraceResult {
  readonly blocks: number;
  readonly differences: readonly Difference[];
}

export function runTrace(text: string): TraceResult {
  const blocks = parseScript(text);
  const player = new Player();
  const differences: Difference[] = [];
  for (const block of blocks) {
    const got = endLine(player.play(block));
    if (got !== block.expected) {
      const { line, command, expected } = block;
      differences.push({ line, command, expected, got });
    }
  }
  return { blocks: blocks.length, differences };
}

/** One file's state. */
export class Player {
  private readonly confChange = new ConfChangeTrace();
  private readonly interaction = new InteractionTrace();

  play(block: Block): string {
    try {
      if (QUORUM_COMMANDS.has(block.command)) return handleQuorum(block);
      if (CONF_CHANGE_COMMANDS.has(block.command)) return this.confChange.handle(block);
      return this.interaction.handle(block);
    } catch (error) {
      if (error instanceof ScriptError) return error.message;
      return `panic: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
  }
}

function endLine(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
