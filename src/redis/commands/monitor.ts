// MONITOR: from now on the client is told of every command that runs (clients/monitors.ts).
import type { CommandContext, CommandSpec } from "../command";
import { ERR_MONITOR_IN_MULTI } from "../errors";

function monitor({ connection, reply, server }: CommandContext): void {
  if (connection.transaction.isRunning) return reply.error(ERR_MONITOR_IN_MULTI);
  connection.isMonitor = true;
  server.monitors.add(connection);
  reply.ok();
}

export const MONITOR_COMMANDS: readonly CommandSpec[] = [
  {
    name: "monitor",
    arity: 1,
    flags: ["admin", "noscript", "loading", "stale"],
    keys: [0, 0, 0],
    categories: ["admin", "slow", "dangerous"],
    since: "1.0.0",
    group: "server",
    function: { kind: "immediate", run: monitor },
  },
];
