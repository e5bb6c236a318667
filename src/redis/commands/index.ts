// All commands, family by family.
import type { CommandSpec } from "../command";
import { BIT_FIELD_COMMANDS } from "./bit-fields";
import { BIT_OPERATION_COMMANDS } from "./bit-operations";
import { BITMAP_COMMANDS } from "./bitmaps";
import { AUTHENTICATION_COMMANDS } from "./authentication";
import { CLIENT_COMMANDS } from "./client";
import { CONFIG_COMMANDS } from "./config";
import { CONNECTION_COMMANDS } from "./connection-commands";
import { COUNTER_COMMANDS } from "./counters";
import { DEBUG_COMMANDS } from "./debug";
import { EXPIRY_COMMANDS } from "./expiry";
import { HASH_SCAN_COMMANDS } from "./hash-scan";
import { HASH_COMMANDS } from "./hashes";
import { HYPERLOGLOG_COMMANDS } from "./hyperloglogs";
import { INTROSPECTION_COMMANDS } from "./introspection";
import { KEY_TRANSFER_COMMANDS } from "./key-transfer";
import { KEY_COMMANDS } from "./keys";
import { KEYSPACE_COMMANDS } from "./keyspace";
import { LATENCY_COMMANDS } from "./latency";
import { MEMORY_COMMANDS } from "./memory";
import { PERSISTENCE_COMMANDS } from "./persistence";
import { SERVER_COMMANDS } from "./server-commands";
import { SLOWLOG_COMMANDS } from "./slowlog";
import { OBJECT_COMMANDS } from "./object";
import { RANDOM_KEY_COMMANDS } from "./random-key";
import { SCAN_COMMANDS } from "./scan";
import { LCS_COMMANDS } from "./lcs";
import { MONITOR_COMMANDS } from "./monitor";
import { PUBSUB_COMMANDS } from "./pubsub";
import { STRING_ENDING_COMMANDS } from "./string-endings";
import { STRING_RANGE_COMMANDS } from "./string-ranges";
import { STRING_COMMANDS } from "./strings";
import { TRANSACTION_COMMANDS } from "./transactions";

export const ALL_COMMANDS: readonly CommandSpec[] = [
  ...STRING_COMMANDS,
  ...STRING_ENDING_COMMANDS,
  ...STRING_RANGE_COMMANDS,
  ...LCS_COMMANDS,
  ...BITMAP_COMMANDS,
  ...BIT_FIELD_COMMANDS,
  ...BIT_OPERATION_COMMANDS,
  ...HYPERLOGLOG_COMMANDS,
  ...COUNTER_COMMANDS,
  ...HASH_COMMANDS,
  ...KEY_COMMANDS,
  ...EXPIRY_COMMANDS,
  ...KEYSPACE_COMMANDS,
  ...SCAN_COMMANDS,
  ...HASH_SCAN_COMMANDS,
  ...KEY_TRANSFER_COMMANDS,
  ...RANDOM_KEY_COMMANDS,
  ...OBJECT_COMMANDS,
  ...MEMORY_COMMANDS,
  ...CONNECTION_COMMANDS,
  ...CLIENT_COMMANDS,
  ...INTROSPECTION_COMMANDS,
  ...SERVER_COMMANDS,
  ...CONFIG_COMMANDS,
  ...PERSISTENCE_COMMANDS,
  ...SLOWLOG_COMMANDS,
  ...LATENCY_COMMANDS,
  ...DEBUG_COMMANDS,
  ...TRANSACTION_COMMANDS,
  ...AUTHENTICATION_COMMANDS,
  ...PUBSUB_COMMANDS,
  ...MONITOR_COMMANDS,
];
