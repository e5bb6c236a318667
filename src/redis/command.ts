// What a command is: one row of the command table, as data (name, arity, flags, key positions, ACL categories) and one
// function. The table drives arity checks, routing, the choice of the session's view, COMMAND's replies and metrics.
//
// Three kinds of function:
// - `evaluated`: synchronous, through a session; may end with `notReady` and is then run again from its start. It must
//   write its reply only once it cannot end `notReady` any more, or leave it to the caller, which takes the reply back.
// - `immediate`: synchronous, touches no data (PING, SELECT, HELLO …).
// - `sliced`: long reads over a pinned view (KEYS, DBSIZE, SCAN …); calls `done` later, exactly once, on a turn of its
//   own; until then nothing later on its connection is evaluated.
import { LatencyHistogram } from "../base/index";
import type { NotReady, Session, Steps } from "../kv/index";
import type { Arguments, ReplyWriter } from "../resp/index";
import type { Connection } from "./connection";
import type { RedisServer } from "./redis-server";

/** One per connection and reused: what a command function works with. Nothing of it may be kept beyond the call. */
export interface CommandContext {
  readonly server: RedisServer;
  readonly connection: Connection;
  /** args 0 is the command's name. */
  readonly args: Arguments;
  readonly reply: ReplyWriter;
  /** Begun by the caller for evaluated commands; must not be touched by the others. */
  readonly session: Session;
}

/** An evaluated function finds that its answer is too long for one turn; it is then run by its `sliced` function. */
export const goSliced: unique symbol = Symbol("go sliced");
export type GoSliced = typeof goSliced;

/** An evaluated function finds that its work is too long for one turn; it is then run by its `stepped` function. */
export const goStepped: unique symbol = Symbol("go stepped");
export type GoStepped = typeof goStepped;

export type EvaluatedFunction = (context: CommandContext) => void | NotReady | GoSliced | GoStepped;
export type ImmediateFunction = (context: CommandContext) => void;
/** `done` is given the sequence the reply waits for: 0, or what `server.evaluator.finish()` returned. */
export type SlicedFunction = (context: CommandContext, done: (sequence: number) => void) => void;
/** Writes its reply and its effects, which no step before them may contradict (kv/stepped.ts); `context.session` is the stepped one. */
export type SteppedFunction = (context: CommandContext) => Steps;

export type CommandFunction =
  | {
      readonly kind: "evaluated";
      readonly run: EvaluatedFunction;
      readonly sliced?: SlicedFunction;
      readonly stepped?: SteppedFunction;
    }
  | { readonly kind: "immediate"; readonly run: ImmediateFunction }
  | { readonly kind: "sliced"; readonly run: SlicedFunction };

/** Redis's command flags, by the words COMMAND INFO uses. */
export type CommandFlag =
  | "write"
  | "readonly"
  | "denyoom"
  | "admin"
  | "pubsub"
  | "noscript"
  | "blocking"
  | "loading"
  | "stale"
  | "no_auth"
  | "fast"
  | "movablekeys"
  | "allow_busy"
  | "no_multi"
  | "skip_monitor"
  | "skip_slowlog"
  | "no_async_loading";

/** One of several ways in which a command names keys. */
export interface KeySpecification {
  readonly keys: readonly [first: number, last: number, step: number];
  readonly access: readonly string[];
}

export interface CommandSpec {
  /** Lower case. */
  readonly name: string;
  /** Words including the name; negative: at least that many. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  /** Positions of keys among the words; 0 0 0 for none; lastKey -1 is the last word. */
  readonly keys: readonly [first: number, last: number, step: number];
  /** What is done with the keys, by the words of COMMAND INFO's key specifications; absent when there are none. */
  readonly keyAccess?: readonly string[];
  readonly keyNotes?: string;
  /** For a command that does different things with different keys: in place of `keyAccess`. `keys` covers what it can. */
  readonly keySpecifications?: readonly KeySpecification[];
  /** COMMAND INFO's tips for clients and proxies. */
  readonly tips?: readonly string[];
  /** ACL categories without the at sign, those that follow from flags included. */
  readonly categories: readonly string[];
  readonly since: string;
  readonly group: string;
  readonly function: CommandFunction;
  /** The table finds them by their names; the container's own function answers where a word names none. */
  readonly subcommands?: readonly CommandSpec[];
}

/** Commands that change what their client is to the server: its database, protocol, subscriptions, queue … */
const CHANGING_THE_CLIENT: ReadonlySet<string> = new Set([
  ...["select", "hello", "auth", "reset", "multi", "discard", "monitor"],
  ...["subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe"],
  ...["client|setname", "client|setinfo", "client|reply", "client|no-evict", "client|no-touch"],
]);
/** Commands that count as writes beside those that write: what they do reaches every node of a Redis. */
const REPLICATED_BESIDE_WRITES: ReadonlySet<string> = new Set([
  ...["publish", "spublish", "pfcount", "eval", "evalsha", "fcall", "script|load"],
]);

/** A command (or subcommand) of a running server: its row of the table, and what was measured of it. */
export class Command {
  readonly spec: CommandSpec;
  /** Its full name: "client|id". */
  readonly name: string;
  /** The word that names it, in upper case: a subcommand's second one. */
  readonly word: string;
  readonly subcommands: readonly Command[];
  /** May be answered from committed state when nothing unanswered precedes it. */
  readonly isRead: boolean;
  /** Reads or writes data. */
  readonly touchesKeys: boolean;
  /** Held by a pause of writes. */
  readonly mayReplicate: boolean;
  readonly changesClient: boolean;
  /** Its reply is one message for each of its words. */
  readonly answersByMessages: boolean;
  /** May run before its client has authenticated. */
  readonly needsNoAuthentication: boolean;
  /** Commands of administration are not shown. */
  readonly isHiddenFromMonitors: boolean;
  readonly isFast: boolean;
  /** Takes microseconds, as a rule: many of them may be timed together. */
  readonly isShort: boolean;
  /** Counts for what is no command of the table. */
  readonly isStandIn: boolean;
  /** From the arrival of its bytes to the release of its reply. */
  readonly latencyUs = new LatencyHistogram();
  /** From its turn on its connection to its written reply; empty while latency-tracking is off. */
  readonly executionUs = new LatencyHistogram();
  /** The same, summed up in any case. */
  executionUsTotal = 0;
  /** Commands that ran. */
  callsTotal = 0;
  /** Refused before it ran: wrong arity. */
  rejectedTotal = 0;
  /** Answered with an error. */
  failedTotal = 0;

  constructor(spec: CommandSpec, container?: string, isStandIn = false) {
    this.spec = spec;
    const name = container === undefined ? spec.name : `${container}|${spec.name}`;
    this.name = name;
    this.word = spec.name.toUpperCase();
    this.subcommands = (spec.subcommands ?? []).map((each) => new Command(each, spec.name));
    const { flags } = spec;
    const isWrite = flags.includes("write");
    this.isRead = flags.includes("readonly");
    this.touchesKeys = this.isRead || isWrite;
    this.mayReplicate = isWrite || REPLICATED_BESIDE_WRITES.has(name);
    this.changesClient = CHANGING_THE_CLIENT.has(name);
    this.answersByMessages = flags.includes("pubsub") && name.endsWith("subscribe");
    this.needsNoAuthentication = flags.includes("no_auth");
    this.isHiddenFromMonitors = flags.includes("admin") || flags.includes("skip_monitor");
    this.isFast = flags.includes("fast");
    this.isShort = spec.function.kind === "evaluated" && (this.isFast || name === "set");
    this.isStandIn = isStandIn;
  }

  resetFigures(): void {
    this.latencyUs.reset();
    this.executionUs.reset();
    this.executionUsTotal = 0;
    this.callsTotal = 0;
    this.rejectedTotal = 0;
    this.failedTotal = 0;
  }
}
