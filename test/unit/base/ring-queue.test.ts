// The ring queue against an array, through growth and wrapping.
import { RingQueue, SeededRandom } from "../../../src/base/index";

test("behaves like an array under random pushes and shifts", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new SeededRandom(seed);
    const queue = new RingQueue<number>(random.between(1, 9));
    const model: number[] = [];
    for (let step = 0; step < 500; step++) {
      // Phases of growing and of draining, so that the ring wraps at several sizes.
      if (random.chance(step % 100 < 60 ? 0.7 : 0.3)) {
        queue.push(step);
        model.push(step);
      } else if (random.chance(0.02)) {
        queue.clear();
        model.length = 0;
      } else {
        expect(queue.shift()).toBe(model.shift());
      }
      expect([queue.length, queue.peek(), queue.last()]).toEqual([model.length, model[0], model.at(-1)]);
      const offset = random.below(8);
      expect(queue.at(offset)).toBe(model[offset]);
    }
  }
});

test("a shifted item is let go", () => {
  const queue = new RingQueue<object>(2);
  queue.push({});
  queue.shift();
  expect(JSON.stringify(queue)).not.toContain("{}");
});
