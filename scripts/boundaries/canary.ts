// Sources that break the rules, each with the rule that must catch it, and sources that break none. A checker that lets
// one of the first pass, or reports one of the second, is broken itself; it is tried on all of them before every run.
import { violationsOf } from "./rules";
import type { Rule } from "./rules";

export interface Canary {
  readonly rule: Rule | "none";
  readonly file: string;
  readonly text: string;
}

export const CANARIES: readonly Canary[] = [
  { rule: "room", file: "src/utils/strings.ts", text: "" },
  { rule: "room", file: "src/loose.ts", text: "" },
  { rule: "room", file: "src/kv/session.ts", text: 'import { x } from "../helpers/index";' },

  { rule: "order", file: "src/base/errors.ts", text: 'import { x } from "../config/index";' },
  { rule: "order", file: "src/raft/core/raft.ts", text: 'import type { X } from "../host/index";' },
  { rule: "order", file: "src/raft/core/log/entry.ts", text: 'import { x } from "../../../kv/index";' },
  { rule: "order", file: "src/redis/server.ts", text: 'import { x } from "../http/index";' },
  { rule: "order", file: "src/config/table.ts", text: 'export { x } from "../observability/index";' },
  { rule: "order", file: "src/kv/session.ts", text: 'type X = import("../redis/index").X;' },
  { rule: "order", file: "src/kv/session.ts", text: 'const x = require("../server/index");' },
  { rule: "order", file: "src/kv/session.ts", text: 'import x = require("../server/index");' },
  { rule: "order", file: "src/kv/session.ts", text: 'void import("../server/index");' },

  { rule: "door", file: "src/kv/session.ts", text: 'import { x } from "../storage/keys";' },
  { rule: "door", file: "src/raft/host/host.ts", text: 'import { x } from "../core/raft";' },
  { rule: "door", file: "bench/main.ts", text: 'import { x } from "../src/resp/parser";' },

  { rule: "inside", file: "src/kv/session.ts", text: 'import { x } from "../../test/sim/clock";' },

  { rule: "package", file: "src/base/files.ts", text: 'import { readFileSync } from "node:fs";' },
  { rule: "package", file: "src/kv/session.ts", text: 'import pino from "pino";' },
  { rule: "package", file: "src/raft/core/raft.ts", text: 'import { performance } from "node:perf_hooks";' },
  { rule: "package", file: "src/redis/server.ts", text: 'import ioredis from "ioredis";' },
  { rule: "package", file: "src/storage/native.ts", text: 'import { x } from "fs";' },

  { rule: "addon", file: "src/redis/server.ts", text: 'const x = load("build/Release/basalt.node");' },
  { rule: "addon", file: "src/server/start.ts", text: "process.dlopen(module, name);" },
  {
    rule: "addon",
    file: "src/cli/main.ts",
    text: 'import { createRequire } from "node:module"; createRequire(__filename)(x);',
  },

  ...[
    "const now = Date.now();",
    "const now = new Date();",
    "const chance = Math.random();",
    "setTimeout(() => 1, 10);",
    "const timer = setInterval(f, 10);",
    "setImmediate(f);",
    "const id = process.pid;",
    "const at = performance.now();",
    "queueMicrotask(f);",
  ].flatMap((text): Canary[] =>
    ["src/raft/core/raft.ts", "src/raft/host/host.ts", "src/kv/session.ts", "src/storage/memory/disk.ts"].map(
      (file) => ({ rule: "purity", file, text }),
    ),
  ),
  ...[
    "export const p = Promise.resolve(1);",
    "export function f(): Promise<void> { return g(); }",
    "export async function f() {}",
    "class A { async f() {} }",
    "const f = async () => 1;",
    "async function f() { for await (const x of y) g(x); }",
    'console.log("x");',
    "clearTimeout(t);",
    "const x = globalThis.x;",
    'void fetch("x");',
  ].map((text): Canary => ({ rule: "purity", file: "src/raft/core/raft.ts", text })),

  { rule: "state", file: "src/redis/table.ts", text: "let count = 0;" },
  { rule: "state", file: "src/redis/table.ts", text: "export var count = 0;" },
  { rule: "state", file: "src/redis/table.ts", text: "class A { static count = 0; }" },

  {
    rule: "none",
    file: "src/raft/core/raft.ts",
    text: `
      import { assert } from "../../base/index";
      import { log } from "./log/raft-log";
      const limits = { Date: 1, process: 2 };
      class Raft { static readonly limit = 1; readonly async: boolean = true; process(): void { this.process(); } }
      function f(raft: Raft) { let local = raft.async; return limits.Date + Math.max(1, 2); }
      // Date.now() and Promise in a comment, "Math.random()" in a string
      const text = "Math.random()";
    `,
  },
  {
    rule: "none",
    file: "src/storage/memory/disk.ts",
    text: "export async function close(): Promise<void> {}",
  },
  { rule: "none", file: "src/storage/native.ts", text: 'const path = "native/build/Release/basalt.node";' },
  {
    rule: "none",
    file: "src/cli/main.ts",
    text: 'void import("../server/index.js"); const now = Date.now();',
  },
  { rule: "none", file: "src/kv/session.ts", text: 'import { Storage } from "../storage/index";' },
  { rule: "none", file: "test/unit/kv/batch.test.ts", text: 'import { x } from "../../../src/kv/batch";' },
  { rule: "none", file: "bench/micro/packing.ts", text: 'import { x } from "../../src/kv/batch";' },
  { rule: "none", file: "src/redis/table.ts", text: "declare let provided: number; const x = 1;" },
];

/** Sentences about canaries that the checker got wrong; none when it works. */
export function failedCanaries(canaries: readonly Canary[] = CANARIES, check = violationsOf): string[] {
  return canaries.flatMap(({ rule, file, text }) => {
    const rules = new Set(check(file, text).map((violation) => violation.rule));
    const right = rule === "none" ? rules.size === 0 : rules.has(rule);
    if (right) return [];
    const found = rules.size === 0 ? "nothing" : [...rules].join(", ");
    return [`canary ${file} (${text.trim().split("\n", 1)[0]}): expected ${rule}, found ${found}`];
  });
}
