// What bounds and guards clients, as live values: whoever honours one reads it at the moment of use, and whoever changes
// settings while the server runs (CONFIG SET) writes it. One object a server. Defaults are Redis's.
import type { ByteString } from "../../base/index";

/** What may wait for one client before it is cut off; 0 is no limit. */
export interface OutputBufferLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
  /** How long the soft limit may be exceeded. */
  readonly softSeconds: number;
}

export type ClientClass = "normal" | "replica" | "pubsub";

export interface ClientLimits {
  maxClients: number;
  /** Reply bytes waiting for one client beyond which its commands are not run. */
  outputLimitBytes: number;
  /** Seconds a client may stay silent; 0 is for ever. */
  timeoutSeconds: number;
  readonly outputBufferLimits: Record<ClientClass, OutputBufferLimit>;
  /** Of the user `default`; empty when it has none. */
  password: ByteString;
  /** Without a password only clients of this machine are let in. */
  protectedMode: boolean;
  /** Bits of NotificationClass: which events of keys are published, and where. */
  keyspaceEvents: number;
}

const MiB = 2 ** 20;

/** The defaults but for what is given. */
export function clientLimits(given: Partial<ClientLimits> = {}): ClientLimits {
  return {
    maxClients: 10_000,
    outputLimitBytes: 16 * MiB,
    timeoutSeconds: 0,
    outputBufferLimits: {
      normal: { hardBytes: 0, softBytes: 0, softSeconds: 0 },
      replica: { hardBytes: 256 * MiB, softBytes: 64 * MiB, softSeconds: 60 },
      pubsub: { hardBytes: 32 * MiB, softBytes: 8 * MiB, softSeconds: 60 },
    },
    password: "",
    protectedMode: true,
    keyspaceEvents: 0,
    ...given,
  };
}
