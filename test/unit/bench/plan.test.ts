import { parseBenchOptions } from "../../../bench/options";
import { caseTitle, casesOf, dataSets, fitsGenerator, ladderTitle, turns } from "../../../bench/plan";

function optionsOf(...words: string[]) {
  const options = parseBenchOptions(words, "/project");
  if (options === undefined) throw new Error("help was not asked for");
  return options;
}

function planOf(...words: string[]) {
  return dataSets(optionsOf(...words));
}

function idsOf(...words: string[]): string[] {
  return planOf(...words).flatMap((set) => set.cases.map((benchCase) => benchCase.id));
}

test("lists: every combination of them", () => {
  const [set, ...others] = planOf("--workload", "set,get,mixed");
  expect(others).toEqual([]);
  expect(set?.preloads).toEqual(["strings"]);
  expect(set?.cases.map(caseTitle)).toEqual([
    "SET, pipeline 1, 50 clients, 64 B",
    "SET, pipeline 16, 50 clients, 64 B",
    "GET, pipeline 1, 50 clients, 64 B",
    "GET, pipeline 16, 50 clients, 64 B",
    "SET/GET 50/50, pipeline 1, 50 clients, 64 B",
    "SET/GET 50/50, pipeline 16, 50 clients, 64 B",
  ]);
});

test("every size of values is a data set of its own, every combination a case with its own id", () => {
  const sets = planOf("--workload", "set,get,mixed", "--value-bytes", "64,1024", "--clients", "50,500");
  expect(sets.map((set) => [set.valueBytes, set.cases.length])).toEqual([
    [64, 12],
    [1024, 12],
  ]);
  const ids = sets.flatMap((set) => set.cases.map((benchCase) => benchCase.id));
  expect(new Set(ids).size).toBe(24);
  expect(ids).toContain("set-p16-c500-v1024-k100000-uniform");
});

test("what the figures of the README and of the issue need is in the standard plan", () => {
  const ids = idsOf();
  for (const id of [
    ...["set", "get", "mixed", "mget", "mset", "incr", "incr-spread", "hset"].flatMap((workload) => [
      `${workload}-p1-c50-v64-k100000-uniform`,
      `${workload}-p16-c50-v64-k100000-uniform`,
    ]),
    "get-p16-c50-v64-k100000-hot",
    "get-p16-c50-v64-k100000-zipfian",
    "set-p1-c500-v64-k100000-uniform",
    "get-p1-c50-v1024-k100000-uniform",
    "get-p1-c50-v16384-k6400-uniform",
    "get-p1-c50-v1024-k483959-uniform-disk",
    "set-p1-c50-v64-k100000-uniform-r5000",
    "get-p1-c50-v64-k100000-uniform-r130000",
  ]) {
    expect(ids).toContain(id);
  }
  expect(new Set(ids).size).toBe(ids.length);
});

test("the full plan is every combination but what the generator can't hold", () => {
  const options = optionsOf("--full");
  const measured = dataSets(options).flatMap((set) => set.cases);
  const left = casesOf(options).filter((benchCase) => !fitsGenerator(benchCase));
  expect(measured.length + left.length).toBe(casesOf(options).length);
  expect([...new Set(left.map(ladderTitle))]).toEqual([
    "MSET 10, pipeline 16, 500 clients, 16384 B",
    "MSET 10, pipeline 16, 500 clients, 16384 B, zipfian keys",
    "MSET 10, pipeline 16, 500 clients, 16384 B, hot keys",
  ]);
});

test("what is no part of a workload makes no case of it", () => {
  expect(idsOf("--workload", "incr", "--value-bytes", "64,1024", "--distribution", "zipfian,hot")).toEqual([
    "incr-p1-c50-v64-k100000-zipfian",
    "incr-p16-c50-v64-k100000-zipfian",
  ]);
  expect(planOf("--workload", "incr").flatMap((set) => set.cases.map(caseTitle))).toEqual([
    "INCR of one key, pipeline 1, 50 clients",
    "INCR of one key, pipeline 16, 50 clients",
  ]);
});

test("data sets name what has to be written before", () => {
  expect(planOf("--workload", "get,mset,hset,incr,incr-spread")[0]?.preloads).toEqual([
    ...["strings", "hashes", "counter", "counters"],
  ]);
});

test("data beyond the cache: ten times its bytes, a data set of its own", () => {
  const [memory, disk] = planOf(
    ...["--workload", "get", "--data", "memory,disk", "--value-bytes", "1024", "--cache-bytes", "10400000"],
  );
  expect(memory?.cases.map(({ id }) => id)).toContain("get-p1-c50-v1024-k100000-uniform");
  expect(disk?.data).toBe("disk");
  expect(disk?.keys).toBe(100_000);
  expect(disk?.cases.map(caseTitle)).toContain(
    "GET, pipeline 1, 50 clients, 1024 B, data ten times the cache",
  );
});

test("keys are fewer where values would not fit in memory, unless their number was given", () => {
  expect(planOf("--value-bytes", "16384")[0]?.keys).toBe(6400);
  expect(planOf("--value-bytes", "16384", "--keys", "7000")[0]?.keys).toBe(7000);
});

test("--only keeps cases by their ids", () => {
  expect(idsOf("--only", "set-p16-c50-,hot")).toEqual([
    "set-p16-c50-v64-k100000-uniform",
    "mset-p16-c50-v64-k100000-uniform",
    "hset-p16-c50-v64-k100000-uniform",
    "get-p16-c50-v64-k100000-hot",
    "set-p16-c50-v1024-k100000-uniform",
  ]);
});

test("open loops have their rate in id and title, ladders not", () => {
  const [set] = planOf("--workload", "get", "--pipeline", "1", "--rate", "0,1000");
  expect(set?.cases.map(caseTitle)).toEqual([
    "GET, pipeline 1, 50 clients, 64 B",
    "GET, pipeline 1, 50 clients, 64 B, 1000/s",
  ]);
  expect(new Set(set?.cases.map(ladderTitle)).size).toBe(1);
  expect(set?.cases.map(({ rate }) => rate)).toEqual([undefined, 1000]);
});

test("servers take turns, and each goes first equally often", () => {
  expect(turns(["basalt", "redis"], 0, 0)).toEqual(["basalt", "redis"]);
  expect(turns(["basalt", "redis"], 0, 1)).toEqual(["redis", "basalt"]);
  expect(turns(["basalt", "redis"], 1, 0)).toEqual(["redis", "basalt"]);
  expect(turns(["basalt", "redis", "redis-memory"], 1, 1)).toEqual(["redis-memory", "basalt", "redis"]);
  expect(turns(["redis"], 3, 4)).toEqual(["redis"]);
});
