// The registry of subscriptions: both sides of it agree, and patterns are found as a walk over all of them would find them.
import { SeededRandom } from "../../../src/base/index";
import { Glob } from "../../../src/redis/glob";
import { PatternIndex } from "../../../src/redis/pubsub/pattern-index";
import { Subscriptions } from "../../../src/redis/pubsub/subscriptions";

function matches(index: PatternIndex<string>, channel: string): string[] {
  const found: string[] = [];
  index.match(channel, (pattern, subscribers) => found.push(`${pattern}:${[...subscribers].join("+")}`));
  return found.sort();
}

test("what is added is found, what is removed is not, and nothing of it is left", () => {
  const subscriptions = new Subscriptions<string>();
  expect(subscriptions.add("channel", "news", "a")).toBe(true);
  expect(subscriptions.add("channel", "news", "a")).toBe(false);
  subscriptions.add("channel", "news", "b");
  subscriptions.add("shard", "news", "c");
  subscriptions.add("pattern", "n*", "a");
  expect([...subscriptions.of("channel", "news")]).toEqual(["a", "b"]);
  expect([...subscriptions.of("shard", "news")]).toEqual(["c"]);
  expect([...subscriptions.channelNames("shard")]).toEqual(["news"]);
  expect(subscriptions.countOf("channel", "a")).toBe(1);
  expect(subscriptions.patternCount).toBe(1);
  expect(subscriptions.subscriberCount).toBe(3);
  expect(subscriptions.remove("channel", "other", "a")).toBe(false);
  expect(subscriptions.remove("channel", "news", "b")).toBe(true);
  expect(subscriptions.has("b")).toBe(false);
  subscriptions.removeAll("a");
  subscriptions.removeAll("c");
  expect(subscriptions.isEmpty).toBe(true);
  expect(subscriptions.channelCount("channel")).toBe(0);
  expect(subscriptions.channelCount("shard")).toBe(0);
  expect(subscriptions.patternCount).toBe(0);
});

test("names are kept in the order in which they were subscribed", () => {
  const subscriptions = new Subscriptions<string>();
  for (const name of ["c", "a", "b"]) subscriptions.add("channel", name, "x");
  expect(subscriptions.namesOf("channel", "x")).toEqual(["c", "a", "b"]);
});

test("patterns are found as if every one were tried", () => {
  const random = new SeededRandom(7);
  const letters = ["a", "b", "ab", "*", "?", "[ab]", "\\*", "[", "^", "", "b*"];
  const word = (): string => Array.from({ length: random.below(5) }, () => random.pick(letters)).join("");
  const index = new PatternIndex<string>();
  const all = new Map<string, Set<string>>();
  for (let step = 0; step < 3000; step++) {
    const pattern = word();
    const subscriber = random.pick(["x", "y"]);
    if (random.chance(0.6)) {
      index.add(pattern, subscriber);
      all.set(pattern, (all.get(pattern) ?? new Set()).add(subscriber));
    } else {
      index.remove(pattern, subscriber);
      all.get(pattern)?.delete(subscriber);
      if (all.get(pattern)?.size === 0) all.delete(pattern);
    }
    const channel = word();
    const expected = [...all]
      .filter(([each]) => new Glob(each).matches(channel))
      .map(([each, subscribers]) => `${each}:${[...subscribers].join("+")}`)
      .sort();
    expect(matches(index, channel)).toEqual(expected);
    expect(index.size).toBe(all.size);
  }
});

test("a message looks only at patterns whose literal beginning it has", () => {
  const index = new PatternIndex<string>();
  for (let i = 0; i < 1000; i++) index.add(`room:${i}:*`, "x");
  const spy = jest.spyOn(Glob.prototype, "matches");
  expect(matches(index, "room:77:hello")).toEqual(["room:77:*:x"]);
  expect(spy).toHaveBeenCalledTimes(1);
  spy.mockRestore();
});
