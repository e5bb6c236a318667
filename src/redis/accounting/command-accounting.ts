// What is noted of every command when its reply is written: calls, failures, time, the slow log, latency spikes. One call a
// command from its connection, at which the command's words are still there; a clock is read once for it. The time is the
// command's own, from its turn on its connection (so what a pipeline waits for is not counted twice) to its reply.
import type { Clock } from "../../base/index";
import type { Arguments, ReplyWriter } from "../../resp/index";
import type { Command } from "../command";
import type { LiveSettings } from "../parameters/live-settings";
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
  /** When its present command began. */
  commandStartedMs: number;
}

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

  /** A command's whole reply stands in the writer from `replyAt` on (below 0: a part has gone already). */
  answered(client: AccountedClient, command: Command, replyAt: number): void {
    const nowMs = this.clock.monotonicMs();
    const elapsedUs = (nowMs - client.commandStartedMs) * 1000;
    client.commandStartedMs = nowMs;
    this.note(client, command, client.args, replyAt, elapsedUs);
  }

  /** The same of a command within an EXEC, whose words are `args`. */
  note(client: AccountedClient, command: Command, args: Arguments, replyAt: number, elapsedUs: number): void {
    if (replyAt >= 0 && client.reply.byteAt(replyAt) === MINUS) {
      this.errors.count(client.reply.written, replyAt + 1);
      command.failedTotal++;
    }
    const { settings } = this;
    command.callsTotal++;
    command.executionUsTotal += elapsedUs;
    if (settings.latencyTracking) command.executionUs.record(elapsedUs);
    if (command.isStandIn) return;
    if (settings.slowlogSlowerThanUs >= 0 && elapsedUs >= settings.slowlogSlowerThanUs) {
      this.noteSlow(client, command, args, elapsedUs);
    }
    if (settings.latencyThresholdMs > 0) {
      this.noteLatency(command.isFast ? "fast-command" : "command", elapsedUs / 1000);
    }
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
