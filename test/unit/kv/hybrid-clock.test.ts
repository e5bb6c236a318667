// The hybrid clock: every value above all before it, whatever the wall clock does.
import { SeededRandom, assert } from "../../../src/base/index";
import { HybridClock } from "../../../src/kv/hybrid-clock";
import { TestClock } from "./kv-node";

function clockAt(wall: number): { wall: TestClock; clock: HybridClock } {
  const source = new TestClock();
  source.wall = wall;
  const clock = new HybridClock(source);
  clock.nowMs();
  return { wall: source, clock };
}

test("takes the wall clock where that has moved on, else the next count", () => {
  const { wall, clock } = clockAt(1000);
  clock.advance();
  expect([clock.ms, clock.counter]).toEqual([1000, 0]);
  clock.advance();
  expect([clock.ms, clock.counter]).toEqual([1000, 1]);
  wall.wall = 1001;
  clock.advance();
  // Nobody has read it since.
  expect([clock.ms, clock.counter]).toEqual([1000, 2]);
  expect(clock.lastReadMs()).toBe(1000);
  expect(clock.nowMs()).toBe(1001);
  clock.advance();
  expect([clock.ms, clock.counter]).toEqual([1001, 0]);
  wall.wall = 500;
  expect(clock.nowMs()).toBe(1001);
  clock.advance();
  expect([clock.ms, clock.counter]).toEqual([1001, 1]);
});

test("a counter that is full carries into the milliseconds", () => {
  const { clock } = clockAt(1000);
  for (let i = 0; i <= 0x10000; i++) clock.advance();
  expect([clock.ms, clock.counter]).toEqual([1001, 0]);
  expect(clock.nowMs()).toBe(1001);
});

test("what was observed lies below every later value and bounds the time from below", () => {
  const { wall, clock } = clockAt(1000);
  clock.observe(2000, 7);
  expect(clock.nowMs()).toBe(2000);
  clock.advance();
  expect([clock.ms, clock.counter]).toEqual([2000, 8]);
  clock.observe(1500, 9);
  clock.observe(2000, 3);
  clock.advance();
  expect([clock.ms, clock.counter]).toEqual([2000, 9]);
  wall.wall = 3000;
  expect(clock.nowMs()).toBe(3000);
});

test("values rise under a clock that jumps at random", () => {
  const random = new SeededRandom(5);
  const { wall, clock } = clockAt(10_000);
  let [lastMs, lastCounter] = [0, 0];
  for (let i = 0; i < 10_000; i++) {
    wall.wall += random.between(-50, 52);
    if (random.chance(0.5)) clock.nowMs();
    if (random.chance(0.05)) clock.observe(wall.wall + random.between(-100, 100), random.below(3));
    clock.advance();
    assert(clock.ms > lastMs || (clock.ms === lastMs && clock.counter > lastCounter), "values rise");
    assert(
      clock.counter < 0x10000 && clock.nowMs() >= clock.ms,
      "the counter has 16 bits; the time is not below it",
    );
    [lastMs, lastCounter] = [clock.ms, clock.counter];
  }
});
