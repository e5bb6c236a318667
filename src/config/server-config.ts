// From what was given to a configuration: flag before environment before file before default, each value judged by its
// option's kind. The result is typed, complete and frozen; a problem is a BasaltError (code BAD_OPTION) whose message is
// one sentence that names the place, the value and what to do. What a lower source says is judged too, even where a
// higher one overrides it: a file with a mistake is a mistake from the first day.
import { assert } from "../base/index";
import { optionName } from "./option-table";
import type { OptionTable, ValuesOf } from "./option-table";
import { serverOptions } from "./server-options";
import { badOption, readEnvironment, readFile, readFlags } from "./sources";
import type { GivenValue } from "./sources";

/** Every option of `serve` by key, with its value, and what else came from the file. Frozen. */
export type ServerConfig = ValuesOf<typeof serverOptions> & {
  /** The file that was read, if there was one. */
  readonly configFile?: string | undefined;
  /** Its table [redis]: parameters by Redis's names, which redis/ judges. */
  readonly redisParameters?: ReadonlyMap<string, string> | undefined;
};

export interface ConfigSources {
  /** What stands behind `serve` on the command line. */
  readonly flags: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** The configuration, or "help" if the flags ask for it. */
export function loadServerConfig(sources: ConfigSources): ServerConfig | "help" {
  const flags = readFlags(serverOptions, sources.flags, "serve");
  if (flags.wantsHelp) return "help";
  const environment = sources.environment;
  const path = flags.file ?? (environment["BASALT_CONFIG"] || undefined);
  const file = path === undefined ? undefined : readFile(serverOptions, path);
  const given = [...(file?.values ?? []), ...readEnvironment(serverOptions, environment), ...flags.values];
  const places = new Map(given.map(({ key, place }) => [key, place]));
  const config: ServerConfig = {
    ...(resolve(serverOptions, given) as ServerConfig),
    configFile: path,
    redisParameters: file?.redisParameters,
  };
  refuseSharedPorts(config, (key) => places.get(key) ?? `--${optionName(key)}`);
  return Object.freeze(config);
}

/** The configuration of a server that was given nothing but these values: for tests and tools. */
export function serverConfigWith(values: Partial<ServerConfig> = {}): ServerConfig {
  const config = { ...(resolve(serverOptions, []) as ServerConfig), ...values };
  if (values.advertiseHost === undefined) config.advertiseHost = config.host;
  return Object.freeze(config);
}

/** Sentences to log at start: what in this configuration somebody should know of. */
export function startWarnings(config: ServerConfig): string[] {
  return Object.entries<OptionTable[string]>(serverOptions).flatMap(([key, { warning }]) =>
    warning !== undefined && config[key as keyof ServerConfig] === warning.value ? [warning.sentence] : [],
  );
}

/** Judges the given values in order, later ones above earlier ones, and fills in defaults. */
function resolve(table: OptionTable, given: readonly GivenValue[]): Record<string, unknown> {
  const values = new Map<string, unknown>();
  for (const { key, text, place } of given) {
    const option = table[key];
    assert(option !== undefined, "a source names an option that the table does not have");
    const parsed = option.kind.parse(text);
    if ("problem" in parsed) throw badOption(`${place} is \`${text}\`, which ${parsed.problem}.`);
    if (option.notServed !== undefined && parsed.value !== option.acceptedUnserved) {
      throw badOption(`${place} is refused, since ${option.notServed}.`);
    }
    values.set(key, parsed.value);
  }
  const valueOf = (key: string): unknown => {
    const option = table[key];
    assert(option !== undefined, "an option's default names an option that the table does not have");
    if (values.has(key)) return values.get(key);
    return "sameAs" in option.default ? valueOf(option.default.sameAs) : option.default.value;
  };
  return Object.fromEntries(Object.keys(table).map((key) => [key, valueOf(key)]));
}

/** All ports are bound to one address, so two options cannot have the same one. */
function refuseSharedPorts(config: ServerConfig, placeOf: (key: string) => string): void {
  const owners = new Map<number, string>();
  for (const key of Object.keys(config)) {
    const port: unknown = key.endsWith("Port") ? config[key as keyof ServerConfig] : undefined;
    if (typeof port !== "number" || port === 0) continue;
    const other = owners.get(port);
    if (other !== undefined) {
      throw badOption(`${placeOf(other)} and ${placeOf(key)} are both ${port}: give each a port of its own.`);
    }
    owners.set(port, key);
  }
}
