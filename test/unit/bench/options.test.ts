import { benchHelp, parseBenchOptions } from "../../../bench/options";
import type { BenchOptions } from "../../../bench/options";

function parsed(...words: string[]): BenchOptions {
  const options = parseBenchOptions(words, "/project");
  if (options === undefined) throw new Error("help was not asked for");
  return options;
}

test("without words it is the full form", () => {
  expect(parsed()).toEqual({
    tiny: false,
    seconds: 3,
    warmUpSeconds: 1,
    repetitions: 5,
    clients: [50],
    pipelines: [1, 16],
    workloads: ["set", "get", "mixed"],
    valueBytes: [64],
    keys: 100_000,
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
    "--pipeline",
    "1,4,16",
    "--clients=10,500",
    "--workload",
    "get",
    "--server=redis-memory,basalt",
  );
  expect(options.pipelines).toEqual([1, 4, 16]);
  expect(options.clients).toEqual([10, 500]);
  expect(options.workloads).toEqual(["get"]);
  expect(options.servers).toEqual(["basalt", "redis-memory"]);
  expect(options.optionalServers).toEqual([]);
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
    [["--workload", "set,scan"], '--workload is of set, get, mixed; "scan" is none.'],
    [
      ["--server", "memcached"],
      '--server is of basalt, basalt-net, redis, redis-memory; "memcached" is none.',
    ],
    [["--tiny=yes"], "--tiny takes no value."],
    [["--label", "../up"], '--label is of lower-case letters, digits, dots and hyphens, not "../up".'],
    [
      ["--clients", "10000", "--pipeline", "1000", "--value-bytes", "1024"],
      "Clients times pipeline times value bytes exceeds 1 GiB, more than the generator may hold.",
    ],
  ])("%j", (words, sentence) => {
    expect(() => parseBenchOptions(words, "/project")).toThrow(
      expect.objectContaining({ code: "USAGE", message: sentence }),
    );
  });
});
