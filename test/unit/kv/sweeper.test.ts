// Reclaiming: what is garbage goes, through the log, and nothing else does; tombstones only make it sooner; the rate is
// bounded; nothing is judged while this node does not lead.
import { SweptNode } from "./swept-node";

const EMPTY = { headers: 0, elements: 0, tombstones: 0 };

test("elements of deleted and of blindly overwritten hashes go; those of live ones stay", () => {
  const node = new SweptNode();
  node.ask("HSET deleted a 1 b 2", "HSET overwritten a 1 b 2", "HSET live a 1 b 2", "HSET again a 1 b 2");
  node.ask("DEL deleted", "SET overwritten x", "DEL again", "HSET again c 3");
  expect(node.spaces).toEqual({ headers: 3, elements: 9, tombstones: 2 });
  node.sweep();
  expect(node.spaces).toEqual({ headers: 3, elements: 3, tombstones: 0 });
  expect(node.ask("HGETALL live", "HGETALL again", "GET overwritten", "EXISTS deleted")).toEqual([
    ["a", "1", "b", "2"],
    ["c", "3"],
    "x",
    0,
  ]);
});

test("a hash that is made, deleted and made again in one batch keeps only its last form", () => {
  const node = new SweptNode();
  node.ask("HSET h a 1", "DEL h", "HSET h b 2", "DEL h", "HSET h c 3");
  node.sweep();
  expect(node.spaces).toEqual({ headers: 1, elements: 1, tombstones: 0 });
  expect(node.ask("HGETALL h")).toEqual([["c", "3"]]);
});

test("expired keys that nobody reads go, and their elements with them", () => {
  const node = new SweptNode();
  node.ask("SET s 1 PX 100", "HSET h a 1", "PEXPIRE h 100", "SET later 1 PX 1000000");
  node.clock.wall += 200;
  node.sweep();
  expect(node.spaces).toEqual({ headers: 1, elements: 0, tombstones: 0 });
});

test("flushed databases go, with all spaces and their tombstones", () => {
  const node = new SweptNode();
  node.ask("SET a 1", "HSET h f 1", "HSET g f 1", "DEL g", "SELECT 3", "SET b 1");
  node.ask("FLUSHDB");
  node.sweep();
  expect(node.spaces).toEqual({ headers: 1, elements: 0, tombstones: 0 });
  expect(node.ask("SELECT 3", "GET b")).toEqual(["OK", "1"]);
  node.ask("FLUSHALL", "SET c 1");
  node.sweep();
  expect(node.spaces).toEqual({ headers: 1, elements: 0, tombstones: 0 });
});

test("garbage whose header is not in memory goes, too", () => {
  const node = new SweptNode({ hotRowsBytes: 0, isInMemory: () => false });
  node.ask(
    "HSET deleted a 1",
    "SET expired 1 PX 100",
    "HSET overwritten a 1",
    "DEL deleted",
    "SET overwritten x",
  );
  node.clock.wall += 200;
  // What was read is forgotten with the third batch behind it.
  for (const key of ["x", "y", "z"]) node.ask(`SET ${key} 1`, `GET ${key}`);
  node.ask("DEL x y z");
  node.sweep();
  expect(node.spaces).toEqual({ headers: 1, elements: 0, tombstones: 0 });
});

test("the rate bounds what is looked at in a second", () => {
  const node = new SweptNode({ rowsPerSecond: 50 });
  node.ask(...Array.from({ length: 60 }, (_, i) => `SET k${i} 1`));
  for (let tenth = 0; tenth < 10; tenth++) {
    node.scheduler.pass(100);
    node.loadAll();
    node.settle();
  }
  expect(node.sweeper.statistics.rowsExaminedTotal).toBeLessThanOrEqual(50);
  expect(node.sweeper.statistics.rowsExaminedTotal).toBeGreaterThan(0);
});

test("nothing is proposed without leadership, and the pass goes on when it is back", () => {
  const node = new SweptNode();
  node.ask("HSET h a 1", "DEL h");
  node.evaluator.following();
  const before = node.group.lastIndex;
  node.sweep(5);
  expect(node.group.lastIndex).toBe(before);
  node.lead(2);
  node.sweep();
  expect(node.spaces).toEqual(EMPTY);
});

test("a candidate that lives again when it is judged stays", () => {
  const node = new SweptNode();
  node.ask("SET a 1 PX 100");
  node.clock.wall += 200;
  node.scheduler.pass(100);
  expect(node.storage.pendingLoad).toBe(true);
  while (node.storage.pendingLoad) node.storage.stepLoad();
  const client = node.client();
  client.send("SET a 2");
  node.settle();
  node.sweep();
  expect(node.ask("GET a")).toEqual(["2"]);
});

test("a stopped sweeper does nothing more", () => {
  const node = new SweptNode();
  node.ask("HSET h a 1", "DEL h");
  node.scheduler.pass(100);
  node.sweeper.stop();
  node.sweep(5);
  expect(node.spaces).toEqual({ headers: 0, elements: 1, tombstones: 1 });
});
