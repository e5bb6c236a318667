// What goes wrong: the process or the machine stops between any two steps or within a turn, a clock jumps, the disk fails,
// a client goes away, leadership is lost.
//
// Leadership is taken from the only voter by a message of a leader that does not exist, in a later term: it may overwrite
// what is not committed, by nothing or by a write of its own. That is how loss of leadership is tried within one process while there are no other nodes.
import { assert } from "../../src/base/index";
import type { SeededRandom } from "../../src/base/index";
import { Batch } from "../../src/kv/batch";
import { Databases } from "../../src/kv/databases";
import { HybridClock } from "../../src/kv/hybrid-clock";
import { Message, MessageType } from "../../src/raft/core/index";
import { MetaField, metaKey, notInMemory } from "../../src/storage/index";
import type { Clients } from "./clients";
import { GROUP } from "./sim-node";
import type { SimNode, SimProcess } from "./sim-node";
import type { Trace } from "./trace";
import { ALL_KEYS, DATABASES } from "./workload";

const FAILING = ["logWrite", "logSync", "dataWrite", "dataFlush"] as const;

export class Faults {
  /** How often each has struck. */
  readonly counts: Record<string, number> = {};

  constructor(
    private readonly random: SeededRandom,
    private readonly trace: Trace,
    private readonly node: SimNode,
    private readonly clients: Clients,
  ) {}

  /** One of those that can strike now. */
  strike(process: SimProcess): void {
    const kinds: readonly (readonly [name: string, weight: number, strike: () => void])[] = [
      ["kill", 2, () => this.crash("kill")],
      ["power loss", 4, () => this.crash("powerLoss")],
      ["kill within a turn", 2, () => this.crashWithinTurn(process)],
      ["stop", 2, () => this.stop()],
      ["clock jump", 8, () => this.jumpClock()],
      ["failing disk", 2, () => this.failDisk()],
      ["disconnect", 5, () => this.clients.disconnect(process)],
      ["depose", this.deposeWeight(process), () => this.depose(process)],
    ];
    let at = this.random.below(kinds.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [name, weight, strike] of kinds) {
      if (at < weight) {
        this.counts[name] = (this.counts[name] ?? 0) + 1;
        this.trace.mixText(name);
        strike();
        return;
      }
      at -= weight;
    }
  }

  crash(kind: "kill" | "powerLoss"): void {
    const { process } = this.node;
    assert(process !== undefined, "a running process crashes");
    this.trace.note(kind);
    this.node.crash(kind);
    this.clients.serverDied(process);
  }

  private crashWithinTurn(process: SimProcess): void {
    process.scheduler.endTurn(this.random.below(3));
    this.crash("kill");
  }

  /** SIGTERM. */
  private stop(): void {
    const { process, disk } = this.node;
    if (disk.failing.size > 0 || process === undefined) return;
    this.trace.note("stop");
    this.node.stop();
    this.clients.serverDied(process);
  }

  jumpClock(): void {
    const { clock } = this.node;
    // By a little, around the times at which keys expire, or by much.
    if (this.random.chance(0.5)) clock.offsetMs += this.random.between(-80, 80);
    else clock.offsetMs = this.random.between(-2000, 2000);
    this.trace.note(`clock off by ${clock.offsetMs} ms`);
  }

  private failDisk(): void {
    const operation = this.random.pick(FAILING);
    this.trace.note(`disk fails: ${operation}`);
    this.node.disk.failing.add(operation);
  }

  /** What somebody watches is best changed behind his back, which works when nothing else is under way. */
  private deposeWeight({ group, storage }: SimProcess): number {
    const { leading, lastIndex } = group.status;
    if (!leading) return 0;
    return this.isWatched && storage.readApplied(GROUP).index === lastIndex ? 40 : 9;
  }

  private get isWatched(): boolean {
    return this.clients.all.some(({ transactions }) => transactions?.isWatching === true);
  }

  /** A leader of a later term is heard; it may replace what is not committed. */
  private depose(process: SimProcess): void {
    const { log } = process.group;
    const core = process.group["node"];
    const { isWatched } = this;
    const overwrites = this.random.chance(isWatched ? 0.9 : 0.6);
    const message = new Message(overwrites ? MessageType.app : MessageType.heartbeat, this.node.nodeId);
    message.from = this.node.nodeId + 1;
    // Each is another leader's: what the node reports of its term may be behind.
    message.term = core.term + 1;
    if (overwrites) {
      const from = core.committed;
      const index = this.random.chance(isWatched ? 0.9 : 0.5)
        ? from
        : this.random.between(from, Math.max(from, log.lastIndex()));
      const logTerm = log.term(index);
      if (typeof logTerm !== "number") return;
      message.index = index;
      message.logTerm = logTerm;
      const data = index === core.committed ? this.foreignWrite(process, index, message.term) : null;
      message.entries = [{ term: message.term, index: index + 1, type: 0, data }];
    }
    this.trace.note(overwrites ? `deposed, the log goes on from ${message.index}` : "deposed");
    process.group.step(message);
  }

  /** What a client of that leader has written: known to clients of this node only by its effects. */
  private foreignWrite(process: SimProcess, index: number, term: number): Buffer | null {
    const { storage } = process;
    const applied = storage.readApplied(GROUP);
    // Which databases there are is known where everything before it is applied.
    if (applied.index !== index) return null;
    const row = storage.get(GROUP, metaKey(MetaField.databases), "anywhere");
    assert(row !== notInMemory, "a read that may block is answered");
    const database = this.random.pick(DATABASES);
    const physical = new Databases(row).physical(database, undefined);
    const hlc = new HybridClock(this.node.clock);
    hlc.observe(applied.hlcMs, applied.hlcCounter);
    const batch = new Batch(1, 1024);
    const words = ["MSET"];
    for (const key of ALL_KEYS) {
      if (this.random.chance(0.2) && words.length > 1) continue;
      const value = this.clients.newValue();
      words.push(key, value);
      const [keyBytes, valueBytes] = [Buffer.from(key), Buffer.from(value)];
      hlc.advance();
      const { ms, counter } = hlc;
      const [keyEnd, valueEnd] = [keyBytes.length, valueBytes.length];
      batch.putInlineString(physical, keyBytes, 0, keyEnd, valueBytes, 0, valueEnd, 0, ms, counter);
    }
    const payload = batch.seal(term, 0, hlc, Number.MAX_SAFE_INTEGER)[0]!;
    this.clients.wroteElsewhere(process, database, words, { index: index + 1, term, payload });
    return payload;
  }
}
