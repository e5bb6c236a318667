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
