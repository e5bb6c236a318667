// What Prometheus is shown of counters, gauges, histograms and figures.
import { LatencyHistogram } from "../../../src/base/index";
import { Metrics } from "../../../src/observability/index";

function lines(text: string, name: string): string[] {
  return text.split("\n").filter((line) => line.startsWith(name));
}

test("a counter is shown as it stands, also when read twice", async () => {
  const metrics = new Metrics();
  const counter = metrics.counter("basalt_commands_total", "Commands.");
  counter.increment();
  counter.add(41);
  expect(await metrics.text()).toContain("# TYPE basalt_commands_total counter\nbasalt_commands_total 42\n");
  counter.increment();
  expect(await metrics.text()).toContain("\nbasalt_commands_total 43\n");
});

test("a family has one series a set of labels", async () => {
  const metrics = new Metrics();
  metrics.counter("basalt_commands_total", "Commands.", { command: "get" }).add(2);
  metrics.counter("basalt_commands_total", "Commands.", { command: "set" }).add(3);
  expect(lines(await metrics.text(), "basalt_commands_total")).toEqual([
    'basalt_commands_total{command="get"} 2',
    'basalt_commands_total{command="set"} 3',
  ]);
});

test("a gauge is read when it is shown", async () => {
  const metrics = new Metrics();
  let connected = 7;
  metrics.gauge("basalt_clients", "Open connections.", () => connected);
  expect(await metrics.text()).toContain("# TYPE basalt_clients gauge\nbasalt_clients 7\n");
  connected = 0;
  expect(await metrics.text()).toContain("\nbasalt_clients 0\n");
});

test("a counter's name says that it is one", () => {
  expect(() => new Metrics().counter("basalt_commands", "Commands.")).toThrow("ends in _total");
});

test("a histogram in microseconds is shown in seconds, cumulative, per labels", async () => {
  const metrics = new Metrics();
  const recorded = new LatencyHistogram();
  const handedBack = metrics.histogram(
    "basalt_sync_seconds",
    "Syncs.",
    "microseconds",
    { log: "a" },
    recorded,
  );
  expect(handedBack).toBe(recorded);
  metrics.histogram("basalt_sync_seconds", "Syncs.", "microseconds", { log: "b" });
  for (const value of [1, 15, 16, 100, 1023, 1024, 5_000_000, 60_000_000]) recorded.record(value);
  const text = await metrics.text();
  expect(text).toContain("# TYPE basalt_sync_seconds histogram\n");
  const buckets = lines(text, "basalt_sync_seconds_bucket").filter((line) => line.includes('log="a"'));
  const counts = new Map(
    buckets.map((line) => [/le="([^"]+)"/.exec(line)?.[1] ?? "", Number(line.slice(line.lastIndexOf(" ")))]),
  );
  expect(counts.get("0.000016")).toBe(2);
  expect(counts.get("0.000032")).toBe(3);
  expect(counts.get("0.001024")).toBe(5);
  expect(counts.get("0.002048")).toBe(6);
  expect(counts.get("16.777216")).toBe(7);
  expect(counts.get("+Inf")).toBe(8);
  const inOrder = [...counts.values()];
  expect(inOrder).toEqual([...inOrder].sort((one, other) => one - other));
  expect(text).toContain('basalt_sync_seconds_count{log="a"} 8\n');
  expect(text).toContain(`basalt_sync_seconds_sum{log="a"} ${65_002_179 * 1e-6}\n`);
  expect(text).toContain('basalt_sync_seconds_count{log="b"} 0\n');
});

test("figures of storage become counters and gauges, read once a scrape", async () => {
  const metrics = new Metrics();
  let reads = 0;
  metrics.figures("basalt_storage_", "Storage", () => ({ logSyncsTotal: ++reads * 10, blockCacheBytes: 5 }));
  reads = 0;
  const text = await metrics.text();
  expect(reads).toBe(1);
  expect(text).toContain(
    "# TYPE basalt_storage_log_syncs_total counter\nbasalt_storage_log_syncs_total 10\n",
  );
  expect(text).toContain(
    "# TYPE basalt_storage_block_cache_bytes gauge\nbasalt_storage_block_cache_bytes 5\n",
  );
  await metrics.text();
  expect(reads).toBe(2);
});

test("process metrics include the event loop's delay and leave out what lists every connection", async () => {
  const metrics = new Metrics();
  metrics.addProcessMetrics();
  const text = await metrics.text();
  expect(text).toContain("nodejs_eventloop_lag_p99_seconds");
  expect(text).toContain("process_resident_memory_bytes");
  expect(text).not.toContain("nodejs_active_handles");
  expect(text).not.toContain("process_open_fds");
});

test("every line is in Prometheus's text format", async () => {
  const metrics = new Metrics();
  metrics.addProcessMetrics();
  metrics.counter("basalt_errors_total", 'With "quotes"\nand a break.', { text: 'a"b\\c\nd' }).increment();
  metrics.histogram("basalt_batch_operations", "Batches.", "operations").record(25);
  for (const line of (await metrics.text()).split("\n")) {
    expect(line).toMatch(
      /^$|^# (HELP|TYPE) |^[a-z0-9_]+(\{([a-z_]+="(\\.|[^"\\])*",?)+\})? (Nan|[-+0-9.e]+)$/,
    );
  }
});

test("series that come and go are those of the scrape", async () => {
  const metrics = new Metrics();
  const errors = new Map([["ERR", 2]]);
  const times = new LatencyHistogram();
  times.record(100);
  metrics.totals("basalt_errors_total", "Errors.", ["code"], () =>
    [...errors].map(([code, count]) => [{ code }, count] as const),
  );
  metrics.gauges("basalt_bytes", "Bytes.", ["owner"], () => [[{ owner: "heap" }, errors.size]]);
  metrics.histograms("basalt_time_seconds", "Times.", "microseconds", () =>
    errors.size > 1 ? [[{ command: "get" }, times]] : [],
  );
  let text = await metrics.text();
  expect(lines(text, "basalt_errors_total")).toEqual(['basalt_errors_total{code="ERR"} 2']);
  expect(lines(text, "basalt_bytes")).toEqual(['basalt_bytes{owner="heap"} 1']);
  expect(lines(text, "basalt_time_seconds")).toEqual([]);
  errors.set("WRONGTYPE", 1);
  errors.set("ERR", 3);
  text = await metrics.text();
  expect(lines(text, "basalt_errors_total")).toEqual([
    'basalt_errors_total{code="ERR"} 3',
    'basalt_errors_total{code="WRONGTYPE"} 1',
  ]);
  expect(lines(text, "basalt_bytes")).toEqual(['basalt_bytes{owner="heap"} 2']);
  expect(lines(text, "basalt_time_seconds_count")).toEqual(['basalt_time_seconds_count{command="get"} 1']);
});
