// Help for `serve`, generated from the table, so that it cannot say what the parser does not do. Pure.
import { environmentName, optionName } from "./option-table";
import type { Option } from "./option-table";
import { serverOptions } from "./server-options";

const NAME_COLUMN = 28;

/** The options of `serve`, one a line, with defaults; ends with a line break. */
export function serverOptionsHelp(): string {
  const lines = [line("--config FILE", "TOML file with the names below", undefined)];
  for (const [key, option] of Object.entries<Option<unknown>>(serverOptions)) {
    const served = option.notServed === undefined ? "" : " (not served yet)";
    lines.push(
      line(`--${optionName(key)} ${option.kind.placeholder}`, option.meaning + served, defaultOf(option)),
    );
  }
  return `${lines.join("\n")}

A flag goes before the environment (${environmentName("dataDir")} for --${optionName("dataDir")}, and so on), the environment before the
file, the file before the default. Sizes take units: 64MB, 64MiB. A port given as off is not opened.
`;
}

function defaultOf(option: Option<unknown>): string | undefined {
  if (option.plannedDefault !== undefined) return option.plannedDefault;
  if ("sameAs" in option.default) return `--${optionName(option.default.sameAs)}`;
  return option.default.value === undefined ? undefined : option.kind.show(option.default.value);
}

/** One option; a name wider than its column pushes the rest to the next line. */
function line(name: string, meaning: string, defaultText: string | undefined): string {
  const end = defaultText === undefined ? "" : ` [${defaultText}]`;
  const first =
    name.length > NAME_COLUMN ? `${name}\n  ${" ".repeat(NAME_COLUMN)}` : name.padEnd(NAME_COLUMN);
  return `  ${first} ${meaning}${end}`;
}
