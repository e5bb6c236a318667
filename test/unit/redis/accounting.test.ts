// What is noted of commands: failures and rejections, errors by code, the slow log, latency spikes and distributions.
import type { Reply } from "../../../src/resp/index";
import { cumulativeBuckets } from "../../../src/redis/commands/latency";
import { LatencyHistogram } from "../../../src/base/index";
import { RateMeter } from "../../../src/redis/accounting/rate-meter";
import { ErrorCounts } from "../../../src/redis/accounting/error-counts";
import { RedisNode } from "./redis-node";
import type { CommandClient } from "./redis-node";

function info(client: CommandClient, section: string): string {
  return String(client.call("INFO", section));
}

test("calls, failures and rejections by command, subcommands by themselves; errors by code", () => {
  const client = new RedisNode().connect();
  client.pipeline(["SET", "a", "x"], ["INCR", "a"], ["HGET", "a", "f"], ["GET"], ["CONFIG", "GET", "save"]);
  client.pipeline(["CONFIG", "SET", "a", "b"], ["NOSUCH"], ["CONFIG", "GET"], ["CONFIG", "NOSUCH"]);
  const commands = info(client, "commandstats");
  expect(commands).toMatch(
    /cmdstat_set:calls=1,usec=\d+,usec_per_call=[\d.]+,rejected_calls=0,failed_calls=0/,
  );
  expect(commands).toMatch(/cmdstat_incr:calls=1,.*rejected_calls=0,failed_calls=1/);
  expect(commands).toMatch(/cmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0/);
  expect(commands).toMatch(/cmdstat_config\|get:calls=1,.*rejected_calls=1,failed_calls=0/);
  expect(commands).toMatch(/cmdstat_config\|set:calls=1,.*rejected_calls=0,failed_calls=1/);
  expect(info(client, "errorstats")).toBe(
    "# Errorstats\r\nerrorstat_ERR:count=6\r\nerrorstat_WRONGTYPE:count=1\r\n",
  );
  expect(info(client, "stats")).toContain("\r\ntotal_error_replies:7\r\n");
});

test("the time to the release of what was queued is its own, although it is not timed as a command", () => {
  const node = new RedisNode();
  const client = node.connect();
  let ms = 1000;
  const { clock } = node.server;
  clock.monotonicMs = () => ++ms;
  client.call("MULTI");
  client.pipeline(["SET", "a", "1"], ["SET", "b", "2"]);
  const set = node.server.table.byName("set")!;
  expect([set.callsTotal, set.latencyUs.count]).toEqual([0, 2]);
  expect(set.latencyUs.sum).toBeGreaterThanOrEqual(2000);
});

test("an error that is part of a text is none", () => {
  const client = new RedisNode().connect();
  client.pipeline(["SET", "a", "-ERR x"], ["GET", "a"], ["ECHO", "-ERR"]);
  expect(info(client, "errorstats")).toBe("# Errorstats\r\n");
});

test("codes of errors are bounded in number", () => {
  const counts = new ErrorCounts();
  for (let i = 0; i < 1000; i++) counts.count(Buffer.from(`-CODE${i} words\r\n`), 1);
  expect(counts.total).toBe(1000);
  expect(counts.byCode.size).toBe(128);
  expect(counts.byCode.get("CODE7")).toBe(1);
});

test("errors that take the place of lost replies are counted", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.send(["SET", "a", 1], ["SET", "b", 1]);
  node.kv.evaluator.following();
  client.send(["SET", "c", 1]);
  expect(node.server.accounting.errors.byCode.get("TRYAGAIN")).toBe(3);
});

test("the slow log keeps words as Redis does, newest first", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.call("CONFIG", "SET", "slowlog-log-slower-than", 0);
  client.call("SLOWLOG", "RESET");
  client.call("CLIENT", "SETNAME", "me");
  client.call("SET", "key", "v".repeat(200));
  client.call("DEL", ...Array.from({ length: 39 }, (_, i) => `k${i}`));
  const entries = client.call("SLOWLOG", "GET", 2) as Reply[][];
  expect(entries).toHaveLength(2);
  const [many, long] = entries as [Reply[], Reply[]];
  expect(many[3]).toHaveLength(32);
  expect((many[3] as string[])[31]).toBe("... (9 more arguments)");
  expect((many[3] as string[])[30]).toBe("k29");
  expect(long[3]).toEqual(["SET", "key", `${"v".repeat(128)}... (72 more bytes)`]);
  expect(long.slice(4)).toEqual(["127.0.0.1:40000", "me"]);
  expect(Number(many[0])).toBe(Number(long[0]) + 1);
  // RESET itself, SETNAME, SET, DEL, SLOWLOG GET.
  expect(client.call("SLOWLOG", "LEN")).toBe(5);
  expect(client.call("SLOWLOG", "GET", -1)).toHaveLength(6);
  expect(client.call("SLOWLOG", "GET", "x")).toBe("ERR count should be greater than or equal to -1");
  client.call("CONFIG", "SET", "slowlog-max-len", 3);
  expect(client.call("SLOWLOG", "LEN")).toBe(4);
  expect(client.call("SLOWLOG", "GET", -1)).toHaveLength(3);
  client.call("CONFIG", "SET", "slowlog-log-slower-than", -1);
  client.call("SLOWLOG", "RESET");
  client.call("SET", "a", 1);
  expect(client.call("SLOWLOG", "LEN")).toBe(0);
});

test("no password stands in the slow log", () => {
  const client = new RedisNode().connect();
  client.call("CONFIG", "SET", "slowlog-log-slower-than", 0);
  client.call("HELLO", 2, "AUTH", "default", "secret");
  client.call("CONFIG", "SET", "timeout", 0, "requirepass", "secret", "requirepass", "secret");
  expect(JSON.stringify(client.call("SLOWLOG", "GET", -1))).not.toContain("secret");
  expect(JSON.stringify(client.call("SLOWLOG", "GET", -1))).toContain("(redacted)");
});

test("a command that waits for what it reads is as slow as that takes", () => {
  const node = new RedisNode();
  const client = node.connect();
  client.call("SET", "a", 1);
  node.kv.evaluator.following();
  node.kv.evaluator.leading(node.kv.group.term);
  node.isInMemory = () => false;
  client.send(["GET", "a"]);
  node.advance(25);
  node.turn();
  node.turn();
  expect(client.taken()).toEqual(["1"]);
  const [entry] = client.call("SLOWLOG", "GET") as Reply[][];
  expect(entry?.[3]).toEqual(["GET", "a"]);
  expect(Number(entry?.[2])).toBeGreaterThanOrEqual(25_000);
});

test("LATENCY: spikes by event, and its words about them", () => {
  const node = new RedisNode();
  const client = node.connect();
  expect(client.call("LATENCY", "LATEST")).toEqual([]);
  expect(String(client.call("LATENCY", "DOCTOR"))).toMatch(/not watched/);
  client.call("CONFIG", "SET", "latency-monitor-threshold", 5);
  const { accounting } = node.server;
  accounting.noteLatency("command", 4);
  expect(client.call("LATENCY", "HISTORY", "command")).toEqual([]);
  const startSeconds = Math.floor(node.kv.clock.wallMs() / 1000);
  accounting.noteLatency("command", 7);
  accounting.noteLatency("command", 9);
  node.advance(2000);
  accounting.noteLatency("command", 6);
  accounting.noteLatency("aof-fsync-always", 100);
  expect(client.call("LATENCY", "HISTORY", "command")).toEqual([
    [startSeconds, 9],
    [startSeconds + 2, 6],
  ]);
  expect(client.call("LATENCY", "LATEST")).toEqual([
    ["command", startSeconds + 2, 6, 9],
    ["aof-fsync-always", startSeconds + 2, 100, 100],
  ]);
  const graph = String(client.call("LATENCY", "GRAPH", "command"));
  expect(graph).toMatch(/^command - high 9 ms, low 6 ms \(all time high 9 ms\)\n/);
  expect(graph).toMatch(/\n#\n#\n#\n##\n\n20\nss\n$/);
  expect(client.call("LATENCY", "GRAPH", "none")).toBe("ERR No samples available for event 'none'");
  expect(String(client.call("LATENCY", "DOCTOR"))).toMatch(/1\. command: 2 spikes, 8 ms on average/);
  expect(client.call("LATENCY", "RESET", "command", "none")).toBe(1);
  expect(client.call("LATENCY", "RESET")).toBe(1);
  for (let i = 0; i < 200; i++) {
    node.advance(1000);
    accounting.noteLatency("command", 10);
  }
  expect(client.call("LATENCY", "HISTORY", "command")).toHaveLength(160);
});

test("LATENCY HISTOGRAM and latencystats follow latency-tracking", () => {
  const client = new RedisNode().connect();
  client.pipeline(["SET", "a", 1], ["SET", "b", 1], ["CONFIG", "GET", "save"]);
  const answer = client.call("LATENCY", "HISTOGRAM", "set", "config", "nosuch") as Reply[];
  expect(answer[0]).toBe("set");
  expect(answer[1]).toEqual(["calls", 2, "histogram_usec", expect.any(Array)]);
  expect(answer[2]).toBe("config|get");
  expect(info(client, "latencystats")).toMatch(/latency_percentiles_usec_set:p50=[\d.]+,p99=[\d.]+,p99.9=/);
  client.call("CONFIG", "SET", "latency-tracking", "no", "latency-tracking-info-percentiles", "75");
  expect(info(client, "latencystats")).toBe("# Latencystats\r\n");
  client.call("SET", "c", 1);
  client.call("CONFIG", "SET", "latency-tracking", "yes");
  expect(info(client, "latencystats")).toMatch(/latency_percentiles_usec_set:p75=[\d.]+\r\n/);
  expect((client.call("LATENCY", "HISTOGRAM", "set") as Reply[][])[1]?.[1]).toBe(2);
});

test("buckets are powers of two, cumulative, without those that add nothing", () => {
  const histogram = new LatencyHistogram();
  for (const value of [0, 1, 3, 3, 100]) histogram.record(value);
  expect(cumulativeBuckets(histogram)).toEqual([
    [1, 1],
    [2, 2],
    [4, 4],
    [128, 5],
  ]);
});

test("a rate is the mean of the last sixteen samples", () => {
  const meter = new RateMeter(0);
  for (let i = 1; i <= 16; i++) meter.sample(i * 50, i * 100);
  expect(meter.perSecond).toBe(500);
  for (let i = 17; i <= 24; i++) meter.sample(800, i * 100);
  expect(meter.perSecond).toBe(250);
  // The counter was reset.
  meter.sample(0, 2500);
  expect(meter.perSecond).toBeGreaterThanOrEqual(0);
});
