// INFO's sections about what has been done: Stats, Commandstats, Errorstats, Latencystats.
import type { Command } from "../command";
import type { RedisServer } from "../redis-server";

type Lines = readonly string[];

export function statisticsLines(server: RedisServer): Lines {
  const { statistics, rates, evaluator, accounting } = server;
  const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(2);
  return [
    `total_connections_received:${statistics.connectionsTotal}`,
    `total_commands_processed:${statistics.commandsTotal}`,
    `instantaneous_ops_per_sec:${Math.round(rates.commands.perSecond)}`,
    `total_net_input_bytes:${statistics.netInputBytesTotal}`,
    `total_net_output_bytes:${statistics.netOutputBytesTotal}`,
    "total_net_repl_input_bytes:0",
    "total_net_repl_output_bytes:0",
    `instantaneous_input_kbps:${kilobytes(rates.input.perSecond)}`,
    `instantaneous_output_kbps:${kilobytes(rates.output.perSecond)}`,
    "instantaneous_input_repl_kbps:0.00",
    "instantaneous_output_repl_kbps:0.00",
    `rejected_connections:${statistics.rejectedConnectionsTotal}`,
    "sync_full:0",
    "sync_partial_ok:0",
    "sync_partial_err:0",
    `expired_keys:${evaluator.statistics.expiredTotal}`,
    "evicted_keys:0",
    "evicted_clients:0",
    `keyspace_hits:${statistics.keyspaceHitsTotal}`,
    `keyspace_misses:${statistics.keyspaceMissesTotal}`,
    `pubsub_channels:${server.subscriptions.channelCount("channel")}`,
    `pubsub_patterns:${server.subscriptions.patternCount}`,
    `pubsubshard_channels:${server.subscriptions.channelCount("shard")}`,
    "latest_fork_usec:0",
    "total_forks:0",
    "migrate_cached_sockets:0",
    `unexpected_error_replies:0`,
    `total_error_replies:${accounting.errors.total}`,
    `total_reads_processed:${statistics.readsTotal}`,
    `total_writes_processed:${statistics.writesTotal}`,
  ];
}

/** Time is a command's own: from its turn on its connection to its reply, its commit not counted. */
export function commandLines(commands: readonly Command[]): Lines {
  return commands
    .filter(({ callsTotal, rejectedTotal }) => callsTotal > 0 || rejectedTotal > 0)
    .map(({ name, callsTotal, executionUsTotal, rejectedTotal, failedTotal }) => {
      const each = callsTotal === 0 ? 0 : executionUsTotal / callsTotal;
      return (
        `cmdstat_${name}:calls=${callsTotal},usec=${Math.round(executionUsTotal)},` +
        `usec_per_call=${each.toFixed(2)},rejected_calls=${rejectedTotal},failed_calls=${failedTotal}`
      );
    });
}

export function errorLines({ accounting }: RedisServer): Lines {
  return [...accounting.errors.byCode].map(([code, count]) => `errorstat_${code}:count=${count}`);
}

export function latencyLines({ settings }: RedisServer, commands: readonly Command[]): Lines {
  if (!settings.latencyTracking) return [];
  return commands
    .filter(({ executionUs }) => executionUs.count > 0)
    .map(({ name, executionUs }) => {
      const shown = settings.latencyPercentiles.map(
        (percentile) => `p${percentile}=${executionUs.quantile(percentile / 100).toFixed(3)}`,
      );
      return `latency_percentiles_usec_${name}:${shown.join(",")}`;
    });
}
