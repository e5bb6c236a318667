// Runs the C++ tests of the Node-free core (native/test/run) as one test; with BASALT_TEST_LONG also under sanitizers.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const RUN = join(__dirname, "..", "..", "..", "native", "test", "run");
const TIME_LIMIT_MS = 540_000;

function run(...options: string[]): void {
  const { status, stdout, stderr } = spawnSync(RUN, options, { encoding: "utf8", timeout: TIME_LIMIT_MS });
  if (status !== 0)
    throw new Error(`native/test/run ended with ${status}\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`);
  expect(stdout).toMatch(/\d+ tests passed/);
}

test("the core's C++ tests pass", () => run(), TIME_LIMIT_MS);

const long = process.env["BASALT_TEST_LONG"] ? test : test.skip;
long(
  "the core's C++ tests pass under address and undefined-behaviour sanitizers",
  () => run("--sanitize"),
  TIME_LIMIT_MS,
);
