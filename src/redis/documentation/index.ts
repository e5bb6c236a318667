// Documentation of all commands by full name ("config|get"), taken apart once for a server.
import type { ByteString } from "../../base/index";
import { CONNECTION_DOCUMENTATION } from "./connection";
import { HASHES_AND_SETS_DOCUMENTATION } from "./hashes-and-sets";
import { KEYS_DOCUMENTATION } from "./keys";
import { LISTS_AND_STREAMS_DOCUMENTATION } from "./lists-and-streams";
import { SCRIPTS_AND_CHANNELS_DOCUMENTATION } from "./scripts-and-channels";
import { SERVER_DOCUMENTATION } from "./server";
import { SORTED_SETS_DOCUMENTATION } from "./sorted-sets";
import { STRINGS_DOCUMENTATION } from "./strings";
import { parseArguments } from "./argument-notation";
import type { DocumentedCommand } from "./documented-command";

const GROUPS = [
  ...CONNECTION_DOCUMENTATION,
  ...HASHES_AND_SETS_DOCUMENTATION,
  ...KEYS_DOCUMENTATION,
  ...LISTS_AND_STREAMS_DOCUMENTATION,
  ...SCRIPTS_AND_CHANNELS_DOCUMENTATION,
  ...SERVER_DOCUMENTATION,
  ...SORTED_SETS_DOCUMENTATION,
  ...STRINGS_DOCUMENTATION,
];

/** What COMMAND DOCS says, for each command and subcommand that is documented. */
export function documentation(): ReadonlyMap<ByteString, DocumentedCommand> {
  const documented = new Map<ByteString, DocumentedCommand>();
  for (const { group, rows } of GROUPS) {
    for (const [name, since, complexity, summary, notation, deprecatedSince] of rows) {
      const argumentList = parseArguments(notation);
      documented.set(name, { group, since, complexity, summary, arguments: argumentList, deprecatedSince });
    }
  }
  return documented;
}
