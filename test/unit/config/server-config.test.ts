// What the options of `serve` accept, from which source, and with which sentence they refuse.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  environmentName,
  loadServerConfig,
  optionName,
  serverConfigWith,
  serverOptions,
  serverOptionsHelp,
  startWarnings,
} from "../../../src/config/index";
import type { OptionTable, ServerConfig } from "../../../src/config/index";

const table: OptionTable = serverOptions;

function load(flags: string[], environment: NodeJS.ProcessEnv = {}): ServerConfig {
  const config = loadServerConfig({ flags, environment });
  if (config === "help") throw new Error("help was asked for");
  return config;
}

function refusal(flags: string[], environment: NodeJS.ProcessEnv = {}): string {
  try {
    loadServerConfig({ flags, environment });
  } catch (error) {
    expect(error).toMatchObject({ name: "BasaltError", code: "BAD_OPTION", retryable: false });
    return (error as Error).message;
  }
  throw new Error(`accepted: ${flags.join(" ")}`);
}

describe("defaults", () => {
  test("are those of the design's table, and ports that nothing serves are closed", () => {
    expect(load([])).toEqual({
      dataDir: "./data",
      nodeId: 1,
      host: "127.0.0.1",
      advertiseHost: "127.0.0.1",
      redisPort: 6379,
      grpcPort: "off",
      cluster: undefined,
      join: undefined,
      routerPort: "off",
      managerPort: "off",
      routerMetricsPort: 9090,
      managerMetricsPort: "off",
      dynamodbPort: "off",
      fsync: "always",
      cacheBytes: 128 * 2 ** 20,
      writeBufferBytes: 64 * 2 ** 20,
      hotRowsBytes: 256 * 2 ** 20,
      maxInFlightBytes: 32 * 2 ** 20,
      sweepRate: 20_000,
      maxClients: 10_000,
      outputLimitBytes: 16 * 2 ** 20,
      checkpointsKept: 2,
      socketLayer: "native",
      requirepass: "",
      protectedMode: "yes",
      logLevel: "info",
    });
  });

  test("each is accepted by its own kind, so help can be copied to the command line", () => {
    for (const option of Object.values(table)) {
      if ("sameAs" in option.default || option.default.value === undefined) continue;
      expect(option.kind.parse(option.kind.show(option.default.value))).toEqual({
        value: option.default.value,
      });
    }
  });

  test("advertise-host follows host until it is given", () => {
    expect(load(["--host", "::1"]).advertiseHost).toBe("::1");
    expect(load(["--host", "0.0.0.0", "--advertise-host", "db1.example"]).advertiseHost).toBe("db1.example");
    expect(serverConfigWith({ host: "10.0.0.1" }).advertiseHost).toBe("10.0.0.1");
  });

  test("the configuration is frozen", () => {
    expect(Object.isFrozen(load([]))).toBe(true);
    expect(Object.isFrozen(serverConfigWith({ redisPort: 0 }))).toBe(true);
  });
});

describe("flags", () => {
  test("take their value after a space or an equals sign", () => {
    expect(load(["--redis-port", "7000", "--data-dir=/var/lib/with = sign"])).toMatchObject({
      redisPort: 7000,
      dataDir: "/var/lib/with = sign",
    });
  });

  test("off closes every port of the table, also those that nothing serves yet", () => {
    const ports = Object.keys(table).filter((key) => key.endsWith("Port"));
    expect(ports).toHaveLength(7);
    const config = load(ports.flatMap((key) => [`--${optionName(key)}`, "off"]));
    for (const key of ports) expect(config[key as keyof ServerConfig]).toBe("off");
  });

  test("sizes take units", () => {
    const sizes = {
      "67108864": 2 ** 26,
      "64MiB": 2 ** 26,
      "64mib": 2 ** 26,
      "64MB": 64e6,
      "1.5 GiB": 1.5 * 2 ** 30,
    };
    for (const [text, bytes] of Object.entries(sizes))
      expect(load(["--cache-bytes", text]).cacheBytes).toBe(bytes);
  });

  test("--help anywhere asks for help, whatever else is wrong", () => {
    expect(loadServerConfig({ flags: ["--redis-port", "6380", "--help"], environment: {} })).toBe("help");
    expect(loadServerConfig({ flags: ["-h", "--nonsense"], environment: {} })).toBe("help");
  });

  test.each([
    [["--redis-prot", "1"], "--redis-prot is not an option: did you mean --redis-port? See serve --help."],
    [["--frobnicate", "1"], "--frobnicate is not an option: take it out. See serve --help."],
    [["6380"], "serve takes options only, and `6380` is none: see serve --help."],
    [["--redis-port"], "--redis-port has no value: give one after it."],
    [["--redis-port", "--host", "x"], "--redis-port has no value: give one after it."],
    [["--host", "a", "--host=b"], "--host is given twice: give it once."],
    [
      ["--redis-port", "65536"],
      "--redis-port is `65536`, which is not a port: give a number from 1 to 65535, 0 for any free port, or off.",
    ],
    [
      ["--redis-port=-1"],
      "--redis-port is `-1`, which is not a port: give a number from 1 to 65535, 0 for any free port, or off.",
    ],
    [
      ["--node-id", "0"],
      "--node-id is `0`, which is not in range: give a whole number from 1 to 9007199254740991.",
    ],
    [
      ["--node-id", "9007199254740993"],
      "--node-id is `9007199254740993`, which is not in range: give a whole number from 1 to 9007199254740991.",
    ],
    [
      ["--cache-bytes", "64 parsecs"],
      "--cache-bytes is `64 parsecs`, which is not a size: give bytes, or a number with a unit such as 64MB or 64MiB.",
    ],
    [["--cache-bytes", "1KiB"], "--cache-bytes is `1KiB`, which is not in range: give 1MiB to 16TiB."],
    [["--fsync", "sometimes"], "--fsync is `sometimes`, which is none of its words: give always or never."],
    [
      ["--host", "localhost:6379"],
      "--host is `localhost:6379`, which is not a host: give a name or an IP address, without a port.",
    ],
    [["--data-dir="], "--data-dir is ``, which is empty: give a value."],
    [
      ["--cluster", "1=a:7379"],
      "--cluster is refused, since this version runs a single node only: start without the option.",
    ],
    [
      ["--join", "a:7379"],
      "--join is refused, since this version runs a single node only: start without the option.",
    ],
    [
      ["--grpc-port", "7379"],
      "--grpc-port is refused, since this version does not serve gRPC yet: leave the option out, or give off.",
    ],
    [
      ["--redis-port", "9090"],
      "--redis-port and --router-metrics-port are both 9090: give each a port of its own.",
    ],
  ])("%j is refused with a sentence", (flags, sentence) => {
    expect(refusal(flags)).toBe(sentence);
  });

  test("ports of 0 do not collide", () => {
    expect(load(["--redis-port", "0", "--router-metrics-port", "0"])).toMatchObject({ redisPort: 0 });
  });
});

describe("environment and file", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "basalt config "));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function file(content: string): string {
    const path = join(directory, "basalt.toml");
    writeFileSync(path, content);
    return path;
  }

  test("flag before environment before file before default", () => {
    const path = file('redis-port = 1001\nhost = "file"\ndata-dir = "file"\n');
    const environment = { BASALT_CONFIG: path, BASALT_REDIS_PORT: "1002", BASALT_HOST: "environment" };
    expect(load(["--redis-port", "1003"], environment)).toMatchObject({
      redisPort: 1003,
      host: "environment",
      dataDir: "file",
      fsync: "always",
    });
  });

  test("every option has its variable", () => {
    expect(Object.keys(table).map(environmentName)).toContain("BASALT_ROUTER_METRICS_PORT");
    expect(load([], { BASALT_FSYNC: "never", BASALT_HOST: "" })).toMatchObject({
      fsync: "never",
      host: "127.0.0.1",
    });
    expect(refusal([], { BASALT_NODE_ID: "x" })).toMatch(/^BASALT_NODE_ID is `x`, which is not in range/);
  });

  test("variables of others that begin like ours are left alone", () => {
    expect(load([], { BASALT_SERVICE_HOST: "10.0.0.9", BASALT_SEED: "1" })).toEqual(load([]));
  });

  test("a file takes strings and, where the option is one, numbers", () => {
    const path = file(
      'router-metrics-port = "off"\ncache-bytes = "64MiB"\nmax-clients = 5\nsweep-rate = "7"\n',
    );
    expect(load(["--config", path])).toMatchObject({
      routerMetricsPort: "off",
      cacheBytes: 2 ** 26,
      maxClients: 5,
      sweepRate: 7,
    });
  });

  test.each([
    ["redis-prot = 1", "redis-prot in FILE is not an option: did you mean redis-port?"],
    ["[storage]\nx = 1", "storage in FILE is not an option: take it out."],
    ['config = "other"', "config in FILE is not an option: take it out."],
    ["host = 5", "host in FILE is a number: give a string."],
    ["redis-port = true", "redis-port in FILE is a boolean: give a string or a number."],
    ["redis-port = [1]", "redis-port in FILE is an array: give a string or a number."],
    ["host = 2020-01-01", "host in FILE is a date: give a string."],
    [
      "node-id = 18446744073709551615",
      "node-id in FILE is `18446744073709551615`, which is not in range: give a",
    ],
    ["max-clients = 1.5", "max-clients in FILE is `1.5`, which is not in range: give a whole number"],
    ["host = \nx", "The file FILE is not valid TOML at line 1, column"],
    ["grpc-port = 7379", "grpc-port in FILE is refused, since this version does not serve gRPC yet"],
  ])("%j is refused with a sentence that names the file", (content, sentence) => {
    const path = file(content);
    expect(refusal(["--config", path])).toContain(sentence.replaceAll("FILE", path));
  });

  test("a mistake in the file counts even where a flag overrides it", () => {
    expect(refusal(["--config", file("redis-port = 70000"), "--redis-port", "1"])).toContain("70000");
  });

  test("a file that cannot be read", () => {
    const missing = join(directory, "missing.toml");
    expect(refusal(["--config", missing])).toBe(
      `The file ${missing} cannot be read (it does not exist): check --config.`,
    );
    expect(refusal(["--config", directory])).toContain("it is a directory");
  });
});

describe("help", () => {
  test("names every option with its default, and says what is not served yet", () => {
    const help = serverOptionsHelp();
    for (const key of Object.keys(table)) expect(help).toContain(`--${optionName(key)} `);
    expect(help).toContain("--redis-port PORT");
    expect(help).toContain("[6379]");
    expect(help).toContain("[128MiB]");
    expect(help).toMatch(/--grpc-port PORT.*\(not served yet\) \[7379\]/);
    for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(132);
  });
});

test("--fsync never is said at start", () => {
  expect(startWarnings(load([]))).toEqual([]);
  expect(startWarnings(load(["--fsync", "never"]))).toEqual([
    expect.stringContaining("acknowledged writes can be lost"),
  ]);
});
