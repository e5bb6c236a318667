// All commands, family by family.
import type { CommandSpec } from "../command";
import { CLIENT_COMMANDS } from "./client";
import { CONFIG_COMMANDS } from "./config";
import { CONNECTION_COMMANDS } from "./connection-commands";
import { COUNTER_COMMANDS } from "./counters";
import { DEBUG_COMMANDS } from "./debug";
import { EXPIRY_COMMANDS } from "./expiry";
import { HASH_COMMANDS } from "./hashes";
import { INTROSPECTION_COMMANDS } from "./introspection";
import { KEY_COMMANDS } from "./keys";
import { KEYSPACE_COMMANDS } from "./keyspace";
import { LATENCY_COMMANDS } from "./latency";
import { MEMORY_COMMANDS } from "./memory";
import { PERSISTENCE_COMMANDS } from "./persistence";
import { SERVER_COMMANDS } from "./server-commands";
import { SLOWLOG_COMMANDS } from "./slowlog";
import { STRING_RANGE_COMMANDS } from "./string-ranges";
import { STRING_COMMANDS } from "./strings";

export const ALL_COMMANDS: readonly CommandSpec[] = [
  ...STRING_COMMANDS,
  ...STRING_RANGE_COMMANDS,
  ...COUNTER_COMMANDS,
  ...HASH_COMMANDS,
  ...KEY_COMMANDS,
  ...EXPIRY_COMMANDS,
  ...KEYSPACE_COMMANDS,
  ...CONNECTION_COMMANDS,
  ...CLIENT_COMMANDS,
  ...INTROSPECTION_COMMANDS,
  ...SERVER_COMMANDS,
  ...CONFIG_COMMANDS,
  ...PERSISTENCE_COMMANDS,
  ...SLOWLOG_COMMANDS,
  ...LATENCY_COMMANDS,
  ...MEMORY_COMMANDS,
  ...DEBUG_COMMANDS,
];
