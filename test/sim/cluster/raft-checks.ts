// What Raft promises, looked at all along and from outside: at most one leader a term, log matching, leader completeness, a
// commit index that a leader moves only to entries of its own term, votes and acknowledgements that are on disk before they
// are sent, logs that are never cut beyond what is applied on disk, and leases that end before somebody else leads.
import { assert } from "../../../src/base/index";
import { EntryType, MessageType } from "../../../src/raft/core/index";
import type { Entry, Message } from "../../../src/raft/core/index";
import { COMPACTED } from "../../../src/raft/core/log/raft-log";
import { decodeConfiguration } from "../../../src/raft/host/configuration-record";
import type { PeerBatch } from "../../../src/raft/host/index";
import type { StoredEntry } from "../../../src/storage/index";
import { AppliedRows } from "../../../src/storage/memory/applied-rows";
import { CommittedLog } from "../committed-log";
import type { ClusterNode } from "./cluster-node";
import { GROUP } from "./cluster-process";
import type { ClusterProcess } from "./cluster-process";

/** An election timeout of the host's defaults, by the fastest of clocks. */
const PROMISED_MS = 480;

interface KnownEntry {
  readonly previousTerm: number;
  readonly type: number;
  readonly data: Uint8Array | null;
}

interface Watched {
  leaderTerm: number;
  committed: number;
}

export class RaftChecks {
  readonly committed = new CommittedLog(GROUP);
  /** Changes of leader: terms in which somebody led. */
  readonly leaders = new Map<number, number>();
  /** By "index.term": the log up to there is the same everywhere. */
  private readonly entries = new Map<string, KnownEntry>();
  /** The terms by which entries were known to be committed; by index - 1. */
  private readonly committedBy: number[] = [];
  /** Committed changes of the configuration, by index. */
  private readonly changes: number[] = [];
  private readonly watched = new WeakMap<ClusterProcess, Watched>();

  /** To be called when a process is made, before it does anything. */
  watch(process: ClusterProcess): void {
    const { log } = process.group;
    this.watched.set(process, { leaderTerm: 0, committed: process.core.committed });
    this.checkDisk(process);
    const { storage } = process;
    const stepFlush = storage.stepFlush.bind(storage);
    storage.stepFlush = (): boolean => {
      const isDone = stepFlush();
      this.checkDisk(process);
      return isDone;
    };
    const append = log.append.bind(log);
    log.append = (entries): void => {
      const first = entries[0];
      if (first !== undefined) this.appended(process, entries, log.term(first.index - 1));
      append(entries);
    };
  }

  /** Log matching: whoever holds an entry of this index and term holds the same one, and the same before it. */
  private appended(process: ClusterProcess, entries: readonly Entry[], before: number | string): void {
    assert(typeof before === "number", "the entry before an appended one is known");
    let previousTerm = before;
    for (const { index, term, type, data } of entries) {
      const name = `${index}.${term}`;
      const known = this.entries.get(name);
      if (known === undefined) this.entries.set(name, { previousTerm, type, data });
      else {
        const isSame =
          known.previousTerm === previousTerm && known.type === type && sameBytes(known.data, data);
        assert(
          isSame,
          `log matching: entry ${index} of term ${term} is another one on node ${process.node.nodeId}`,
        );
      }
      previousTerm = term;
    }
  }

  /** An entry is handed to a process's apply thread. */
  record(process: ClusterProcess, entry: StoredEntry): void {
    if (entry.index > this.committed.lastIndex) this.committedBy.push(process.core.term);
    this.committed.record(entry);
    if (entry.type !== EntryType.normal && entry.index > (this.changes.at(-1) ?? 0))
      this.changes.push(entry.index);
  }

  /** Behind everything that a process does. */
  ran(process: ClusterProcess): void {
    const watched = this.watched.get(process)!;
    const { core } = process;
    if (process.isRaftLeader) {
      if (watched.leaderTerm !== core.term) {
        watched.leaderTerm = core.term;
        this.elected(process, core.term);
      } else if (core.committed > watched.committed) {
        const term = termAt(process, core.committed);
        assert(
          term === core.term,
          `a leader commits by counting only entries of its own term, not of ${term}`,
        );
      }
    }
    watched.committed = core.committed;
  }

  private elected(process: ClusterProcess, term: number): void {
    const { nodeId } = process.node;
    const other = this.leaders.get(term);
    assert(other === undefined || other === nodeId, `nodes ${other} and ${nodeId} both lead in term ${term}`);
    this.leaders.set(term, nodeId);
    for (let index = this.committed.lastIndex; index > 0; index--) {
      if (this.committedBy[index - 1]! >= term) continue;
      const held = termAt(process, index);
      if (held === "compacted") break;
      assert(
        held === this.committed.at(index)!.term,
        `leader completeness: the leader of term ${term} lacks entry ${index}, which was committed before`,
      );
    }
  }

  /** No two nodes may be sure at the same time that they lead; and a lease holds against any other leader. */
  checkLeases(nodes: readonly ClusterNode[]): void {
    for (const { process: holder } of nodes) {
      if (holder === undefined || !holder.isRaftLeader) continue;
      for (const { process: other } of nodes) {
        if (other === undefined || other === holder || !other.isRaftLeader) continue;
        assert(
          other.core.term <= holder.core.term || !holder.group.hasLease,
          `lease: node ${holder.node.nodeId} may read by its lease of term ${holder.core.term} ` +
            `while node ${other.node.nodeId} leads in term ${other.core.term}`,
        );
      }
    }
  }

  /** What a message claims to be durable is on the sender's disk. */
  checkClaims(process: ClusterProcess, { messages }: PeerBatch, nowMs: number): void {
    for (const { message } of messages) {
      this.checkClaim(process, message);
      this.checkPromise(process, message, nowMs - process.startedMs);
    }
  }

  /** A node that has just started may have promised its vote to somebody. */
  private checkPromise({ node }: ClusterProcess, { type, reject }: Message, ageMs: number): void {
    const { preVote, preVoteResp, vote, voteResp } = MessageType;
    const grants = (type === preVoteResp || type === voteResp) && !reject;
    assert(
      ageMs > PROMISED_MS || !(grants || type === preVote || type === vote),
      `node ${node.nodeId} votes or campaigns ${ageMs} ms behind its start`,
    );
  }

  private checkClaim(process: ClusterProcess, { type, term, to, reject, index }: Message): void {
    const log = process.node.disk.syncedLogs.get(GROUP);
    if (type === MessageType.voteResp && !reject) {
      const state = log?.hardState;
      assert(
        state !== undefined && (state.term > term || (state.term === term && state.vote === to)),
        `node ${process.node.nodeId} votes for ${to} in term ${term} before that is on its disk`,
      );
    }
    if (type === MessageType.appResp && !reject && index > 0 && process.core.term === term) {
      assert(
        log !== undefined && log.lastIndex >= index,
        `node ${process.node.nodeId} acknowledges entry ${index} before that is on its disk`,
      );
    }
  }

  /** The log on disk goes on from what is applied on disk, and the configuration's record holds every change among that. */
  checkDisk({ node }: ClusterProcess): void {
    const log = node.disk.syncedLogs.get(GROUP);
    if (log === undefined) return;
    const { index: applied } = new AppliedRows(node.disk.data).applied(GROUP);
    assert(
      log.truncatedIndex <= applied,
      `node ${node.nodeId} has cut its log behind ${log.truncatedIndex}, and applied up to ${applied} on disk`,
    );
    const change = this.changes.findLast((index) => index <= applied) ?? 0;
    const recorded = log.configuration === undefined ? 0 : decodeConfiguration(log.configuration).index;
    assert(
      recorded >= change,
      `node ${node.nodeId} has applied change ${change} on disk, and its configuration's record is that of ${recorded}`,
    );
  }
}

function termAt({ core }: ClusterProcess, index: number): number | "compacted" {
  const term = core["raft"].raftLog.term(index);
  return term === COMPACTED ? "compacted" : term;
}

function sameBytes(one: Uint8Array | null, other: Uint8Array | null): boolean {
  if (one === other) return true;
  return Buffer.compare(one ?? EMPTY, other ?? EMPTY) === 0;
}

const EMPTY = new Uint8Array(0);
