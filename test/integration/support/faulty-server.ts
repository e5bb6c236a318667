// The entry point of a server whose disk can fail: the ordinary command line and wiring over the test build of the
// addon. The fault file system is steered by BASALT_TEST_FAULTS (JSON): `seed` and `powerLossAtOperation` from the
// start, `runningFaults` (see RunningFaults) when a SIGUSR2 arrives.
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { runCommandLine, serve } from "../../../src/cli/index";
import { createLogger } from "../../../src/observability/index";
import { startServer } from "../../../src/server/index";
import { NativeStorage } from "../../../src/storage/index";
import type { RunningFaults, TestFaults } from "../../../src/storage/index";

interface Steering extends TestFaults {
  readonly runningFaults?: RunningFaults;
}

const ADDON = join(__dirname, "..", "..", "..", "..", "native", "build", "Release", "basalt_test.node");
const { runningFaults, ...testFaults } = JSON.parse(process.env["BASALT_TEST_FAULTS"] ?? "{}") as Steering;

void runCommandLine(process.argv.slice(2), {
  version: "test",
  environment: process.env,
  print: (text) => process.stdout.write(text),
  complain: (sentence) => process.stderr.write(`${sentence}\n`),
  serve: (config) =>
    serve({
      config,
      logger: createLogger(config.logLevel),
      version: "test",
      startServer: (given, logger) =>
        startServer(given, logger, (options) => {
          const storage = new NativeStorage({ ...options, addonPath: ADDON, testFaults });
          process.on("SIGUSR2", () => storage.setFaults(runningFaults ?? {}));
          return storage;
        }),
      process: {
        on: (event: string, handler: (error: unknown) => void) => process.on(event, handler),
        exit: (code) => process.exit(code),
        complain: (sentence) => process.stderr.write(`${sentence}\n`),
        monotonicMs: () => performance.now(),
      },
    }),
}).then((code) => process.exit(code));
