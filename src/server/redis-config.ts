// What CONFIG knows of this server beyond Redis's own parameters: Basalt's options under their own names, addresses and
// directories under Redis's, the log level; what the file's table [redis] says at start; and how CONFIG REWRITE writes the
// file.
import { BasaltError, errorText } from "../base/index";
import { optionName, rewriteConfigFile, serverOptions } from "../config/index";
import type { LogLevel, ServerConfig } from "../config/index";
import type { Logger } from "../observability/index";
import { immutableParameter, settingsWith, shownText, textOfBytes, wordParameter } from "../redis/index";
import type { ConfigRewriter, LiveSettings, Parameter, RedisServer } from "../redis/index";

export function settingsOf(config: ServerConfig): LiveSettings {
  return settingsWith({
    maxClients: config.maxClients,
    outputLimitBytes: config.outputLimitBytes,
    checkpointsKept: config.checkpointsKept,
    password: Buffer.from(config.requirepass, "utf8").toString("latin1"),
    protectedMode: config.protectedMode === "yes",
  });
}

/** Redis's levels, and those of the logger that they are. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: "trace",
  verbose: "debug",
  notice: "info",
  warning: "warn",
};
const LOG_LEVELS: readonly string[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
/** Options that a parameter of redis/ shows and changes. */
const WITH_PARAMETER: ReadonlySet<string> = new Set([
  "maxClients",
  "outputLimitBytes",
  "checkpointsKept",
  "requirepass",
  "protectedMode",
  "logLevel",
  "configFile",
  "redisParameters",
]);

export function parametersOf(config: ServerConfig, logger: Logger): readonly Parameter[] {
  const shown = (
    name: string,
    value: string | number | undefined,
    access: "immutable" | "protected" = "immutable",
  ): Parameter =>
    immutableParameter(name, () => (value === undefined ? "" : shownText(String(value))), access);
  const levelOf = (): string =>
    Object.entries(LEVELS).find(([, level]) => level === logger.level)?.[0] ?? "warning";
  return [
    shown("appendfsync", config.fsync === "always" ? "always" : "no"),
    shown("port", config.redisPort === "off" ? 0 : config.redisPort),
    shown("bind", config.host),
    shown("dir", config.dataDir, "protected"),
    wordParameter("loglevel", Object.keys(LEVELS), levelOf, (word) => {
      logger.level = LEVELS[word] ?? logger.level;
    }),
    wordParameter(
      "log-level",
      LOG_LEVELS,
      () => logger.level,
      (word) => void (logger.level = word),
      {
        option: "log-level",
      },
    ),
    ...Object.keys(serverOptions)
      .filter((key) => !WITH_PARAMETER.has(key))
      .map((key) => shown(optionName(key), config[key as keyof typeof serverOptions])),
  ];
}

/** Sets what the file's table [redis] says. Throws BasaltError BAD_OPTION. */
export function loadRedisTable(config: ServerConfig, redis: RedisServer): void {
  for (const [name, text] of config.redisParameters ?? []) {
    const place = `redis.${name} in ${config.configFile ?? "the file"}`;
    const parameter = redis.parameters.find(name);
    if (parameter?.option !== undefined) {
      throw new BasaltError(
        "BAD_OPTION",
        `${place} is an option of its own: give ${parameter.option} outside of [redis].`,
      );
    }
    const failure = redis.parameters.load(name, shownText(text));
    if (failure === undefined) continue;
    const problem =
      failure.problem === undefined ? "is no parameter: take it out" : `is refused: ${failure.problem}`;
    throw new BasaltError("BAD_OPTION", `${place} ${problem}.`);
  }
}

/** undefined without a file. */
export function configRewriter(config: ServerConfig): ConfigRewriter | undefined {
  const { configFile } = config;
  if (configFile === undefined) return undefined;
  return async (changed) => {
    try {
      const changes = changed.map(({ name, isOption, value }) => {
        const text = textOfBytes(value);
        if (text === undefined) throw new Error(`the value of ${name} is not UTF-8`);
        return { name, inRedisTable: !isOption, value: text };
      });
      await rewriteConfigFile(configFile, changes);
      return undefined;
    } catch (error) {
      return errorText(error);
    }
  };
}
