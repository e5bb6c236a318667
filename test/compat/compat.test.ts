// Basalt against a real redis-server over random sequences of every command; the long form is test/long/compat.test.ts.
// BASALT_TEST_SEED gives the seed, BASALT_COMPAT_COMMANDS the number of commands.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ReplyError, TypedReply } from "../../src/resp/index";
import type { Reply } from "../../src/resp/index";
import { REPOSITORY } from "../integration/support/basalt-process";
import { RULES, isSame } from "./comparison";
import { compatRound } from "./compat-round";

/** What everybody runs is the same; the long form draws its seeds. */
const FIXED_SEED = 20_261_124;

interface Difference {
  readonly id: string;
  readonly where: string;
  readonly redis: string;
  readonly basalt: string;
  readonly reason: string;
}

test("random sequences of every command are answered as redis-server answers them", async () => {
  await compatRound({
    seed: Number(process.env["BASALT_TEST_SEED"] ?? FIXED_SEED),
    commands: Number(process.env["BASALT_COMPAT_COMMANDS"] ?? 10_000),
    restarts: 4,
  });
}, 120_000);

test("every accepted difference is described once, and every rule names one", () => {
  const file = join(REPOSITORY, "test", "compat", "differences.json");
  const differences = JSON.parse(readFileSync(file, "utf8")) as Difference[];
  const ids = differences.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const difference of differences) {
    for (const text of [difference.where, difference.redis, difference.basalt, difference.reason]) {
      expect(text.length).toBeGreaterThan(0);
    }
  }
  for (const rule of RULES) expect(ids).toContain(rule.difference);
});

test("the comparison tells replies apart that only look alike", () => {
  const text = (type: string, value: Reply): TypedReply => new TypedReply(type, value);
  expect(isSame(["SET", "k", "v"], text("+", "OK"), text("$", "OK"))).toBe(false);
  expect(isSame(["GET", "k"], text("$", null), text("_", null))).toBe(false);
  expect(isSame(["GET", "k"], text("$", "a"), text("$", "a"))).toBe(true);
  expect(isSame(["TTL", "k"], text(":", 1000), text(":", 1030))).toBe(true);
  expect(isSame(["TTL", "k"], text(":", 1000), text(":", 9000))).toBe(false);
  expect(isSame(["TTL", "k"], text(":", -1), text(":", 30))).toBe(false);
  const [a, b] = [text("$", "a"), text("$", "b")];
  expect(isSame(["KEYS", "*"], text("*", [a, b]), text("*", [b, a]))).toBe(true);
  expect(isSame(["KEYS", "*"], text("*", [a, b]), text("*", [a]))).toBe(false);
  expect(isSame(["HGETALL", "h"], text("*", [a, b]), text("*", [b, a]))).toBe(false);
  expect(isSame(["KEYS"], text("-", new ReplyError("ERR a")), text("-", new ReplyError("ERR b")))).toBe(
    false,
  );
});
