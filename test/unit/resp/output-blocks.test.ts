import { OutputBlockPool } from "../../../src/resp/index";

test("blocks are lent again", () => {
  const pool = new OutputBlockPool();
  const block = pool.acquire(100);
  block.length = 17;
  pool.release(block);
  expect(pool.retainedBytes).toBe(block.bytes.length);
  const again = pool.acquire(1);
  expect(again).toBe(block);
  expect(again.length).toBe(0);
  expect(pool.retainedBytes).toBe(0);
});

test("a block has the room that was asked for", () => {
  const pool = new OutputBlockPool();
  for (const size of [0, 1, 4096, 4097, 32_768, 32_769, 262_144, 262_145, 5_000_000]) {
    const block = pool.acquire(size);
    expect(block.bytes.length).toBeGreaterThanOrEqual(size);
    pool.release(block);
  }
  expect(pool.lentBytes).toBe(0);
});

test("the largest are not kept, and the rest up to a bound", () => {
  const pool = new OutputBlockPool(10_000);
  pool.release(pool.acquire(1_000_000));
  expect(pool.retainedBytes).toBe(0);
  const blocks = Array.from({ length: 5 }, () => pool.acquire(1));
  expect(pool.lentBytes).toBe(5 * 4096);
  for (const block of blocks) pool.release(block);
  expect(pool.retainedBytes).toBe(8192);
  expect(pool.lentBytes).toBe(0);
});

test("a block is released once", () => {
  const pool = new OutputBlockPool();
  const block = pool.acquire(1);
  pool.release(block);
  expect(() => pool.release(block)).toThrow(/released once/);
});
