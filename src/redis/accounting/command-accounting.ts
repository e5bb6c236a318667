// What is noted of every command when its reply is written: calls, failures, time, the slow log, latency spikes. One call a
// command from its connection, at which the command's words are still there. The time is the command's own, from its turn
// on its connection (so what a pipeline waits for is not counted twice) to its reply.
//
// Reading a clock costs a tenth of a GET. So short commands of a pipeline that run one right after another are timed together
// and each is taken to have had an equal part, unless the slow log or the latency monitor looks closer than that.
import type { Clock } from "../../base/index";
import type { Arguments, ReplyWriter } from "../../resp/index";
import type { Command } from "../command";
import type { LiveSettings } from "../parameters/live-settings";
import type { CommandRuns } from "./command-runs";
import { ErrorCounts } from "./error-counts";
import { LatencyMonitor } from "./latency-monitor";
import type { LatencyEvent } from "./latency-monitor";
import { SlowLog, loggedWords } from "./slow-log";

/** What is noted of whom; a connection. */
export interface AccountedClient {
  readonly args: Arguments;
  readonly reply: ReplyWriter;
  readonly name: string;
  readonly socket: { readonly remoteAddress: string };
  /** When its present command, or the first of those that are timed together, began. */
  commandStartedMs: number;
  /** Answered, and not timed yet. */
  readonly timedTogether: CommandRuns;
}

/** A slow log that begins below this wants the time of every command. */
const TOGETHER_FROM_US = 1000;

const MINUS = 0x2d;

export class CommandAccounting {
  readonly errors = new ErrorCounts();
  readonly slowLog: SlowLog;
  readonly latency = new LatencyMonitor();
  private readonly settings: LiveSettings;
  private readonly clock: Clock;

  constructor(settings: LiveSettings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
    this.slowLog = new SlowLog(settings.slowlogMaxEntries);
  }

  /**
   * A command's whole reply stands in the writer from `replyAt` on (below 0: a part has gone already). `goesOn`: the next
   * one may run at once.
   */
  answered(client: AccountedClient, command: Command, replyAt: number, goesOn: boolean): void {
    const { timedTogether } = client;
    if (goesOn && command.isShort && !this.timesEach) {
      this.noteReply(client, command, replyAt);
      timedTogether.add(command);
      return;
    }
    const nowMs = this.clock.monotonicMs();
    const elapsedUs = ((nowMs - client.commandStartedMs) * 1000) / (timedTogether.total + 1);
    client.commandStartedMs = nowMs;
    if (timedTogether.total > 0) this.timed(timedTogether, elapsedUs);
    this.note(client, command, client.args, replyAt, elapsedUs);
  }

  /** What runs next on the connection is timed by itself. */
  settle(client: AccountedClient): void {
    const { timedTogether } = client;
    if (timedTogether.total === 0) return;
    const nowMs = this.clock.monotonicMs();
    const elapsedMs = nowMs - client.commandStartedMs;
    client.commandStartedMs = nowMs;
    this.timed(timedTogether, (elapsedMs * 1000) / timedTogether.total);
  }

  /** The same of a command within an EXEC, whose words are `args`. */
  note(client: AccountedClient, command: Command, args: Arguments, replyAt: number, elapsedUs: number): void {
    const { settings } = this;
    this.noteReply(client, command, replyAt);
    this.noteTime(command, elapsedUs);
    if (command.isStandIn) return;
    if (settings.slowlogSlowerThanUs >= 0 && elapsedUs >= settings.slowlogSlowerThanUs) {
      this.noteSlow(client, command, args, elapsedUs);
    }
    if (settings.latencyThresholdMs > 0) {
      this.noteLatency(command.isFast ? "fast-command" : "command", elapsedUs / 1000);
    }
  }

  private get timesEach(): boolean {
    const { slowlogSlowerThanUs, latencyThresholdMs } = this.settings;
    return latencyThresholdMs > 0 || (slowlogSlowerThanUs >= 0 && slowlogSlowerThanUs < TOGETHER_FROM_US);
  }

  private timed(runs: CommandRuns, elapsedUs: number): void {
    for (let i = 0; i < runs.length; i++) this.noteTime(runs.commandAt(i), elapsedUs, runs.timesAt(i));
    runs.clear();
  }

  private noteReply(client: AccountedClient, command: Command, replyAt: number): void {
    command.callsTotal++;
    if (replyAt < 0 || client.reply.byteAt(replyAt) !== MINUS) return;
    this.errors.count(client.reply.written, replyAt + 1);
    command.failedTotal++;
  }

  private noteTime(command: Command, elapsedUs: number, times = 1): void {
    command.executionUsTotal += elapsedUs * times;
    if (this.settings.latencyTracking) command.executionUs.record(elapsedUs, times);
  }

  /** An error took the place of a reply whose outcome was lost. */
  lost(error: string): void {
    this.errors.add(error.slice(0, error.indexOf(" ")));
  }

  /** Notes an event if it is a spike. */
  noteLatency(event: LatencyEvent, ms: number): void {
    const { latencyThresholdMs } = this.settings;
    if (latencyThresholdMs === 0 || ms < latencyThresholdMs) return;
    this.latency.add(event, Math.floor(this.clock.wallMs() / 1000), Math.floor(ms));
  }

  private noteSlow(client: AccountedClient, command: Command, args: Arguments, elapsedUs: number): void {
    if (command.spec.flags.includes("skip_slowlog")) return;
    this.slowLog.add({
      atSeconds: Math.floor(this.clock.wallMs() / 1000),
      durationUs: Math.round(elapsedUs),
      words: loggedWords(args),
      client: client.socket.remoteAddress,
      clientName: client.name,
    });
  }
}
