// The HTTP server beside the data path: `/metrics` for Prometheus, `/health` (the process lives and its storage has not
// failed) and `/ready` (this node may serve) for whoever starts and watches it. Answers are small and built from what is
// in memory; a client that sends slowly or never reads is cut off by time limits, and there are few connections at once.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { BasaltError, errorText } from "../base/index";
import type { Metrics } from "./metrics";

/** What the endpoints ask; an answer of undefined is yes, a text is no and why. */
export interface Probes {
  /** Why this process should be replaced, if so. */
  whyUnhealthy(): string | undefined;
  /** Why no request should come here now, if so. */
  whyNotReady(): string | undefined;
}

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly probes: Probes;
}

export interface MetricsServer {
  readonly port: number;
  /** Ends open connections too. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 5_000;

export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
  server.keepAliveTimeout = IDLE_TIMEOUT_MS;
  server.timeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  server.on("request", (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, "text/plain", `${errorText(error)}\n`);
    });
  });
  await listen(server, options.host, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { metrics, probes }: MetricsServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume();
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return send(response, 405, "text/plain", "only GET and HEAD are served here\n");
  }
  switch ((request.url ?? "/").split("?", 1)[0]) {
    case "/metrics":
      return send(response, 200, metrics.contentType, await metrics.text());
    case "/health":
      return sendStatus(response, probes.whyUnhealthy());
    case "/ready":
      return sendStatus(response, probes.whyUnhealthy() ?? probes.whyNotReady());
    default:
      return send(response, 404, "text/plain", "served here: /metrics, /health, /ready\n");
  }
}

function sendStatus(response: ServerResponse, whyNot: string | undefined): void {
  const body = whyNot === undefined ? { status: "ok" } : { status: "unavailable", reason: whyNot };
  send(response, whyNot === undefined ? 200 : 503, "application/json", `${JSON.stringify(body)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": bytes.length,
    "Cache-Control": "no-store",
  });
  response.end(bytes);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "is in use" : `cannot be opened (${errorText(error)})`;
      const sentence = `The metrics port ${port} on ${host} ${why}: give another with --router-metrics-port, or off.`;
      reject(new BasaltError("PORT_UNAVAILABLE", sentence, { cause: error }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners("error");
      // A connection that cannot be accepted (out of file descriptors) is that client's trouble, not the node's.
      server.on("error", () => undefined);
      resolve();
    });
  });
}
