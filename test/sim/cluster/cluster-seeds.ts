// Runs of many seeds of the cluster, what they amount to, and what is left of a failed one: its text and its picture. Shared by
// the command line, the short and the long test.
import { SimulationFailure } from "../simulation-failure";
import { pictureOf } from "./cluster-picture";
import type { ClusterSabotage } from "./cluster-process";
import { ClusterWorld, runCluster } from "./cluster-world";
import type { ClusterOptions, ClusterResult } from "./cluster-world";

export interface ClusterTotals {
  readonly seeds: number;
  /** Averages over seeds. */
  readonly acknowledged: number;
  readonly leaderChanges: number;
  readonly faults: number;
  /** How often each fault has struck, in all. */
  readonly faultCounts: Readonly<Record<string, number>>;
  /** For people. The speed is told, never asserted. */
  readonly summary: string;
}

/** Runs seeds until there are enough of them, or `goesOn` says no. Throws what the first failing one throws. */
export function runClusterSeeds(
  firstSeed: number,
  seeds: number,
  goesOn: (done: number) => boolean = () => true,
  sabotage?: ClusterSabotage,
): ClusterTotals {
  const started = performance.now();
  const results: ClusterResult[] = [];
  while (results.length < seeds && goesOn(results.length)) {
    results.push(
      runCluster({ seed: firstSeed + results.length, ...(sabotage !== undefined && { sabotage }) }),
    );
  }
  return totalsOf(firstSeed, results, (performance.now() - started) / 1000);
}

function totalsOf(firstSeed: number, results: readonly ClusterResult[], seconds: number): ClusterTotals {
  const seeds = results.length;
  const mean = (figure: (result: ClusterResult) => number): number =>
    results.reduce((sum, result) => sum + figure(result), 0) / Math.max(1, seeds);
  const faultCounts: Record<string, number> = {};
  for (const { faults } of results) {
    for (const [name, count] of Object.entries(faults)) faultCounts[name] = (faultCounts[name] ?? 0) + count;
  }
  const acknowledged = mean((result) => result.acknowledged);
  const leaderChanges = mean((result) => result.leaderChanges);
  const faults = Object.values(faultCounts).reduce((sum, count) => sum + count, 0) / Math.max(1, seeds);
  const simulatedSeconds = mean((result) => result.simulatedMs) / 1000;
  const struck = Object.entries(faultCounts).map(([name, count]) => `${count} ${name}`);
  const summary =
    `${seeds} seeds from ${firstSeed} in ${seconds.toFixed(1)} s ` +
    `(${((simulatedSeconds * seeds) / seconds).toFixed(0)} simulated seconds a second); a seed on average: ` +
    `${simulatedSeconds.toFixed(1)} simulated seconds, ${mean((result) => result.events).toFixed(0)} events, ` +
    `${acknowledged.toFixed(0)} commands acknowledged, ${mean((result) => result.unknown).toFixed(1)} unknown, ` +
    `${mean((result) => result.notRun).toFixed(1)} refused, ${mean((result) => result.forwarded).toFixed(0)} forwarded, ` +
    `${leaderChanges.toFixed(1)} changes of leader, ${mean((result) => result.memberChanges).toFixed(1)} of members, ${faults.toFixed(1)} faults, ` +
    `${mean((result) => result.comparisons).toFixed(0)} comparisons of states. Faults: ${struck.join(", ")}.`;
  return { seeds, acknowledged, leaderChanges, faults, faultCounts, summary };
}

/** Runs a seed that fails once more, and draws what happened around the failure. */
export function drawFailure(options: ClusterOptions): string {
  const world = new ClusterWorld({ ...options, isRecorded: true });
  try {
    world.run();
  } catch (error) {
    if (!(error instanceof SimulationFailure)) throw error;
    const title = `seed ${error.seed}, step ${error.step}: ${error.reason}`;
    return pictureOf(world.recording, title, error.step);
  }
  throw new Error(`seed ${options.seed} passes`);
}
