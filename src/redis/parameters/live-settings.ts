// What can be changed while the server runs, as typed fields that whoever honours them reads at the moment of use. One
// object a server, handed to everybody who needs it; it is written only through its parameters (CONFIG SET), which judge
// every value first. Values given here are Redis's defaults.
import type { ByteString } from "../../base/index";
import { DEFAULT_LIMITS } from "../../resp/index";

/** What may wait for one client before it is disconnected; 0 is no limit. */
export interface OutputBufferLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
  /** How long the soft limit may be exceeded. */
  readonly softSeconds: number;
}

export type ClientClass = "normal" | "replica" | "pubsub";

const MiB = 2 ** 20;

export class LiveSettings {
  maxClients = 10_000;
  /** Seconds a client may stay silent; 0 is for ever. */
  timeoutSeconds = 0;
  /** Longest argument, and beyond which no string grows. */
  maxBulkBytes = DEFAULT_LIMITS.maxBulkBytes;
  /** Most memory that one command may need while it is read. */
  maxQueryBytes = DEFAULT_LIMITS.maxQueryBytes;
  /** Reply bytes waiting for one client beyond which its commands are not run. */
  outputLimitBytes = 16 * MiB;
  readonly outputBufferLimits: Record<ClientClass, OutputBufferLimit> = {
    normal: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
    replica: { hardBytes: 256 * MiB, softBytes: 64 * MiB, softSeconds: 60 },
    pubsub: { hardBytes: 32 * MiB, softBytes: 8 * MiB, softSeconds: 60 },
  };

  // Where OBJECT ENCODING says that a value changes its form.
  hashMaxListpackEntries = 512;
  hashMaxListpackValue = 64;
  hllSparseMaxBytes = 3000;

  /** Microseconds from which a command is logged; 0 logs all, -1 none. */
  slowlogSlowerThanUs = 10_000;
  slowlogMaxEntries = 128;
  /** Milliseconds from which an event is a spike; 0 watches nothing. */
  latencyThresholdMs = 0;
  latencyTracking = true;
  latencyPercentiles: readonly number[] = [50, 99, 99.9];

  /** Bits of keyspace-events.ts. */
  keyspaceEvents = 0;
  /** Of the user `default`; empty when it has none. */
  password: ByteString = "";
  protectedMode = true;
  /** Who may use DEBUG. */
  debugCommand: "no" | "yes" | "local" = "local";

  /** How many checkpoints of SAVE and BGSAVE stay. */
  checkpointsKept = 2;
}

/** Fields of the settings that hold a T. */
export type SettingOf<T> = {
  [Key in keyof LiveSettings]-?: LiveSettings[Key] extends T
    ? T extends LiveSettings[Key]
      ? Key
      : never
    : never;
}[keyof LiveSettings];

/** Redis's defaults but for what is given. */
export function settingsWith(given: Partial<LiveSettings>): LiveSettings {
  return Object.assign(new LiveSettings(), given);
}
