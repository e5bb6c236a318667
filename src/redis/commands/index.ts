// All commands, family by family.
import type { CommandSpec } from "../command";
import { AUTHENTICATION_COMMANDS } from "./authentication";
import { CLIENT_COMMANDS } from "./client";
import { CONNECTION_COMMANDS } from "./connection-commands";
import { COUNTER_COMMANDS } from "./counters";
import { EXPIRY_COMMANDS } from "./expiry";
import { HASH_COMMANDS } from "./hashes";
import { INTROSPECTION_COMMANDS } from "./introspection";
import { KEY_COMMANDS } from "./keys";
import { KEYSPACE_COMMANDS } from "./keyspace";
import { MONITOR_COMMANDS } from "./monitor";
import { PUBSUB_COMMANDS } from "./pubsub";
import { SERVER_COMMANDS } from "./server-commands";
import { STRING_RANGE_COMMANDS } from "./string-ranges";
import { STRING_COMMANDS } from "./strings";
import { TRANSACTION_COMMANDS } from "./transactions";

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
  ...TRANSACTION_COMMANDS,
  ...AUTHENTICATION_COMMANDS,
  ...PUBSUB_COMMANDS,
  ...MONITOR_COMMANDS,
];
