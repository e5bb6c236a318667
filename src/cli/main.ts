// The entry point of the program, started by scripts/basalt: connects the command line to the real process. The server
// and everything under it is loaded only when `serve` needs it, so that help and version answer at once.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createLogger, flushLogger } from "../observability/index";
import { runCommandLine } from "./command-line";
import { ExitCode, serve } from "./serve";
import type { ProcessPort } from "./serve";

const REPOSITORY = join(__dirname, "..", "..", "..");

const processPort: ProcessPort = {
  on: (event: string, handler: (error: unknown) => void) => process.on(event, handler),
  exit: (code) => process.exit(code),
  complain: (sentence) => process.stderr.write(`${sentence}\n`),
  monotonicMs: () => performance.now(),
};

async function main(): Promise<number> {
  const version = packageVersion();
  return runCommandLine(process.argv.slice(2), {
    version,
    environment: process.env,
    print: (text) => process.stdout.write(text),
    complain: (sentence) => processPort.complain(sentence),
    async serve(config) {
      const logger = createLogger(config.logLevel);
      const { startServer } = await import("../server/index.js");
      const code = await serve({ config, startServer, logger, version, process: processPort });
      await flushLogger(logger);
      return code;
    },
  });
}

function packageVersion(): string {
  const content: unknown = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8"));
  if (typeof content === "object" && content !== null && "version" in content) return String(content.version);
  return "unknown";
}

// Whoever reads our output may go away first (`basalt help | head -1`); that is no error of ours.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    processPort.complain(`Basalt stopped on an unexpected error: ${String(error)}`);
    process.exit(ExitCode.failed);
  },
);
