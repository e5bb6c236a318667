// What a leader knows about one follower, and how it sends to it (match < next always):
//
//   probe      one message at a time, until the follower tells where its log agrees
//   replicate  optimistically, up to a full window of unanswered messages
//   snapshot   nothing, until the follower has the snapshot that is on its way
//
// A follower starts in probe, is moved to replicate by its first positive answer, and to snapshot when the log it needs
// is compacted away. Thread: the core's.
import { AssertionFailure } from "../../../base/index";
import type { LogIndex } from "../types";
import type { Inflights } from "./inflights";

export const ProgressState = { probe: 0, replicate: 1, snapshot: 2 } as const;
export type ProgressState = (typeof ProgressState)[keyof typeof ProgressState];

const STATE_NAMES = ["StateProbe", "StateReplicate", "StateSnapshot"];

export class Progress {
  /** The follower's log agrees with the leader's up to here. */
  match: LogIndex = 0;
  /** The next entry to send. In replicate everything in [match + 1, next) is in flight. */
  next: LogIndex;
  state: ProgressState = ProgressState.probe;
  /** Only in snapshot: the index of the snapshot on its way. */
  pendingSnapshot: LogIndex = 0;
  /** Heard from since the last quorum check. */
  recentActive = false;
  /** Nothing but a heartbeat is sent until the follower answers: a probe is out, or the window is full. */
  flowPaused = false;
  isLearner: boolean;
  readonly inflights: Inflights;
  /** The highest commit index sent; what `next` allows the follower to commit may be lower. */
  private sentCommit: LogIndex = 0;

  constructor(next: LogIndex, isLearner: boolean, inflights: Inflights) {
    this.next = next;
    this.isLearner = isLearner;
    this.inflights = inflights;
  }

  /** A copy that shares the window, for working out a new configuration: only `isLearner` may be changed. */
  copyForChange(): Progress {
    const copy = new Progress(this.next, this.isLearner, this.inflights);
    copy.match = this.match;
    copy.state = this.state;
    copy.pendingSnapshot = this.pendingSnapshot;
    copy.recentActive = this.recentActive;
    copy.flowPaused = this.flowPaused;
    copy.sentCommit = this.sentCommit;
    return copy;
  }

  private enter(state: ProgressState): void {
    this.flowPaused = false;
    this.pendingSnapshot = 0;
    this.state = state;
    this.inflights.reset();
  }

  /** From snapshot the probe begins behind the snapshot, which the follower has by then. */
  becomeProbe(): void {
    const behindSnapshot = this.state === ProgressState.snapshot ? this.pendingSnapshot + 1 : 0;
    this.enter(ProgressState.probe);
    this.next = Math.max(this.match + 1, behindSnapshot);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }

  becomeReplicate(): void {
    this.enter(ProgressState.replicate);
    this.next = this.match + 1;
  }

  becomeSnapshot(index: LogIndex): void {
    this.enter(ProgressState.snapshot);
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  /** An append message with `count` entries of `bytes` payload bytes was sent. */
  sentEntries(count: number, bytes: number): void {
    if (this.state === ProgressState.replicate) {
      if (count > 0) {
        this.next += count;
        this.inflights.add(this.next - 1, bytes);
      }
      // The message that fills the window, and any sent while it is full, is a probe: the next waits for its answer.
      this.flowPaused = this.inflights.full;
    } else if (this.state === ProgressState.probe) {
      if (count > 0) this.flowPaused = true;
    } else {
      throw new AssertionFailure("no append message is sent while a snapshot is on its way");
    }
  }

  /** Whether sending `commit` could let the follower commit more than what it was told before. */
  canBumpCommit(commit: LogIndex): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  noteSentCommit(commit: LogIndex): void {
    this.sentCommit = commit;
  }

  /** The follower's log agrees up to `index`. False if that is no news. */
  maybeUpdate(index: LogIndex): boolean {
    if (index <= this.match) return false;
    this.match = index;
    if (this.next <= index) this.next = index + 1;
    this.flowPaused = false;
    return true;
  }

  /** The follower refused the append behind `rejected` and guesses that logs agree up to `hint`. False if it is stale. */
  maybeDecrease(rejected: LogIndex, hint: LogIndex): boolean {
    if (this.state === ProgressState.replicate) {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
      this.sentCommit = Math.min(this.sentCommit, this.next - 1);
      return true;
    }
    // Followers that are probed get one entry at a time, so that any other index answers an older probe.
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    this.flowPaused = false;
    return true;
  }

  get paused(): boolean {
    return this.state === ProgressState.snapshot || this.flowPaused;
  }

  toString(): string {
    let text = `${STATE_NAMES[this.state]} match=${this.match} next=${this.next}`;
    if (this.isLearner) text += " learner";
    if (this.paused) text += " paused";
    if (this.pendingSnapshot > 0) text += ` pendingSnap=${this.pendingSnapshot}`;
    if (!this.recentActive) text += " inactive";
    if (this.inflights.count > 0)
      text += ` inflight=${this.inflights.count}${this.inflights.full ? "[full]" : ""}`;
    return text;
  }
}
