// What a node is made from: the options, the source of randomness and the sink for log lines. `settings` checks them once
// and fills in the defaults; nothing reads a RaftConfig after that. The sink is absent in production: every log line is
// written as `sink?.info(...)`, so that its text is not even built then.
import { BasaltError } from "../../base/index";
import type { RaftStorage } from "./log/storage";
import type { LogIndex, NodeId } from "./types";

/** Receives the lines etcd would log, one call a line. For traces and tests. */
export interface LogSink {
  debug(line: string): void;
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

export interface RandomSource {
  /** Uniform in [0, bound). */
  below(bound: number): number;
}

/** `safe`: a read waits for a heartbeat round. `leaseBased`: it trusts ticks, and needs `checkQuorum`. */
export type ReadOnlyOption = "safe" | "leaseBased";

export interface RaftConfig {
  readonly id: NodeId;
  /** Ticks without a leader before an election; the actual timeout is drawn from [n, 2n). Above `heartbeatTicks`. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly storage: RaftStorage;
  /** Only set on a restart: what the host's state machine has already applied. Entries up to here are not handed out. */
  readonly applied?: LogIndex;
  /** Storage work travels as messages (see raw-node.ts); otherwise the host calls `advance`. */
  readonly asyncStorageWrites?: boolean;
  /** Upper bound of the encoded entries in one append message; at least one entry is always sent. Default: no limit. */
  readonly maxMessageBytes?: number;
  /** Upper bound of the encoded committed entries being applied at a time. Default: `maxMessageBytes`. */
  readonly maxCommittedBytesPerReady?: number;
  /** Proposals are dropped when payload bytes not yet applied would exceed this. Default: no limit. */
  readonly maxUncommittedBytes?: number;
  /** Append messages in flight to one follower. */
  readonly maxInflightMessages: number;
  /** Payload bytes in flight to one follower; at least `maxMessageBytes`. Default: no limit. */
  readonly maxInflightBytes?: number;
  /** A leader that hears from no quorum for an election timeout steps down; followers with a leader refuse votes. */
  readonly checkQuorum?: boolean;
  readonly preVote?: boolean;
  readonly readOnly?: ReadOnlyOption;
  readonly disableProposalForwarding?: boolean;
  /** Lets configuration changes into the log unchecked; the host must then check them when it applies them. */
  readonly disableConfChangeValidation?: boolean;
  /**
   * Asynchronous storage only: sends vote requests at once, as etcd does, and not after the candidate's new term, its
   * vote and its log are durable. For traces: it is not safe (README.md, "Where it differs from etcd").
   */
  readonly voteRequestsBeforeSync?: boolean;
  /** A leader that is removed or demoted becomes a follower at once. */
  readonly stepDownOnRemoval?: boolean;
  readonly random: RandomSource;
  readonly log?: LogSink;
}

export interface RaftSettings extends Required<Omit<RaftConfig, "log">> {
  readonly log: LogSink | null;
}

const NO_LIMIT = Number.POSITIVE_INFINITY;

/** Fills in the defaults; throws RAFT_CONFIG_INVALID with the reason if the options contradict one another. */
export function settings(config: RaftConfig): RaftSettings {
  const maxMessageBytes = config.maxMessageBytes ?? NO_LIMIT;
  const filled: RaftSettings = {
    id: config.id,
    electionTicks: config.electionTicks,
    heartbeatTicks: config.heartbeatTicks,
    storage: config.storage,
    applied: config.applied ?? 0,
    asyncStorageWrites: config.asyncStorageWrites ?? false,
    maxMessageBytes,
    maxCommittedBytesPerReady: config.maxCommittedBytesPerReady || maxMessageBytes,
    maxUncommittedBytes: config.maxUncommittedBytes || NO_LIMIT,
    maxInflightMessages: config.maxInflightMessages,
    maxInflightBytes: config.maxInflightBytes || NO_LIMIT,
    checkQuorum: config.checkQuorum ?? false,
    preVote: config.preVote ?? false,
    readOnly: config.readOnly ?? "safe",
    disableProposalForwarding: config.disableProposalForwarding ?? false,
    disableConfChangeValidation: config.disableConfChangeValidation ?? false,
    voteRequestsBeforeSync: config.voteRequestsBeforeSync ?? false,
    stepDownOnRemoval: config.stepDownOnRemoval ?? false,
    random: config.random,
    log: config.log ?? null,
  };
  const problem = problemOf(filled);
  if (problem !== null)
    throw new BasaltError("RAFT_CONFIG_INVALID", `The Raft node cannot start: ${problem}.`);
  return filled;
}

function problemOf(filled: RaftSettings): string | null {
  if (!Number.isSafeInteger(filled.id) || filled.id <= 0) return "its id must be a positive integer";
  if (filled.heartbeatTicks <= 0) return "the heartbeat must be at least one tick";
  if (filled.electionTicks <= filled.heartbeatTicks) return "the election timeout must exceed the heartbeat";
  if (filled.maxInflightMessages <= 0) return "at least one message must be allowed in flight";
  if (filled.maxInflightBytes < filled.maxMessageBytes && filled.maxMessageBytes !== NO_LIMIT) {
    return "the bytes in flight must allow at least one full message";
  }
  if (filled.readOnly === "leaseBased" && !filled.checkQuorum) return "lease-based reads need checkQuorum";
  return null;
}
