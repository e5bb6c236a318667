// What the rows of administrative commands have in common.
import type { CommandContext, CommandSpec } from "../command";

export const ADMINISTRATION = {
  flags: ["admin", "noscript", "loading", "stale"],
  keys: [0, 0, 0],
  categories: ["admin", "slow", "dangerous"],
  group: "server",
} as const;

/** A container's own row. */
export const CONTAINER = {
  arity: -2,
  flags: [],
  keys: [0, 0, 0],
  categories: ["slow"],
  group: "server",
} as const satisfies Partial<CommandSpec>;

export const TO_ALL_NODES = { tips: ["request_policy:all_nodes", "response_policy:all_succeeded"] } as const;

/** Whether the client of a command that has taken some turns is still there to be answered. */
export function isConnected({ server, connection }: CommandContext): boolean {
  return server.clients.has(connection.id);
}
