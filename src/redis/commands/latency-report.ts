// What LATENCY says to people: a graph of one event's spikes, and the doctor's report. The words and the drawing are ours.
import type { EventHistory } from "../accounting/latency-monitor";

const GRAPH_ROWS = 4;
/** As wide as a terminal. */
const GRAPH_COLUMNS = 80;

/** Bars of the last spikes, with the age of each written downwards under it. */
export function latencyGraph(event: string, history: EventHistory, nowSeconds: number): string {
  const samples = history.samples.slice(-GRAPH_COLUMNS);
  const times = samples.map(({ ms }) => ms);
  const high = Math.max(...times);
  const low = Math.min(...times);
  const heights = times.map((ms) =>
    high === low ? 1 : 1 + Math.round(((ms - low) / (high - low)) * (GRAPH_ROWS - 1)),
  );
  const lines = [
    `${event} - high ${high} ms, low ${low} ms (all time high ${history.maxMs} ms)`,
    "-".repeat(GRAPH_COLUMNS),
  ];
  for (let row = GRAPH_ROWS; row >= 1; row--) {
    lines.push(heights.map((height) => (height >= row ? "#" : " ")).join(""));
  }
  lines.push("");
  const ages = samples.map(({ atSeconds }) => age(Math.max(0, nowSeconds - atSeconds)));
  const longest = Math.max(...ages.map((text) => text.length));
  for (let at = 0; at < longest; at++) lines.push(ages.map((text) => text[at] ?? " ").join(""));
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function age(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ["command", "Commands took long to be evaluated or read from disk: SLOWLOG GET names them."],
  ["fast-command", "Commands of constant cost took long: the process was busy or did not get the processor."],
  ["aof-fsync-always", "Writes waited for the disk: look at what else writes to it, and at its own latency."],
  [
    "checkpoint",
    "Checkpoints take this long beside other work; they delay nobody unless the disk is full of work.",
  ],
]);

/** The doctor's report: figures of each event, then what follows from them. */
export function latencyDoctor(events: ReadonlyMap<string, EventHistory>, thresholdMs: number): string {
  if (thresholdMs === 0) {
    return (
      "Latency is not watched: latency-monitor-threshold is 0. " +
      "CONFIG SET latency-monitor-threshold 100 notes whatever takes 100 ms and more.\n"
    );
  }
  if (events.size === 0) return `Nothing has taken ${thresholdMs} ms or more since the watch began.\n`;
  const lines = [`What took ${thresholdMs} ms or more, in the last seconds in which something did:`, ""];
  let number = 1;
  for (const [event, { samples, maxMs }] of events) {
    const times = samples.map(({ ms }) => ms);
    const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
    const deviation = times.reduce((sum, ms) => sum + Math.abs(ms - mean), 0) / times.length;
    const spanSeconds = samples.length < 2 ? 0 : samples.at(-1)!.atSeconds - samples[0]!.atSeconds;
    const period = samples.length < 2 ? "once" : `every ${(spanSeconds / (samples.length - 1)).toFixed(1)} s`;
    lines.push(
      `${number++}. ${event}: ${samples.length} spikes, ${mean.toFixed(0)} ms on average ` +
        `(mean deviation ${deviation.toFixed(0)} ms), ${period}, worst ever ${maxMs} ms.`,
    );
  }
  lines.push("");
  for (const event of events.keys()) {
    const advice = ADVICE.get(event);
    if (advice !== undefined) lines.push(`- ${advice}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}
