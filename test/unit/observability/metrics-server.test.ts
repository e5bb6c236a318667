// The HTTP endpoints over a real socket.
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { Metrics, startMetricsServer } from "../../../src/observability/index";
import type { MetricsServer } from "../../../src/observability/index";

let server: MetricsServer;
let unhealthy: string | undefined;
let notReady: string | undefined;

beforeEach(async () => {
  unhealthy = undefined;
  notReady = undefined;
  const metrics = new Metrics();
  metrics.gauge("basalt_one", "One.", () => 1);
  const probes = { whyUnhealthy: () => unhealthy, whyNotReady: () => notReady };
  server = await startMetricsServer({ host: "127.0.0.1", port: 0, metrics, probes });
});
afterEach(() => server.close());

async function ask(
  path: string,
  method = "GET",
): Promise<{ status: number; type: string | null; body: string }> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return { status: response.status, type: response.headers.get("content-type"), body: await response.text() };
}

test("/metrics", async () => {
  expect(await ask("/metrics")).toEqual({
    status: 200,
    type: "text/plain; version=0.0.4; charset=utf-8",
    body: "# HELP basalt_one One.\n# TYPE basalt_one gauge\nbasalt_one 1\n",
  });
});

test("/health and /ready say why not", async () => {
  const ok = { status: 200, type: "application/json", body: '{"status":"ok"}\n' };
  expect(await ask("/health")).toEqual(ok);
  expect(await ask("/ready?verbose")).toEqual(ok);
  notReady = "not the leader";
  expect(await ask("/health")).toEqual(ok);
  const body = '{"status":"unavailable","reason":"not the leader"}\n';
  expect(await ask("/ready")).toEqual({ status: 503, type: "application/json", body });
  unhealthy = "the disk failed";
  expect((await ask("/health")).status).toBe(503);
  expect((await ask("/ready")).body).toContain("the disk failed");
});

test("anything else is refused", async () => {
  expect((await ask("/")).status).toBe(404);
  expect((await ask("/metrics", "POST")).status).toBe(405);
  expect(await ask("/metrics", "HEAD")).toMatchObject({ status: 200, body: "" });
});

test("a port in use is refused with a sentence", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => holder.once("listening", resolve));
  const { port } = holder.address() as AddressInfo;
  const probes = { whyUnhealthy: () => undefined, whyNotReady: () => undefined };
  await expect(
    startMetricsServer({ host: "127.0.0.1", port, metrics: new Metrics(), probes }),
  ).rejects.toMatchObject({
    code: "PORT_UNAVAILABLE",
    message: `The metrics port ${port} on 127.0.0.1 is in use: give another with --router-metrics-port, or off.`,
  });
  await new Promise((resolve) => holder.close(resolve));
});

test("close ends connections that are kept open", async () => {
  await ask("/health");
  await server.close();
  await expect(ask("/health")).rejects.toThrow();
});
