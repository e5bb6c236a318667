// Looks at all clients once a second: those that have been silent for too long are let go, and those that take too little
// of their output are cut off.
import type { Connection } from "../connection";
import type { RedisServer } from "../redis-server";

const PERIOD_MS = 1000;

export class ClientWatch {
  private readonly server: RedisServer;
  private cancel: (() => void) | undefined;

  constructor(server: RedisServer) {
    this.server = server;
  }

  start(): void {
    this.cancel = this.server.scheduler.after(PERIOD_MS, () => {
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.cancel?.();
  }

  look(): void {
    const { clients, limits, clock } = this.server;
    const nowMs = clock.monotonicMs();
    const longestSilenceMs = limits.timeoutSeconds * 1000;
    for (const connection of clients.values()) {
      connection.checkOutput();
      if (longestSilenceMs === 0 || !isMeasured(connection)) continue;
      if (nowMs - connection.lastInteractionMs > longestSilenceMs) connection.cutOff();
    }
  }
}

/** Clients that wait for others are silent by nature. */
function isMeasured(connection: Connection): boolean {
  return !connection.isBlocked && !connection.isSubscribed && !connection.isMonitor && !connection.isBusy;
}
