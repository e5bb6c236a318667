import { benchHelp, parseBenchOptions } from "../../../bench/options";
import { FULL_PLAN, STANDARD_PLAN, TINY_PLAN, USUAL_LISTS } from "../../../bench/load-lists";
import type { BenchOptions } from "../../../bench/options";

function parsed(...words: string[]): BenchOptions {
  const options = parseBenchOptions(words, "/project");
  if (options === undefined) throw new Error("help was not asked for");
  return options;
}

test("without words it is the standard plan", () => {
  expect(parsed()).toEqual({
    tiny: false,
    seconds: 2,
    warmUpSeconds: 0.5,
    repetitions: 3,
    plan: STANDARD_PLAN,
    only: [],
    keys: 100_000,
    keysGiven: false,
    cacheBytes: 48 * 2 ** 20,
    servers: ["basalt", "redis"],
    optionalServers: ["redis"],
    seed: 1,
    label: "bench",
    reportDir: "/project/perf-reports",
    dataDir: undefined,
    quietMs: 400,
  });
});

test("lists, both spellings of a value, and names in any order", () => {
  const options = parsed(
    ...["--pipeline", "1,4,16", "--clients=10,500", "--workload", "get,incr-spread"],
    ...["--distribution", "zipfian,hot", "--data=memory,disk", "--rate", "0,5000", "--only", "p16,hot"],
    ...["--keys", "77", "--server=redis-memory,basalt"],
  );
  expect(options.plan).toEqual([
    {
      workloads: ["get", "incr-spread"],
      pipelines: [1, 4, 16],
      clients: [10, 500],
      valueBytes: [64],
      distributions: ["zipfian", "hot"],
      data: ["memory", "disk"],
      rates: [0, 5000],
    },
  ]);
  expect(options.only).toEqual(["p16", "hot"]);
  expect([options.keys, options.keysGiven]).toEqual([77, true]);
  expect(options.servers).toEqual(["basalt", "redis-memory"]);
  expect(options.optionalServers).toEqual([]);
});

test("one list leaves the others as usual", () => {
  expect(parsed("--value-bytes", "1024").plan).toEqual([{ ...USUAL_LISTS, valueBytes: [1024] }]);
  expect(parsed("--value-bytes", "1024", "--tiny").plan).toEqual([
    { ...USUAL_LISTS, valueBytes: [1024], clients: [8] },
  ]);
});

test("--full", () => {
  expect(parsed("--full").plan).toBe(FULL_PLAN);
});

test("all servers: those of redis may be missing", () => {
  expect(parsed("--server", "all")).toMatchObject({
    servers: ["basalt", "redis", "redis-memory"],
    optionalServers: ["redis", "redis-memory"],
  });
});

describe("--tiny", () => {
  test("is short and writes no report", () => {
    expect(parsed("--tiny")).toMatchObject({
      tiny: true,
      repetitions: 1,
      plan: TINY_PLAN,
      keys: 1000,
      label: "tiny",
      reportDir: undefined,
    });
  });

  test("yields to what is given", () => {
    expect(parsed("--keys", "50", "--tiny", "--out", "somewhere")).toMatchObject({
      keys: 50,
      reportDir: "somewhere",
    });
    expect(parsed("--tiny", "--out", "somewhere", "--no-report").reportDir).toBeUndefined();
  });
});

test("--no-report", () => {
  expect(parsed("--no-report").reportDir).toBeUndefined();
});

test("--help wins", () => {
  expect(parseBenchOptions(["--tiny", "--help"], "/project")).toBeUndefined();
  for (const name of ["--tiny", "--seconds", "--repetitions", "--server", "--out", "--no-report"]) {
    expect(benchHelp()).toContain(name);
  }
});

describe("what is wrong is refused with a sentence", () => {
  test.each([
    [["--pipelines", "1"], "The bench has no option --pipelines; --pipeline is one. See --help."],
    [["--frobnicate"], "The bench has no option --frobnicate. See --help."],
    [["__proto__"], 'The bench takes options only; "__proto__" is none.'],
    [["--constructor", "1"], "The bench has no option --constructor. See --help."],
    [["tiny"], 'The bench takes options only; "tiny" is none.'],
    [["--seconds"], "--seconds needs a value: N."],
    [["--seconds="], "--seconds needs a value: N."],
    [["--seconds", "-1"], '--seconds is a number from 0.05 to 3600, not "-1".'],
    [["--seconds", "1e3"], '--seconds is a number from 0.05 to 3600, not "1e3".'],
    [["--repetitions", "2.5"], '--repetitions is a whole number, not "2.5".'],
    [["--clients", "1,,2"], '--clients is a number from 1 to 10000, not "".'],
    [["--clients", "0"], '--clients is a number from 1 to 10000, not "0".'],
    [["--clients", "5,5"], "--clients names something twice."],
    [["--keys", "1", "--keys", "2"], "--keys is given twice; lists are written with commas."],
    [
      ["--workload", "set,scan"],
      '--workload is of set, get, mixed, mget, mset, incr, incr-spread, hset; "scan" is none.',
    ],
    [
      ["--server", "memcached"],
      '--server is of basalt, basalt-epoll, basalt-net, redis, redis-memory; "memcached" is none.',
    ],
    [["--tiny=yes"], "--tiny takes no value."],
    [["--label", "../up"], '--label is of lower-case letters, digits, dots and hyphens, not "../up".'],
    [
      ["--clients", "10000", "--pipeline", "1000", "--value-bytes", "1024"],
      "Clients times pipeline times bytes of a request exceeds 1 GiB, more than the generator may hold.",
    ],
    [["--only", "no-such-case"], "--only leaves no case to measure."],
    [["--full", "--pipeline", "1"], "--full is alone: it goes with no list and not with --tiny."],
    [["--full", "--tiny"], "--full is alone: it goes with no list and not with --tiny."],
    [["--rate", "-5"], '--rate is a number from 0 to 10000000, not "-5".'],
    [["--rate", "0,9000,5000"], "--rate rises: each number is above the one before."],
    [["--cache-bytes", "5"], '--cache-bytes is a number from 2097152 to 8589934592, not "5".'],
  ])("%j", (words, sentence) => {
    expect(() => parseBenchOptions(words, "/project")).toThrow(
      expect.objectContaining({ code: "USAGE", message: sentence }),
    );
  });
});
