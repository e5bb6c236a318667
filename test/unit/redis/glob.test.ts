// Glob patterns: Redis's meaning and quirks, bounded time, and random patterns against a real redis-server's KEYS.
import { SeededRandom } from "../../../src/base/index";
import { Glob } from "../../../src/redis/glob";
import { ReferenceServer } from "../../compat/reference-server";
import { TypedClient, itemsOf } from "../../compat/typed-client";

test.each([
  ["*", "", true],
  ["*", "anything", true],
  ["", "", true],
  ["", "a", false],
  ["**", "", false],
  ["a*", "a", true],
  ["a**", "a", true],
  ["*a", "a", true],
  ["?", "a", true],
  ["?", "", false],
  ["a?c", "abc", true],
  ["h[ae]llo", "hallo", true],
  ["h[ae]llo", "hillo", false],
  ["h[^e]llo", "hello", false],
  ["h[^e]llo", "hallo", true],
  ["h[a-b]llo", "hbllo", true],
  ["h[b-a]llo", "hbllo", true],
  ["h[a-b]llo", "hcllo", false],
  ["h\\*llo", "h*llo", true],
  ["h\\*llo", "hello", false],
  ["a\\", "a\\", true],
  ["[\\]]", "]", true],
  ["[\\^a]", "^", true],
  ["[a", "a", true],
  ["[a", "b", false],
  ["[^", "x", true],
  ["[", "[", false],
  ["[]", "]", false],
  ["[^]", "x", true],
  ["[a-]", "-", false],
  ["[a-]", "^", true],
  ["*[0-9]", "key7", true],
  ["a*b*c", "aXXbYYc", true],
  ["a*b*c", "aXXbYY", false],
  ["\xff?", "\xff\x00", true],
])("%j on %j: %s", (pattern, text, expected) => {
  expect(new Glob(pattern).matches(text)).toBe(expected);
});

test("case is ignored where asked, but not behind a backslash in a class", () => {
  expect(new Glob("GE*", true).matches("get")).toBe(true);
  expect(new Glob("GE*").matches("get")).toBe(false);
  expect(new Glob("[A-C]x", true).matches("bX")).toBe(true);
  expect(new Glob("[\\A]", true).matches("a")).toBe(false);
});

test("stars do not multiply the work", () => {
  const text = "a".repeat(20_000);
  expect(new Glob("a*".repeat(2_000) + "b").matches(text)).toBe(false);
  expect(new Glob("*" + "a?".repeat(500) + "*b*").matches(text)).toBe(false);
});

test("random patterns match what redis-server's KEYS finds", async () => {
  const redis = await ReferenceServer.start();
  if (redis === undefined) {
    process.stdout.write("glob: SKIPPED the comparison, redis-server is not installed\n");
    return;
  }
  const seed = Number(process.env["BASALT_TEST_SEED"] ?? Date.now() % 1_000_000);
  process.stdout.write(`glob: seed ${seed} (BASALT_TEST_SEED)\n`);
  const random = new SeededRandom(seed);
  const text = (alphabet: string, length: number): string =>
    Array.from({ length: random.below(length + 1) }, () => random.pick([...alphabet])).join("");
  const client = await TypedClient.connect(redis.port);
  try {
    const keys = [...new Set(Array.from({ length: 150 }, () => text("ab-]^[\\*?\xff\0", 5)))];
    await client.pipeline(keys.map((key) => ["SET", key, ""]));
    const patterns = Array.from({ length: 2000 }, () => text("aab*?[[]]^-\\\xff\0", 8));
    const replies = await client.pipeline(patterns.map((pattern) => ["KEYS", pattern]));
    patterns.forEach((pattern, i) => {
      const glob = new Glob(pattern);
      const found = itemsOf(replies[i]!).map((item) => String(item.value));
      expect([pattern, found.sort()]).toEqual([pattern, keys.filter((key) => glob.matches(key)).sort()]);
    });
  } finally {
    await client.close();
    await redis.stop();
  }
});
