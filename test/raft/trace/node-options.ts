// The arguments of `add-nodes`: how many, the snapshot they all begin with, and the options of the core.
import { EMPTY_CONF_STATE, EMPTY_SNAPSHOT } from "../../../src/raft/core/index";
import type { NodeId, RaftConfig, Snapshot } from "../../../src/raft/core/index";
import { ScriptError, firstNumber, keyedValues, toBoolean, toNumber } from "./arguments";
import type { Argument } from "./script";

type Options = { -readonly [Key in keyof RaftConfig]?: RaftConfig[Key] };

export interface NodeOptions {
  readonly count: number;
  readonly options: Readonly<Options>;
  readonly snapshot: Snapshot;
  /** The nodes begin with the snapshot in storage; otherwise they know nothing. */
  readonly bootstrap: boolean;
}

export function parseNodeOptions(words: readonly Argument[]): NodeOptions {
  const voters: NodeId[] = [];
  const learners: NodeId[] = [];
  let index = 0;
  let data: Buffer | null = null;
  const options: Options = {};
  for (const [key, value] of keyedValues(words.slice(1))) {
    if (key === "voters") voters.push(toNumber(value));
    else if (key === "learners") learners.push(toNumber(value));
    else if (key === "index") options.applied = index = toNumber(value);
    else if (key === "content") data = Buffer.from(value);
    else setOption(options, key, value);
  }
  const bootstrap = voters.length > 0 || learners.length > 0 || index > 0 || data !== null;
  if (bootstrap && index <= 1) throw new ScriptError("index must be specified as > 1 due to bootstrap");
  const confState = { ...EMPTY_CONF_STATE, voters, learners };
  const snapshot = bootstrap ? { index, term: 1, confState, data } : EMPTY_SNAPSHOT;
  return { count: firstNumber(words), options, snapshot, bootstrap };
}

function setOption(options: Options, key: string, value: string): void {
  switch (key) {
    case "inflight":
      options.maxInflightMessages = toNumber(value);
      break;
    case "async-storage-writes":
      options.asyncStorageWrites = toBoolean(value);
      break;
    case "prevote":
      options.preVote = toBoolean(value);
      break;
    case "checkquorum":
      options.checkQuorum = toBoolean(value);
      break;
    case "max-committed-size-per-ready":
      options.maxCommittedBytesPerReady = toNumber(value);
      break;
    case "disable-conf-change-validation":
      options.disableConfChangeValidation = toBoolean(value);
      break;
    case "step-down-on-removal":
      options.stepDownOnRemoval = toBoolean(value);
      break;
    case "read-only":
      if (value !== "safe" && value !== "lease-based") {
        throw new ScriptError(`invalid read-only option "${value}"`);
      }
      options.readOnly = value === "safe" ? "safe" : "leaseBased";
      break;
    default:
      setOwnOption(options, key, value);
  }
}

/** Options that etcd's scripts do not have. Unknown ones are passed over, as etcd's runner does. */
function setOwnOption(options: Options, key: string, value: string): void {
  if (key === "max-size-per-msg") options.maxMessageBytes = toNumber(value);
  else if (key === "inflight-bytes") options.maxInflightBytes = toNumber(value);
  else if (key === "max-uncommitted-size") options.maxUncommittedBytes = toNumber(value);
  else if (key === "vote-requests-before-sync") options.voteRequestsBeforeSync = toBoolean(value);
  else if (key === "disable-proposal-forwarding") options.disableProposalForwarding = toBoolean(value);
}
