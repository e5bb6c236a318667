// Drives several raw nodes in one process by the directives of etcd's interaction tests. Messages between nodes wait in
// one queue until they are delivered; nothing happens by itself. Election timeouts are the longest possible, unless a
// script sets them, so that ticking alone starts no election by surprise.
import {
  APPEND_THREAD,
  ConfChangeTransition,
  MESSAGE_TYPE_NAMES,
  Message,
  MessageType,
  STATE_NAMES,
  isStorageThread,
} from "../../../src/raft/core/index";
import type { NodeId, RaftConfig, StepResult } from "../../../src/raft/core/index";
import {
  ScriptError,
  bareNumbers,
  firstNumber,
  keyedValues,
  namedValue,
  toBoolean,
  toNumber,
} from "./arguments";
import { parseChanges } from "./changes";
import { describeEntries, describeMessage, describeReady } from "./describe";
import { parseNodeOptions } from "./node-options";
import { TraceOutput } from "./output";
import { parseDirective } from "./script";
import type { Argument, Block } from "./script";
import { TraceNode } from "./trace-node";

const STEP_ERRORS: Readonly<Record<StepResult, string | null>> = {
  ok: null,
  dropped: "raft proposal dropped",
  localMessage: "raft: cannot step raft local message",
  peerNotFound: "raft: cannot step as peer not found",
};

const TRANSITIONS: ReadonlyMap<string, ConfChangeTransition> = new Map([
  ["auto", ConfChangeTransition.auto],
  ["implicit", ConfChangeTransition.jointImplicit],
  ["explicit", ConfChangeTransition.jointExplicit],
]);

type Handler = (words: readonly Argument[], input: string) => void;

export class InteractionTrace {
  private readonly output = new TraceOutput();
  private readonly nodes: TraceNode[] = [];
  private messages: Message[] = [];
  private readonly handlers: ReadonlyMap<string, Handler>;

  constructor() {
    this.handlers = new Map<string, Handler>([
      ["_breakpoint", () => undefined],
      ["add-nodes", (words) => this.addNodes(words)],
      ["campaign", (words) => this.at(firstNumber(words)).node.campaign()],
      ["compact", (words) => this.compact(words)],
      ["deliver-msgs", (words) => this.deliverDirective(words)],
      ["process-ready", (words) => this.processEach(words, "handling Ready", (id) => this.processReady(id))],
      [
        "process-append-thread",
        (words) => this.processEach(words, "processing append thread", (id) => this.processAppend(id)),
      ],
      [
        "process-apply-thread",
        (words) => this.processEach(words, "processing apply thread", (id) => this.processApply(id)),
      ],
      ["log-level", (words) => this.output.setLevel(words[0]?.key ?? "")],
      ["raft-log", (words) => this.raftLog(firstNumber(words))],
      ["raft-state", () => this.raftState()],
      ["set-randomized-election-timeout", (words) => this.setElectionTimeout(words)],
      ["stabilize", (words) => this.stabilizeDirective(words)],
      ["status", (words) => this.status(firstNumber(words))],
      ["tick-election", (words) => this.tick(words, (config) => config.electionTicks)],
      ["tick-heartbeat", (words) => this.tick(words, (config) => config.heartbeatTicks)],
      ["transfer-leadership", (words) => this.transferLeadership(words)],
      ["forget-leader", (words) => this.at(firstNumber(words)).node.forgetLeader()],
      ["send-snapshot", (words) => this.sendSnapshot(words)],
      ["propose", (words) => this.propose(words)],
      ["propose-conf-change", (words, input) => this.proposeConfChange(words, input)],
      ["report-unreachable", (words) => this.reportUnreachable(words)],
      // Of our own, for rules that etcd's scripts leave to other tests.
      ["read-index", (words) => this.readIndex(words)],
      ["report-snapshot", (words) => this.reportSnapshot(words)],
      ["restart", (words) => this.at(firstNumber(words)).restart()],
    ]);
  }

  /** The output of one block; `ok` if it wrote nothing. */
  handle(block: Block): string {
    this.output.text = "";
    const failure = this.run(block.command, block.arguments, block.input) ?? this.runFurther(block);
    if (failure !== null) return failure;
    return this.output.text === "" ? "ok" : this.output.text;
  }

  /** Where the input is not a command's own, each line of it is one more command; an error of theirs does not end the block. */
  private runFurther({ command, input }: Block): string | null {
    if (command === "propose-conf-change" || this.output.failed) return null;
    for (const line of input.split("\n")) {
      const further = parseDirective(line);
      if (further.command === "" || further.command.startsWith("#")) continue;
      const failure = this.run(further.command, further.arguments, "");
      if (failure !== null) return failure;
    }
    return null;
  }

  /** Null, or what the block outputs instead of everything else: errors are told at every level. */
  private run(command: string, words: readonly Argument[], input: string): string | null {
    this.output.failed = false;
    try {
      const handler = this.handlers.get(command);
      if (handler === undefined) throw new ScriptError("unknown command");
      handler(words, input);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      if (this.output.quiet) return error.message;
      this.output.write(error.message);
      this.output.failed = true;
    }
    return null;
  }

  private at(id: NodeId): TraceNode {
    const node = this.nodes[id - 1];
    if (node === undefined) throw new ScriptError(`there is no node ${id}`);
    return node;
  }

  private addNodes(words: readonly Argument[]): void {
    const { count, options, snapshot, bootstrap } = parseNodeOptions(words);
    for (let added = 0; added < count; added++) {
      const config = {
        id: this.nodes.length + 1,
        electionTicks: 3,
        heartbeatTicks: 1,
        maxInflightMessages: 0x7fff_ffff,
        voteRequestsBeforeSync: true,
        random: { below: (bound: number) => bound - 1 },
        log: this.output,
        ...options,
      };
      this.nodes.push(new TraceNode(config, snapshot, bootstrap));
    }
  }

  private compact(words: readonly Argument[]): void {
    const [id = 0, index = 0] = bareNumbers(words);
    if (this.at(id).storage.compact(index) === "compacted") {
      throw new ScriptError("requested index is unavailable due to compaction");
    }
    this.raftLog(id);
  }

  private raftLog(id: NodeId): void {
    const { storage } = this.at(id);
    const first = storage.firstIndex();
    const last = storage.lastIndex();
    if (last < first) {
      this.output.write(`log is empty: first index=${first}, last index=${last}`);
      return;
    }
    const entries = storage.entries(first, last + 1, Number.POSITIVE_INFINITY);
    if (typeof entries !== "string") this.output.write(describeEntries(entries));
  }

  private raftState(): void {
    for (const { node } of this.nodes) {
      const { id, state, isVoter, term, leader } = node.status();
      const voter = isVoter ? "(Voter)" : "(Non-Voter)";
      this.output.write(`${id}: ${STATE_NAMES[state]} ${voter} Term:${term} Lead:${leader}\n`);
    }
  }

  private status(id: NodeId): void {
    for (const [member, progress] of this.at(id).node.status().progress) {
      this.output.write(`${member}: ${progress.text}\n`);
    }
  }

  private setElectionTimeout(words: readonly Argument[]): void {
    const timeout = toNumber(namedValue(words, "timeout"));
    if (timeout === 0) throw new ScriptError("the timeout must not be 0");
    this.at(firstNumber(words)).node.setElectionTimeout(timeout);
  }

  private tick(words: readonly Argument[], ticks: (config: RaftConfig) => number): void {
    const { node, config } = this.at(firstNumber(words));
    for (let left = ticks(config); left > 0; left--) node.tick();
  }

  private transferLeadership(words: readonly Argument[]): void {
    const from = this.at(toNumber(namedValue(words, "from")));
    const to = this.at(toNumber(namedValue(words, "to")));
    from.node.transferLeader(to.node.id);
  }

  private reportUnreachable(words: readonly Argument[]): void {
    const ids = bareNumbers(words);
    const [from = 0, to = 0] = ids;
    if (ids.length !== 2) {
      throw new ScriptError(
        "must specify exactly two node indexes: node on which to report, and reported node",
      );
    }
    this.at(from).node.reportUnreachable(this.at(to).node.id);
  }

  private readIndex(words: readonly Argument[]): void {
    this.at(firstNumber(words)).node.readIndex(Buffer.from(words[1]?.key ?? ""));
  }

  private reportSnapshot(words: readonly Argument[]): void {
    const [from, to, outcome] = words.map((word) => word.key);
    if (outcome !== "finished" && outcome !== "failed") throw new ScriptError("expected finished or failed");
    this.at(toNumber(from ?? "")).node.reportSnapshot(toNumber(to ?? ""), outcome);
  }

  private sendSnapshot(words: readonly Argument[]): void {
    const [from = 0, to = 0] = bareNumbers(words);
    const message = new Message(MessageType.snap, to);
    message.from = from;
    message.term = this.at(from).node.term;
    message.snapshot = this.at(from).history.at(-1)!;
    this.messages.push(message);
    this.output.write(describeMessage(message));
  }

  private propose(words: readonly Argument[]): void {
    const proposal = words[1];
    if (words.length !== 2 || proposal === undefined || proposal.values.length > 0) {
      throw new ScriptError("expected exactly one key with no vals");
    }
    expectOk(this.at(firstNumber(words)).node.propose(Buffer.from(proposal.key)));
  }

  private proposeConfChange(words: readonly Argument[], input: string): void {
    let asV1 = false;
    let transition: ConfChangeTransition = ConfChangeTransition.auto;
    for (const [key, value] of keyedValues(words.slice(1))) {
      if (key === "v1") asV1 = toBoolean(value);
      else if (key === "transition") transition = transitionOf(value);
      else throw new ScriptError(`unknown command ${key}`);
    }
    const changes = parseChanges(input);
    if (typeof changes === "string") throw new ScriptError(changes);
    if (asV1 && (changes.length > 1 || transition !== ConfChangeTransition.auto)) {
      throw new ScriptError("v1 conf change can only have one operation and no transition");
    }
    const change = { transition, changes, context: null };
    expectOk(this.at(firstNumber(words)).node.proposeConfChange(change, asV1));
  }

  private deliverDirective(words: readonly Argument[]): void {
    let type: MessageType | null = null;
    const recipients: { id: NodeId; drop: boolean }[] = bareNumbers(words).map((id) => ({ id, drop: false }));
    for (const [key, value] of keyedValues(words)) {
      if (key === "drop") {
        const id = toNumber(value);
        if (recipients.some((recipient) => recipient.id === id)) {
          throw new ScriptError(`can't both deliver and drop msgs to ${id}`);
        }
        recipients.push({ id, drop: true });
      } else if (key === "type") {
        type = messageTypeOf(value);
      }
    }
    let count = 0;
    for (const { id, drop } of recipients) count += this.deliver(id, type, drop);
    if (count === 0) this.output.write("no messages\n");
  }

  /** Delivers (or drops) what waits for `to`, of one type or of all, and says how many that were. */
  private deliver(to: NodeId, type: MessageType | null, drop: boolean): number {
    const chosen = this.messages.filter((message) => isMeant(message, to, type, drop));
    this.messages = this.messages.filter((message) => !isMeant(message, to, type, drop));
    for (const message of chosen) {
      this.output.write(`${drop ? "dropped: " : ""}${describeMessage(message)}\n`);
      if (drop) continue;
      const problem = STEP_ERRORS[this.at(to).node.step(message)];
      if (problem !== null) this.output.write(`${problem}\n`);
    }
    return chosen.length;
  }

  private processEach(words: readonly Argument[], what: string, process: (id: NodeId) => void): void {
    const ids = bareNumbers(words);
    for (const id of ids) {
      if (ids.length === 1) process(id);
      else this.under(`> ${id} ${what}`, () => process(id));
    }
  }

  private under(heading: string, work: () => void): void {
    this.output.write(`${heading}\n`);
    this.output.indented(work);
  }

  private processReady(id: NodeId): void {
    const node = this.at(id);
    const ready = node.node.ready();
    this.output.write(describeReady(ready));
    const asynchronous = node.config.asyncStorageWrites === true;
    if (!asynchronous) {
      node.append(ready.hardState, ready.entries, ready.snapshot);
      node.apply(ready.committedEntries);
    }
    for (const message of ready.messages) {
      if (!isStorageThread(message.to)) this.messages.push(message);
      else if (message.to === APPEND_THREAD) node.appendWork.push(message);
      else node.applyWork.push(message);
    }
    if (!asynchronous) node.node.advance();
  }

  private processAppend(id: NodeId): void {
    const node = this.at(id);
    this.processWork(node.appendWork, "append", ({ term, vote, commit, entries, snapshot }) => {
      const hasState = term !== 0 || vote !== 0 || commit !== 0;
      node.append(hasState ? { term, vote, commit } : null, entries, snapshot);
    });
  }

  private processApply(id: NodeId): void {
    const node = this.at(id);
    this.processWork(node.applyWork, "apply", ({ entries }) => node.apply(entries));
  }

  private processWork(queue: Message[], name: string, work: (message: Message) => void): void {
    const message = queue.shift();
    if (message === undefined) {
      this.output.write(`no ${name} work to perform`);
      return;
    }
    this.output.write(`Processing:\n${describeMessage(message, "", [])}\n`);
    work(message);
    this.output.write("Responses:\n");
    for (const response of message.responses) this.output.write(`${describeMessage(response)}\n`);
    this.messages.push(...message.responses);
  }

  private stabilizeDirective(words: readonly Argument[]): void {
    const level = this.output.level;
    try {
      for (const [key, value] of keyedValues(words)) if (key === "log-level") this.output.setLevel(value);
      const ids = bareNumbers(words);
      this.stabilize(ids.length > 0 ? ids.map((id) => this.at(id)) : this.nodes);
    } finally {
      this.output.level = level;
    }
  }

  /** Works through Readies, messages and storage work of these nodes until there is none. */
  private stabilize(nodes: readonly TraceNode[]): void {
    for (let done = false; !done;) {
      done = true;
      const each = (isBusy: (node: TraceNode) => boolean, what: string, work: (id: NodeId) => void) => {
        for (const node of nodes) {
          if (!isBusy(node)) continue;
          done = false;
          this.output.write(`> ${node.node.id} ${what}\n`);
          this.output.indented(() => work(node.node.id));
        }
      };
      each(
        ({ node }) => node.hasReady(),
        "handling Ready",
        (id) => this.processReady(id),
      );
      each(
        ({ node }) => this.messages.some((message) => isMeant(message, node.id, null, false)),
        "receiving messages",
        (id) => this.deliver(id, null, false),
      );
      each(
        ({ appendWork }) => appendWork.length > 0,
        "processing append thread",
        (id) => {
          while (this.at(id).appendWork.length > 0) this.processAppend(id);
        },
      );
      each(
        ({ applyWork }) => applyWork.length > 0,
        "processing apply thread",
        (id) => {
          while (this.at(id).applyWork.length > 0) this.processApply(id);
        },
      );
    }
  }
}

/** Messages of a node to itself or with its threads are not the network's to lose. */
function isMeant(message: Message, to: NodeId, type: MessageType | null, drop: boolean): boolean {
  if (message.to !== to || (type !== null && message.type !== type)) return false;
  return !(drop && (message.from === message.to || isStorageThread(message.from)));
}

function messageTypeOf(name: string): MessageType {
  const type = MESSAGE_TYPE_NAMES.indexOf(name);
  if (type < 0) throw new ScriptError(`unknown message type ${name}`);
  return type as MessageType;
}

function transitionOf(name: string): ConfChangeTransition {
  const transition = TRANSITIONS.get(name);
  if (transition === undefined) throw new ScriptError(`unknown transition ${name}`);
  return transition;
}

function expectOk(result: StepResult): void {
  const problem = STEP_ERRORS[result];
  if (problem !== null) throw new ScriptError(problem);
}
