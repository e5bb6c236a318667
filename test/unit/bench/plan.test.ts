import { parseBenchOptions } from "../../../bench/options";
import { caseTitle, dataSets, turns } from "../../../bench/plan";

function planOf(...words: string[]) {
  const options = parseBenchOptions(words, "/project");
  if (options === undefined) throw new Error("help was not asked for");
  return dataSets(options);
}

test("the usual cases", () => {
  const [set, ...others] = planOf();
  expect(others).toEqual([]);
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
  const sets = planOf("--value-bytes", "64,1024", "--clients", "50,500");
  expect(sets.map((set) => [set.valueBytes, set.cases.length])).toEqual([
    [64, 12],
    [1024, 12],
  ]);
  const ids = sets.flatMap((set) => set.cases.map((benchCase) => benchCase.id));
  expect(new Set(ids).size).toBe(24);
  expect(ids).toContain("set-p16-c500-v1024-k100000-uniform");
});

test("servers take turns, and each goes first equally often", () => {
  expect(turns(["basalt", "redis"], 0, 0)).toEqual(["basalt", "redis"]);
  expect(turns(["basalt", "redis"], 0, 1)).toEqual(["redis", "basalt"]);
  expect(turns(["basalt", "redis"], 1, 0)).toEqual(["redis", "basalt"]);
  expect(turns(["basalt", "redis", "redis-memory"], 1, 1)).toEqual(["redis-memory", "basalt", "redis"]);
  expect(turns(["redis"], 3, 4)).toEqual(["redis"]);
});
