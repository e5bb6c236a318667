// The subcommands of `scripts/basalt`, as data, and what is said about them: help, version, and a precise refusal for
// what does not exist or is not served yet. Returns exit codes; writes through the port it is handed.
import { BasaltError } from "../base/index";
import { loadServerConfig, nearest, serverOptionsHelp } from "../config/index";
import type { ServerConfig } from "../config/index";
import { ExitCode } from "./serve";

interface Subcommand {
  readonly name: string;
  readonly arguments: string;
  readonly meaning: string;
  /** Why it is refused, while nothing serves it. */
  readonly notServed?: string;
}

const SUBCOMMANDS: readonly Subcommand[] = [
  { name: "serve", arguments: "[OPTIONS]", meaning: "run a server (this is npm start)" },
  {
    name: "cluster",
    arguments: "--nodes N",
    meaning: "run a local cluster, one process a node (not served yet)",
    notServed: "this version runs a single node only: use `serve`",
  },
  { name: "help", arguments: "[serve]", meaning: "show this, or the options of serve" },
  { name: "version", arguments: "", meaning: "show the version" },
];

export interface CommandLine {
  readonly version: string;
  readonly environment: NodeJS.ProcessEnv;
  print(text: string): void;
  complain(sentence: string): void;
  serve(config: ServerConfig): Promise<number>;
}

/** Carries out one command line and returns the exit code. */
export async function runCommandLine(words: readonly string[], line: CommandLine): Promise<number> {
  const [name, ...rest] = words;
  switch (name) {
    case undefined:
      line.print(overview());
      return ExitCode.cannotStart;
    case "help":
    case "--help":
    case "-h":
      line.print(rest[0] === "serve" ? serveHelp() : overview());
      return ExitCode.stopped;
    case "version":
    case "--version":
    case "-v":
      line.print(`basalt ${line.version}\n`);
      return ExitCode.stopped;
    case "serve":
      return serveWith(rest, line);
    default:
      line.complain(refusal(name));
      return ExitCode.cannotStart;
  }
}

async function serveWith(flags: readonly string[], line: CommandLine): Promise<number> {
  let config: ServerConfig | "help";
  try {
    config = loadServerConfig({ flags, environment: line.environment });
  } catch (error) {
    if (!(error instanceof BasaltError)) throw error;
    line.complain(error.message);
    return ExitCode.cannotStart;
  }
  if (config === "help") {
    line.print(serveHelp());
    return ExitCode.stopped;
  }
  return line.serve(config);
}

function refusal(name: string): string {
  const known = SUBCOMMANDS.find((subcommand) => subcommand.name === name);
  if (known?.notServed !== undefined) return `\`basalt ${name}\` is refused, since ${known.notServed}.`;
  const names = SUBCOMMANDS.map((subcommand) => subcommand.name);
  const guess = nearest(name, names);
  const hint = guess === undefined ? `give one of ${names.join(", ")}` : `did you mean ${guess}?`;
  return `\`${name}\` is not a command of basalt: ${hint}${hint.endsWith("?") ? "" : "."}`;
}

function overview(): string {
  const lines = SUBCOMMANDS.map(
    (subcommand) => `  ${`${subcommand.name} ${subcommand.arguments}`.padEnd(24)} ${subcommand.meaning}`,
  );
  return `Basalt, a key-value database that speaks Redis.

Usage: scripts/basalt COMMAND

${lines.join("\n")}

scripts/basalt serve --help shows the options of a server.
`;
}

function serveHelp(): string {
  return `Usage: scripts/basalt serve [OPTIONS]    (or: npm start -- [OPTIONS])

Runs one node until SIGTERM or Ctrl-C. Exit codes: 0 stopped, 1 could not start, 70 could not go on (a failed disk),
130 ended by a second signal.

${serverOptionsHelp()}`;
}
