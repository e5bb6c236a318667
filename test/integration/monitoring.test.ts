// The example dashboard shows something real: every metric and label that its panels name is in /metrics of a running
// server that has been used a little. prometheus.yml scrapes the port that is the default.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serverConfigWith } from "../../src/config/index";
import { BasaltProcess, REPOSITORY, temporaryDirectory } from "./support/basalt-process";
import { RedisClient } from "./support/redis-client";

const MONITORING = join(REPOSITORY, "scripts", "monitoring");

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

/** What stands in an expression of PromQL without naming a metric. */
const WORDS = new Set([
  ..."sum max min avg count by without rate increase histogram_quantile time le on ignoring".split(" "),
]);

/** Metrics that an expression names, each with the labels it is asked for. */
function metricsOf(expression: string): Map<string, Set<string>> {
  const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names]) => names!.split(/,\s*/));
  const plain = expression
    .replace(/by \([^)]*\)/g, " ")
    .replace(/\[[^\]]*\]/g, " ")
    .replace(/\{[^}]*\}/g, " ");
  const names = [...plain.matchAll(/[a-zA-Z_][a-zA-Z0-9_]*/g)].map(([name]) => name);
  const metrics = names.filter((name) => !WORDS.has(name) && !/^e[0-9]+$/.test(name));
  const filtered = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside]) =>
    [...inside!.matchAll(/([a-zA-Z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!),
  );
  // Prometheus itself adds `instance`.
  const labels = [...grouped, ...filtered].filter((label) => label !== "instance");
  return new Map(metrics.map((name) => [name, new Set(labels)]));
}

/** Samples of /metrics: the labels that each name has been seen with. */
function samplesOf(text: string): Map<string, Set<string>> {
  const samples = new Map<string, Set<string>>();
  for (const line of text.split("\n")) {
    const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^}]*)\})? [-+0-9NI]/.exec(line);
    if (match === null) continue;
    const labels = [...(match[2] ?? "").matchAll(/([a-zA-Z_]+)="/g)].map(([, label]) => label!);
    const known = samples.get(match[1]!) ?? new Set<string>();
    labels.forEach((label) => known.add(label));
    samples.set(match[1]!, known);
  }
  return samples;
}

test("every panel shows metrics and labels that a server has", async () => {
  const directory = temporaryDirectory("monitoring");
  const server = await BasaltProcess.start({
    directory: directory.path,
    metricsPort: "0",
  });
  const client = await RedisClient.connect(server.redisPort);
  await client.send("SET", "a", "text", "PX", 1);
  await sleep(5);
  await client.send("GET", "a");
  await client.send("HSET", "h", "f", "v");
  await client.send("INCR", "h");
  await client.send("GET");
  // Garbage is collected when there is some.
  let samples = new Map<string, Set<string>>();
  while (!samples.has("nodejs_gc_duration_seconds_sum")) {
    await Promise.all(Array.from({ length: 2000 }, (_, i) => client.send("SET", `k${i}`, "x".repeat(1000))));
    const response = await fetch(`http://127.0.0.1:${server.ports["routerMetrics"]}/metrics`);
    samples = samplesOf(await response.text());
  }
  const dashboard = JSON.parse(readFileSync(join(MONITORING, "grafana-dashboard.json"), "utf8")) as {
    readonly panels: readonly Panel[];
  };
  const panels = dashboard.panels.filter(({ type }) => type !== "row");
  expect(panels.length).toBeGreaterThan(30);
  const missing: string[] = [];
  for (const { title, targets = [] } of panels) {
    if (targets.length === 0) missing.push(`${title}: nothing`);
    for (const { expr, legendFormat } of targets) {
      const named = metricsOf(expr);
      if (named.size === 0) missing.push(`${title}: ${expr} names no metric`);
      for (const [metric, labels] of named) {
        const known = samples.get(metric);
        if (known === undefined) missing.push(`${title}: ${metric}`);
        else
          for (const label of labels) if (!known.has(label)) missing.push(`${title}: ${metric} by ${label}`);
      }
      for (const [, label] of legendFormat.matchAll(/\{\{([^}]+)\}\}/g)) {
        if (!expr.includes(label!)) missing.push(`${title}: legend ${label}`);
      }
    }
  }
  expect(missing).toEqual([]);
  await client.close();
  expect((await server.stop()).code).toBe(0);
  directory.remove();
}, 60_000);

test("expressions are read as PromQL means them", () => {
  expect(
    metricsOf('sum by (le, command) (rate(a_bucket{instance=~"$i", code="x"}[5m])) / 1e6 - time()'),
  ).toEqual(new Map([["a_bucket", new Set(["le", "command", "code"])]]));
});

test("prometheus.yml scrapes the default port", () => {
  const text = readFileSync(join(MONITORING, "prometheus.yml"), "utf8");
  const { routerMetricsPort } = serverConfigWith();
  expect(text).toContain(`targets: ["127.0.0.1:${routerMetricsPort}"]`);
  expect(text).toContain("metrics_path: /metrics");
});
