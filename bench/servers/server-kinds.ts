// The servers that can be measured, as data: how each is started for a benchmark and how it says its version. Redis runs
// as DESIGN §9 demands: no snapshots, no AOF rewrite, and for the durable form a sync before every reply. Whoever is
// first in the list is what the others are a reference for.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { BasaltError } from "../../src/base/index";

export const SERVER_NAMES = ["basalt", "basalt-epoll", "basalt-net", "redis", "redis-memory"] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

export interface ServerKind {
  readonly name: ServerName;
  readonly title: string;
  readonly program: string;
  /** The arguments that serve `port` on 127.0.0.1 with data in `dataDir`. */
  readonly args: (port: number, dataDir: string) => string[];
  /** The further arguments that keep all its caches together within some bytes; absent: its data are all in memory. */
  readonly cacheArgs?: (bytes: number) => string[];
  /** What is installed, or undefined when nothing is. */
  readonly version: () => string | undefined;
}

const redisShared = ["--bind", "127.0.0.1", "--save", "", "--loglevel", "warning", "--daemonize", "no"];

/** The servers as they are built and installed here; `root` is the project's directory. */
export function serverKinds(root: string): Record<ServerName, ServerKind> {
  const basaltEntry = join(root, "build/src/cli/main.js");
  const ownNode = join(root, "scripts/node");
  const basalt: ServerKind = {
    name: "basalt",
    title: "Basalt",
    // Commits before 2026-11-30 have none.
    program: existsSync(ownNode) ? ownNode : process.execPath,
    args: (port, dataDir) => [basaltEntry, "serve", ...basaltArgs(port, dataDir)],
    cacheArgs: basaltCacheArgs,
    version: () => (existsSync(basaltEntry) ? packageVersion(root) : undefined),
  };
  return {
    basalt,
    "basalt-epoll": {
      ...basalt,
      name: "basalt-epoll",
      title: "Basalt, a system call for each socket",
      args: (port, dataDir) => [...basalt.args(port, dataDir), "--socket-layer", "epoll"],
    },
    "basalt-net": {
      ...basalt,
      name: "basalt-net",
      title: "Basalt over Node's net",
      args: (port, dataDir) => [...basalt.args(port, dataDir), "--socket-layer", "net"],
    },
    redis: {
      name: "redis",
      title: "redis-server, appendfsync always",
      program: "redis-server",
      args: (port, dataDir) => [
        ...["--port", String(port), "--dir", dataDir, ...redisShared],
        ...["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"],
      ],
      version: redisVersion,
    },
    "redis-memory": {
      name: "redis-memory",
      title: "redis-server in memory",
      program: "redis-server",
      args: (port, dataDir) => [
        "--port",
        String(port),
        "--dir",
        dataDir,
        ...redisShared,
        "--appendonly",
        "no",
      ],
      version: redisVersion,
    },
  };
}

function basaltArgs(port: number, dataDir: string): string[] {
  const closed = ["grpc", "router", "manager", "router-metrics", "manager-metrics", "dynamodb"];
  return [
    ...["--data-dir", resolve(dataDir), "--redis-port", String(port)],
    ...closed.flatMap((name) => [`--${name}-port`, "off"]),
  ];
}

/** Blocks and rows share the bytes as they do by default; what has been written is soon flushed, so it is no cache. */
function basaltCacheArgs(bytes: number): string[] {
  const rows = Math.floor(bytes / 3);
  const writeBuffer = Math.max(2 ** 20, Math.floor(bytes / 6));
  return [
    ...["--cache-bytes", String(bytes - rows), "--hot-rows-bytes", String(rows)],
    ...["--write-buffer-bytes", String(writeBuffer)],
  ];
}

/** A kind of server whose caches are kept small, or undefined where that can't be. */
export function withSmallCaches(kind: ServerKind, bytes: number): ServerKind | undefined {
  const { args, cacheArgs } = kind;
  if (cacheArgs === undefined) return undefined;
  return { ...kind, args: (port, dataDir) => [...args(port, dataDir), ...cacheArgs(bytes)] };
}

function packageVersion(root: string): string {
  const description: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (typeof description === "object" && description !== null && "version" in description) {
    return String(description.version);
  }
  throw new BasaltError("BAD_PACKAGE", "package.json names no version.");
}

function redisVersion(): string | undefined {
  const answer = spawnSync("redis-server", ["--version"], { encoding: "utf8" });
  if (answer.status !== 0) return undefined;
  return /v=(\S+)/.exec(answer.stdout)?.[1] ?? "unknown";
}
